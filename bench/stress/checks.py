"""The parts that checks share: their result, a server at a set pace, and a watch on it under load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from bench.loadgen import Outcome, Target, outcome_of, percentile
from bench.server import Server, running
from bench.tone import RTF
from speechd.cli.tune.client import Client

WORKERS: Final = 2

SETTLE_S: Final = 10.0
"""How long anything may take to come true before it counts as never."""

LOOK_S: Final = 0.05
"""Between two looks at a server under load."""

SENTENCE: Final = "The ferry leaves at noon today."
"""A single segment of about two seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """quick: few of everything, to see that it works; model_dir: measure with Kokoro where a check asks for it."""

    folder: Path
    quick: bool = False
    model_dir: Path | None = None

    def count(self, full: int, quick: int) -> int:
        """A count: the one of a full run, or of a quick run."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a check. failures: the claims that do not hold."""

    failures: Sequence[str]
    figures: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether all claims hold."""
        return not self.failures


Check = Callable[[Options], Coroutine[Any, Any, Result]]


def judged(figures: dict[str, Any], **claims: bool) -> Result:
    """The result of figures and of the claims about them."""
    return Result([name.replace("_", " ") for name, holds in claims.items() if not holds], figures)


@contextmanager
def paced(options: Options, rtf: float, **settings: object) -> Iterator[Server]:
    """A server of two workers whose slots speak 1 / rtf audio seconds a second."""
    given: dict[str, Any] = {"engine": "bench.tone:paced", "workers": WORKERS, "log_level": "warning"} | settings
    with running(options.folder, environ={RTF: str(rtf)}, **given) as server:
        yield server


async def health(server: Server) -> dict[str, Any]:
    """The JSON object of `/health`, over a connection of its own; {} if nobody answers."""
    try:
        return await Client(server.url, keep_alive=False).json("/health")
    except ValueError:  # An empty body: the worker that took the connection was killed.
        return {}


async def settled(server: Server, condition: Callable[[dict[str, Any]], object], timeout_s: float = SETTLE_S) -> float:
    """Seconds until `/health` says so; infinite if it does not in time."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if (said := await health(server)) and condition(said):
            return time.monotonic() - began
        await asyncio.sleep(0.01)
    return float("inf")


def is_idle(said: dict[str, Any]) -> bool:
    """Whether nothing is in flight, waits or runs."""
    return not (said["in_flight"] or said["waiting"] or said["running"])


def held_mib(server: Server) -> float:
    """Memory that grows when the server holds more, in MiB: anonymous memory of its processes, and the machine's shared
    memory, in which synthesised audio travels (mapped or not, so that no process's own figures show all of it)."""
    held_kib = _kib("/proc/meminfo", "Shmem:")
    for pid in (
        server.process.pid,
        *(each.pid for each in psutil.Process(server.process.pid).children(recursive=True)),
    ):
        with suppress(OSError):  # ended just now
            held_kib += _kib(f"/proc/{pid}/smaps_rollup", "Anonymous:")
    return held_kib / 1024


def _kib(path: str, name: str) -> int:
    lines = Path(path).read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(name))


class Watch:
    """Observations of a server under load."""

    def __init__(self) -> None:
        self.in_flight: list[int] = []
        self.held_mib: list[float] = []


@asynccontextmanager
async def watched(server: Server) -> AsyncIterator[Watch]:
    """Observations of a server, taken again and again."""
    watch = Watch()

    async def look() -> None:
        while True:
            if said := await health(server):
                watch.in_flight.append(said["in_flight"])
            if len(watch.in_flight) % 10 == 1:
                watch.held_mib.append(await asyncio.to_thread(held_mib, server))
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(look())
    try:
        yield watch
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def probe(target: Target, times: int, gap_s: float = 0.0) -> list[Outcome]:
    """Short requests one after the other, each over its own connection."""
    outcomes = []
    for _ in range(times):
        client = target.client()
        outcomes.append(outcome_of(await target.speak(client, SENTENCE), target.format))
        client.close()
        await asyncio.sleep(gap_s)
    return outcomes


def ttfa(outcomes: Sequence[Outcome], percent: float) -> float:
    """A percentile of their times to first audio, in seconds; infinite if one was not heard."""
    values = [outcome.playback.ttfa_s if outcome.playback else float("inf") for outcome in outcomes]
    return percentile(values, percent) or 0.0
