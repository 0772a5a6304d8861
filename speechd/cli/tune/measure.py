"""Measurement for `speechd tune`: the real server with each number of workers × threads, asked over HTTP.

The server runs in processes of its own, so everything that a request costs is counted.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from speechd.api.paths import OVERFLOW_HEADER
from speechd.audio.samples import SAMPLE_RATE
from speechd.cli.tune.client import Client, Response
from speechd.cli.tune.launcher import START_TIMEOUT_S, ServerProcess, serving
from speechd.cli.tune.recommend import Measurement
from speechd.errors import SpeechdError
from speechd.machine import available_bytes, proportional_bytes

THREADS: Final = (8, 4, 2, 1)
"""Threads per worker that are tried. Beyond eight a synthesis gains nothing."""

SENTENCE: Final = "Later that day, the old captain described the broken clock with great care. "
TEXTS: Final = {"short": SENTENCE.strip(), "medium": SENTENCE * 4, "long": SENTENCE * 14}

BUSY_RATIO: Final = 3.0
"""Time for which all slots together are measured, at least, over that for one text alone."""

PER_WORKER: Final = 2
"""Requests at once while all slots are busy: while one is between two segments, the other has one ready."""

BYTES_PER_S: Final = 2 * SAMPLE_RATE
"""Bytes in a second of `pcm`: 16-bit mono."""

STEPS: Final = 2 + len(TEXTS)
"""Steps of the progress for each plan: the start, each text alone, all slots busy."""

REFUSED_S: Final = 0.05
"""Wait of a client that was refused."""

OWN_SETTINGS: Final[Mapping[str, object]] = {
    "host": "127.0.0.1",
    "port": 0,
    "wyoming_port": 0,
    "max_in_flight": "auto",
    "max_in_flight_per_key": 0,
    "drain_wait_s": 0,
}
"""What holds for a server that is measured, whatever is set for the one that may be running beside it."""

log = logging.getLogger("speechd")

Step = Callable[[str], None]
"""Told what is measured next."""


def plans(cores: int) -> list[tuple[int, int]]:
    """Workers × threads that fill the cores, fewest workers first."""
    threads = {cores // min(cores, count): min(cores, count) for count in sorted(THREADS)}
    return sorted(threads.items())


def measure(
    options: Mapping[str, str], cores: int, seconds: float, step: Step, api_key: str | None = None
) -> Iterator[Measurement]:
    """Measure each plan that fits into memory.

    options: settings of the server by name, beyond the environment's. seconds: for each text alone. Raises
    `EngineUnavailable` if the server does not start, `SpeechdError` if it fails on a request.
    """
    per_worker_bytes = 0
    for workers, threads in plans(cores):
        if workers * per_worker_bytes > available_bytes():
            log.warning("%d workers do not fit into memory: not measured", workers)
            continue
        step(f"{workers} × {threads}: start")
        chosen = {"log_level": "warning", **options, **OWN_SETTINGS}
        with (
            tempfile.TemporaryDirectory() as folder,
            serving({**chosen, "workers": workers, "threads": threads}, Path(folder)) as server,
        ):
            measured = asyncio.run(_Trial(server, workers, threads, seconds, api_key).run(step))
        per_worker_bytes = max(per_worker_bytes, (measured.memory_bytes or 0) // workers)
        yield measured


@dataclass(frozen=True, slots=True)
class _Trial:
    """A running server that is measured."""

    server: ServerProcess
    workers: int
    threads: int
    seconds: float
    api_key: str | None

    async def run(self, step: Step) -> Measurement:
        # The first request of a process does what no later one does.
        await asyncio.gather(*(self._ask(self._client(), "short") for _ in range(self.workers)))
        alone: dict[str, list[Response]] = {}
        for name in TEXTS:
            step(f"{self.workers} × {self.threads}: {name}")
            alone[name] = await self._alone(name)
        step(f"{self.workers} × {self.threads}: all busy")
        began_s = time.monotonic()
        busy = await self._busy()
        arrivals = [arrival.at_s for response in busy for arrival in response.arrivals]
        return Measurement(
            workers=self.workers,
            threads=self.threads,
            engine=(await self._client().json("/health"))["engine"],
            latency_s={name: median(map(_latency_s, responses)) for name, responses in alone.items()},
            rtf={name: median(map(_rtf, responses)) for name, responses in alone.items()},
            first_audio_s=median(_first_audio_s(response) for responses in alone.values() for response in responses),
            busy_first_audio_s=median(map(_first_audio_s, busy)),
            # What slots have half done at the end is not counted, nor is the time after the last arrival.
            audio_s_per_s=sum(map(_audio_s, busy)) / (max(arrivals) - began_s),
            memory_bytes=_memory(self.server.process.pid),
        )

    async def _alone(self, name: str) -> list[Response]:
        """Responses to one text, one after the other."""
        end_s = time.monotonic() + self.seconds
        client = self._client(keep_alive=True)
        responses: list[Response] = []
        try:
            while not responses or time.monotonic() < end_s:
                response = await self._ask(client, name)
                responses += [response] if response.ok else []
        finally:
            client.close()
        return responses

    async def _busy(self) -> list[Response]:
        """Responses with audio to as many clients as keep all slots busy, until the time is over and each client could
        have had one. Some of them are incomplete: what is under way at the end is given up."""
        clients = PER_WORKER * self.workers
        responses: list[Response] = []
        completed = itertools.count(1)
        enough = asyncio.Event()

        async def ask_on() -> None:
            client = self._client(keep_alive=True)
            try:
                while True:
                    responses.append(Response(0.0))
                    if (await self._ask(client, "medium", responses[-1])).ok and next(completed) >= clients:
                        enough.set()
            finally:
                client.close()

        tasks = [asyncio.create_task(ask_on()) for _ in range(clients)]
        over = asyncio.gather(asyncio.sleep(BUSY_RATIO * self.seconds), enough.wait())
        waited: list[asyncio.Future[Any]] = [over, *tasks]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        for each in waited:
            each.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        return [response for response in responses if response.status == 200 and response.arrivals]

    async def _ask(self, client: Client, name: str, response: Response | None = None) -> Response:
        """A response that is complete, or refused. Raises `SpeechdError` for any other."""
        fields: dict[str, object] = {"model": "tts-1", "voice": "alloy", "input": TEXTS[name], "response_format": "pcm"}
        response = await client.speak(fields, START_TIMEOUT_S, response)
        if response.refused:
            await asyncio.sleep(REFUSED_S)
        elif not response.ok:
            reason = response.error or f"status {response.status}: {response.body.decode(errors='replace')}"
            raise SpeechdError(f"The server failed while it was measured: {reason}")
        return response

    def _client(self, *, keep_alive: bool = False) -> Client:
        # As if another server had sent the request on: it is then spoken here, or refused.
        return Client(self.server.url, api_key=self.api_key, keep_alive=keep_alive, headers={OVERFLOW_HEADER: "1"})


def _audio_s(response: Response) -> float:
    return len(response.body) / BYTES_PER_S


def _first_audio_s(response: Response) -> float:
    return response.arrivals[0].at_s - response.sent_s


def _latency_s(response: Response) -> float:
    return response.ended_s - response.sent_s


def _rtf(response: Response) -> float:
    return _latency_s(response) / _audio_s(response)


def _memory(arbiter: int) -> int | None:
    """Bytes of a server's processes, shared pages counted once; None where the system does not tell."""
    try:
        pids = [arbiter, *map(int, Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split())]
    except OSError:
        return None
    sizes = [proportional_bytes(pid) for pid in pids]
    return None if None in sizes else sum(size or 0 for size in sizes)
