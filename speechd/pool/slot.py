"""A worker's slot: the thread that synthesises segments of any worker's requests.

It takes a window of a segment, which then waits again for its next one; or as many whole segments at once as its engine
can synthesise. Where the engine can, it begins with the next ones while the last are spoken (`pool/pipeline.py`).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Final

from speechd import watchdog
from speechd.engines.base import SupportsThreads, SupportsWindows, Synthesizer, Window
from speechd.engines.pipelining import EngineLost, SupportsPipelining
from speechd.machine import available_cores
from speechd.pool.delivery import Delivery
from speechd.pool.lease import Lease
from speechd.pool.outcomes import checked, whole
from speechd.pool.pipeline import Pipeline
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import State

POLL_S: Final = 0.1
"""Seconds between two looks of a slot that could stop whether others still need it."""

MOST_THREADS: Final = 4
"""Threads of one synthesis at most, where each slot has fewer. More were never measured."""

log = logging.getLogger("speechd")


class Slot:
    """Works from `start` to `stop`, on whatever segments have the earliest deadlines."""

    def __init__(self, engine: Synthesizer, board: Scoreboard, index: int, threads: int = 1) -> None:
        """threads: what each slot has when all are at work."""
        self._engine, self._board, self._index = engine, board, index
        self._renderer = engine if board.queue.window_state_limit and isinstance(engine, SupportsWindows) else None
        self._delivery = Delivery(engine, board, index)
        self._pipeline: Pipeline | None = None
        if self._renderer is None and isinstance(engine, SupportsPipelining):
            self._pipeline = Pipeline(engine, self._deliver, board.limits.synthesis_timeout_s)
        self._threads = threads
        self._most = max(threads, MOST_THREADS) if isinstance(engine, SupportsThreads) else threads
        self._cores = min(available_cores(), threads * board.workers)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="slot", daemon=True)

    def start(self) -> None:
        """Take segments, for the engine is warm. Raises `RuntimeError` where the system has no thread for that
        (`ulimit -u`, a container's limit of processes)."""
        if self._pipeline is not None:
            self._pipeline.start()
        self._thread.start()

    @property
    def has_begun(self) -> bool:
        """Whether it ever worked."""
        return self._thread.ident is not None

    def stop(self) -> None:
        """Take nothing more once no request in flight relies on this slot, and they end in their own time; return when
        what is in hand is done (`synthesis_timeout_s` at most). The rest of a segment then waits for another slot."""
        while self._thread.is_alive() and self._board.needed_by_others:
            time.sleep(POLL_S)
        self._stopping = True
        if self.has_begun:
            self._thread.join()

    def _run(self) -> None:
        queue, engine, pipeline = self._board.queue, self._engine, self._pipeline
        try:
            while not self._stopping and self._board.table.state(self._index) is not State.RETIRING:
                if pipeline is not None:
                    pipeline.wait_for_turn()
                view = self._board.slot_view(self._index)
                if leases := queue.take(self._index, engine.batch_limit, engine.batch_limit_s, view):
                    self._work(leases)
                elif pipeline is None or not pipeline.wait_for_end():
                    self._board.bell.wait()
            if pipeline is not None:
                pipeline.close()
            self._board.bell.ring(queue.waiting)  # what this one heard last is for another
        except BaseException:
            # A worker without a slot, or with a lease it cannot give back, does harm: the arbiter forks a new one.
            log.critical("slot failed", exc_info=True)
            os._exit(1)

    def _work(self, leases: Sequence[Lease]) -> None:
        """Render a window, or synthesise the segments at once: or one after the other, where the engine fails on all of
        them together."""
        if self._pipeline is not None:
            self._pipeline.begin(leases)
            return
        began = time.monotonic()
        threads = self._wanted_threads(leases[0], began)
        self._board.set_threads(self._index, threads)
        outcomes = self._synthesize(leases, threads)
        self._board.set_threads(self._index, 0)
        if isinstance(outcomes, Exception) and len(leases) > 1:
            for lease in leases:
                self._work([lease])
            return
        each = [outcomes] if isinstance(outcomes, Exception) else outcomes
        self._delivery.deliver(leases, each, time.monotonic() - began, threads / self._threads)

    def _synthesize(self, leases: Sequence[Lease], threads: int) -> list[Window | Exception] | Exception:
        """The outcome of each lease, or the exception that the engine raised for all."""
        # The watchdog is a thread in C: an engine that hangs with Python's lock held does not stop it. It ends
        # the process, and says where all threads were; what was leased is then done by another worker.
        watchdog.start(self._board.limits.synthesis_timeout_s)
        try:
            if isinstance(self._engine, SupportsThreads):
                self._engine.set_threads(threads)
            outcomes = self._render(leases)
        except EngineLost:
            raise
        except Exception as error:  # whatever an engine raises, it is these segments that failed
            return error
        finally:
            watchdog.cancel()
        if len(outcomes) != len(leases):
            return ValueError(f"the engine returned {len(outcomes)} results for {len(leases)} segments")
        return outcomes

    def _render(self, leases: Sequence[Lease]) -> list[Window | Exception]:
        if self._renderer is None:
            return [whole(outcome) for outcome in self._engine.synthesize([lease.segment for lease in leases])]
        (lease,) = leases
        window = self._renderer.render_window(lease.segment, lease.state, lease.wanted_s)
        return [checked(window, self._board.queue.window_state_limit)]

    def _deliver(self, leases: Sequence[Lease], outcomes: Sequence[Window | Exception], busy_s: float) -> None:
        """Pass on a batch, in the pipeline's thread."""
        self._delivery.deliver(leases, outcomes, busy_s)
        if self._board.queue.waiting:
            self._board.bell.ring()  # it may wait for these to be out of hand: see `SegmentQueue.take`

    def _wanted_threads(self, lease: Lease, now: float) -> int:
        """The slot's own, which make the most audio for their time; more if somebody waits, and cores are idle."""
        audio_s = min(lease.left_s, lease.wanted_s)
        if (lease.deadline - now) * self._board.throughput.per_slot()[self._index] > audio_s:
            return self._threads
        return self._board.threads_for(self._threads, self._most, self._cores)
