"""What "auto" stands for: workers and threads for the machine's cores, and requests that they can serve."""

from __future__ import annotations

from typing import Final

IN_FLIGHT_PER_WORKER: Final = 8
"""Requests. A worker of two threads speaks about ten times faster than its listeners listen."""

BATCHED: Final = 8
"""Times as many where a GPU speaks batches: it takes hundreds of listeners to fill them."""


def workers_and_threads(workers: int, threads: int, cores: int) -> tuple[int, int]:
    """The workers, and the threads of each. A number that is given stays as it is; 0 stands for "auto"."""
    # Two workers at least where there are two cores: one goes on while the other is replaced. Beyond, two threads
    # each: a synthesis gains little from a third, and many small workers speak the most in sum.
    workers = workers or max(1, cores // threads if threads else max(min(cores, 2), cores // 2))
    return workers, threads or max(1, cores // workers)


def max_in_flight(workers: int, device: str) -> int:
    """Requests that may be in flight at a time, of all workers together."""
    return IN_FLIGHT_PER_WORKER * (BATCHED if device == "cuda" else 1) * workers
