"""What a worker that listens and encodes spends on a second of audio, in each format: `python -m bench.feed`.

The engine speaks at once and in batches, in a process of its own, as on a GPU. The clients are in this one, in a closed
loop, and only receive. What is measured is the processor time of the one front end: how many of them feed a card
follows from that.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import uvloop

from bench import server, texts
from speechd.cli.tune.client import Client

FORMATS: Final = "mp3,opus,aac,flac,wav,pcm"

ENGINE: Final = {"BENCH_RTF": "0.0005", "BENCH_BATCH": "16", "BENCH_BATCH_COST": "0"}

AUDIO_SENT: Final = "speechd_audio_sent_seconds_total"
"""The server's metric of seconds of audio, by format."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formats", default=FORMATS)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--characters", type=int, default=60, help="of a request")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each format, in each round")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    settings: dict[str, Any] = {
        "workers": 1,
        "slots": 1,
        "max_in_flight": 1024,
        "max_wait_s": 60,
        "log_level": "warning",
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        server.running(Path(folder), environ=ENGINE, engine="bench.tone:batching", **settings) as running,
    ):
        for format in arguments.formats.split(",") * arguments.rounds:
            audio_s, cpu_s, loop_s = _measured(running, format, arguments)
            cost_ms = 1000 * cpu_s / audio_s
            print(
                f"{format:5} {cost_ms:6.2f} ms of a core for a second of audio, {1000 * loop_s / audio_s:.2f} of them "
                f"not the encoders' thread; {1500 * cost_ms / 1000:.1f} cores feed 1,500 audio s/s",
                flush=True,
            )


def _measured(running: server.Server, format: str, arguments: argparse.Namespace) -> tuple[float, float, float]:
    """Seconds of audio, of the front end's processor time, and of that without its busiest other thread."""
    front = max(running.workers(), key=lambda worker: len(worker.net_connections("tcp")))
    sent_s, cpu_s, threads_s = _sent_s(running.url), _cpu_s(front), _threads_s(front)
    uvloop.run(_clients(running.url, format, arguments))
    spent = {id: spent_s - threads_s.get(id, 0.0) for id, spent_s in _threads_s(front).items()}
    encoding_s = max((spent_s for id, spent_s in spent.items() if id != front.pid), default=0.0)
    total_s = _cpu_s(front) - cpu_s
    return _sent_s(running.url) - sent_s, total_s, total_s - encoding_s


async def _clients(url: str, format: str, arguments: argparse.Namespace) -> None:
    until_s = time.monotonic() + arguments.seconds
    await asyncio.gather(*(_client(url, format, arguments.characters, until_s, n) for n in range(arguments.clients)))


async def _client(url: str, format: str, characters: int, until_s: float, seed: int) -> None:
    client, chosen = Client(url), random.Random(seed)
    while time.monotonic() < until_s:
        fields: dict[str, object] = {"input": texts.text(chosen, characters), "response_format": format}
        response = await client.speak(fields)
        assert response.ok, (response.status, response.error)
    client.close()


def _sent_s(url: str) -> float:
    lines = httpx.get(url + "/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(AUDIO_SENT))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _threads_s(process: psutil.Process) -> dict[int, float]:
    return {thread.id: thread.user_time + thread.system_time for thread in process.threads()}


if __name__ == "__main__":
    main()
