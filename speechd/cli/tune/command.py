"""`speechd tune`: runs the server on this machine with different workers × threads, measures each.

Each setting is the real server in processes of its own, asked over HTTP; so all that a request costs is counted.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO, Any, Final

import httpx

from speechd.audio.samples import SAMPLE_RATE
from speechd.cli.tune.recommend import Measurement
from speechd.config.settings import Settings, variable
from speechd.errors import EngineUnavailable, SpeechdError
from speechd.machine import proportional_bytes

THREADS: Final = (8, 4, 2, 1)
"""Per worker. Beyond eight a synthesis gains nothing."""

SENTENCE: Final = "Later that day, the old captain described the broken clock with great care. "
TEXTS: Final = {"short": SENTENCE.strip(), "medium": SENTENCE * 4, "long": SENTENCE * 14}

BUSY_SHARE: Final = 3.0
"""How much longer than one text alone all slots together are measured, at least."""
PER_WORKER: Final = 2
"""Requests at once while all are busy: while one is between two segments, the other has one ready."""

BYTES_PER_S: Final = 2 * SAMPLE_RATE
STEPS: Final = 2 + len(TEXTS)
"""Of the progress, for each setting: the start, each text alone, all busy."""

REFUSED_S: Final = 0.05
START_TIMEOUT_S: Final = 180.0
END_TIMEOUT_S: Final = 10.0

log = logging.getLogger("speechd")


def plans(cores: int) -> list[tuple[int, int]]:
    """Workers × threads that fill the cores, fewest workers first."""
    threads = {cores // min(cores, count): min(cores, count) for count in sorted(THREADS)}
    return sorted(threads.items())


def measure(
    settings: Settings, given: Mapping[str, str], cores: int, seconds: float, step: Callable[[str], None]
) -> Iterator[Measurement]:
    """Measure each plan with the engine of the settings (`given`: those of the command line), telling `step` what
    comes next. Raises `SpeechdError` where the server does not start or fails on a request."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for every request
    headers = {"Authorization": f"Bearer {settings.api_keys[0]}"} if settings.api_keys else {}
    per_worker_bytes = 0
    for workers, threads in plans(cores):
        if workers * per_worker_bytes > _memory_size():
            log.warning("%d workers do not fit into memory: not measured", workers)
            continue
        step(f"{workers} × {threads}: start")
        with _serving({**given, "workers": str(workers), "threads": str(threads)}) as (url, pid):
            trial = _Trial(url, headers)
            try:
                measured = asyncio.run(trial.run(workers, threads, seconds, pid, step))
            except httpx.HTTPError as error:
                raise SpeechdError(f"The server failed while it was measured: {error}") from error
        per_worker_bytes = max(per_worker_bytes, (measured.memory_bytes or 0) // workers)
        yield measured


@dataclass(slots=True)
class _Trial:
    """A running server being measured."""

    url: str
    headers: Mapping[str, str]

    async def run(
        self, workers: int, threads: int, seconds: float, pid: int, step: Callable[[str], None]
    ) -> Measurement:
        answers: dict[str, list[_Answer]] = {}
        async with self._client() as client:
            engine: str = (await client.get("/health")).json()["engine"]
            # The first request of a process does what no later one does.
            await asyncio.gather(*(self._ask(client, TEXTS["short"]) for _ in range(workers)))
            for name, text in TEXTS.items():
                step(f"{workers} × {threads}: {name}")
                answers[name] = await self._alone(client, text, seconds)
        step(f"{workers} × {threads}: all busy")
        audio_s_per_s, busy = await self._busy(PER_WORKER * workers, BUSY_SHARE * seconds)
        return Measurement(
            workers=workers,
            threads=threads,
            engine=engine,
            latency_s={name: median(each.latency_s for each in of) for name, of in answers.items()},
            rtf={name: median(each.latency_s / each.audio_s for each in of) for name, of in answers.items()},
            first_audio_s=median(each.first_s for of in answers.values() for each in of),
            busy_first_audio_s=median(busy),
            audio_s_per_s=audio_s_per_s,
            memory_bytes=_memory(pid),
        )

    async def _alone(self, client: httpx.AsyncClient, text: str, seconds: float) -> list[_Answer]:
        end = time.monotonic() + seconds
        answers: list[_Answer] = []
        while not answers or time.monotonic() < end:
            if answer := await self._ask(client, text):
                answers.append(answer)
        return answers

    async def _busy(self, listeners: int, seconds: float) -> tuple[float, list[float]]:
        """Audio seconds per second, and seconds to the first audio of each request, in that time or longer, until as
        many texts have been heard as there are listeners. What is under way then is left unheard."""
        heard: list[_Arrival] = []
        texts = itertools.count(1)
        enough = asyncio.Event()

        async def listen() -> None:
            async with self._client() as client:
                while True:
                    if await self._ask(client, TEXTS["medium"], heard) and next(texts) >= listeners:
                        enough.set()

        began = time.monotonic()
        tasks = [asyncio.create_task(listen()) for _ in range(listeners)]
        over = asyncio.gather(asyncio.sleep(seconds), enough.wait())
        waited: list[asyncio.Future[Any]] = [over, *tasks]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for each in waited:
            each.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        # What slots have half done by then is not counted, nor is the time after the last arrival.
        audio_s_per_s = sum(arrival.audio_s for arrival in heard) / (heard[-1].at_s - began)
        return audio_s_per_s, [arrival.first_s for arrival in heard if arrival.first_s is not None]

    async def _ask(self, client: httpx.AsyncClient, text: str, heard: list[_Arrival] | None = None) -> _Answer | None:
        """None: refused. heard: where arrivals go at once, for a request that may be left unheard."""
        began = time.monotonic()
        first_s = 0.0
        size = 0
        body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}
        async with client.stream("POST", "/v1/audio/speech", json=body) as response:
            if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                await asyncio.sleep(REFUSED_S)
                return None
            response.raise_for_status()
            async for content in response.aiter_raw():
                now = time.monotonic()
                first = not size
                first_s = now - began if first else first_s
                size += len(content)
                if heard is not None:
                    heard.append(_Arrival(now, len(content) / BYTES_PER_S, first_s if first else None))
        return _Answer(first_s, time.monotonic() - began, size / BYTES_PER_S)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=START_TIMEOUT_S, trust_env=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    first_s: float
    latency_s: float
    audio_s: float


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Audio of some request; first_s: since it was asked, where this is its first."""

    at_s: float
    audio_s: float
    first_s: float | None


@contextmanager
def _serving(options: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The URL and the arbiter's process id of a server that is ready, and that is gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = {"log_level": "warning"} | dict(options) | {"host": "127.0.0.1", "port": str(port), "drain_wait_s": "0"}
    environ = os.environ | {variable(name): text for name, text in chosen.items()}
    with tempfile.TemporaryFile() as lines:
        command = [sys.executable, "-P", "-m", "speechd.cli.main", "serve"]  # -P: nothing of the current folder
        # A session of its own: Ctrl-C is for us alone, and nothing of it is left behind.
        server = subprocess.Popen(command, env=environ, stdout=lines, stderr=lines, start_new_session=True)
        try:
            _await_ready(server, f"http://127.0.0.1:{port}", lines)
            yield f"http://127.0.0.1:{port}", server.pid
        finally:
            server.terminate()
            try:
                server.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def _await_ready(server: subprocess.Popen[bytes], url: str, lines: IO[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/ready", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass  # Not listening yet.
        time.sleep(0.1)
    lines.seek(0)
    raise EngineUnavailable(f"The server does not start: {lines.read().decode(errors='replace').strip()}")


def _memory(arbiter: int) -> int | None:
    """Bytes of a server's processes (Linux: their proportional shares, so that each page counts once)."""
    try:
        pids = [arbiter, *map(int, Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split())]
    except OSError:
        return None
    sizes = [proportional_bytes(pid) for pid in pids]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _memory_size() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
