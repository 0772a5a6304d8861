"""The server on a GPU: clients in a closed loop, in several processes, and what they heard.

    python -m bench.gpu.http [--levels 1,16,64:mp3,1000r] [--workers 8 --slots 2] [--seconds 8] [--tiny] [--device cuda]

A request's text is about 5 seconds of speech. The engine is `bench.gpu.engine`. A level such as 64:mp3 has clients that
ask for that format instead of `pcm`, one such as 1000r clients that hear a response before they ask again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import uvloop

from bench import server, texts
from bench.gpu.engine import BATCH_S
from bench.loadgen import LoadGenerator, Outcome, Target, figures

CLIENT_PROCESSES: Final = 4
CHARACTERS: Final = 60
"""Characters of a request: one sentence, which is one segment."""
READY_S: Final = 60.0
"""Seconds within which a server must be ready, its kernels being compiled ahead. A server that hangs would take all of
a card's time."""
TIMEOUT_S: Final = 30.0
"""Seconds within which a response must end, and a batch be spoken."""
SHOWN: Final = ("heard", "refused", "failed", "ttfa_p50_s", "ttfa_p99_s", "audio_s_per_s", "c100", "errors")


@dataclass(frozen=True, slots=True)
class Setup:
    """A server to measure. slots: processes that have one, beside the workers; environ: further environment
    variables."""

    name: str
    engine: str = "bench.gpu.engine:create"
    device: str = "cuda"
    dtype: str = "float32"
    workers: int = 8
    slots: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator[server.Server]:
        """The server, which is ready."""
        settings = {
            "engine": self.engine,
            "device": self.device,
            "dtype": self.dtype,
            "workers": self.workers,
            "slots": self.slots,
            "max_in_flight": 1024,
            "max_wait_s": 30,
            "synthesis_timeout_s": TIMEOUT_S,
            "log_level": "warning",
        }
        # Packages may be on the path only, and the server's is made anew.
        path = [Path(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
        with (
            tempfile.TemporaryDirectory() as folder,
            server.running(Path(folder), path=path, environ=self.environ, ready_s=READY_S, **settings) as running,
        ):
            yield running


@dataclass(frozen=True, slots=True)
class Level:
    """Clients of a server. realtime: whether they hear a response before they ask again."""

    clients: int
    format: str = "pcm"
    realtime: bool = False

    @classmethod
    def of(cls, text: str) -> Level:
        """The level that a text such as "64", "64:mp3" or "1000r" names."""
        clients, _, format = text.partition(":")
        return cls(int(clients.removesuffix("r")), format or "pcm", clients.endswith("r"))

    def measure(self, url: str, seconds: float) -> dict[str, Any]:
        """What the clients of a server hear in so many seconds, in up to `CLIENT_PROCESSES` processes."""
        processes = min(self.clients, CLIENT_PROCESSES)
        shares = [self.clients // processes + (index < self.clients % processes) for index in range(processes)]
        began_s = time.monotonic()
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            rest = seconds, self.format, self.realtime
            parts = pool.starmap(_outcomes, [(url, share, *rest, index) for index, share in enumerate(shares)])
        outcomes = [outcome for part in parts for outcome in part]
        return asdict(self) | asdict(figures(outcomes, began_s, began_s + seconds))


def _outcomes(url: str, listeners: int, seconds: float, format: str, realtime: bool, seed: int) -> list[Outcome]:
    generator = LoadGenerator(Target(url, format=format, timeout_s=TIMEOUT_S), _sentences(seed))
    uvloop.run(generator.closed(listeners, seconds, realtime=realtime))
    return generator.outcomes


def _sentences(seed: int) -> Iterator[str]:
    random = Random(seed)
    while True:
        yield texts.text(random, CHARACTERS)


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a level that people read."""
    return {name: row[name] for name in ("clients", "format", "realtime", *SHOWN)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default="1,16,64,128,256")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--slots", type=int, default=1, help="processes that have one, beside the workers")
    parser.add_argument("--batch-s", type=float, help="audio seconds of a batch")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    setup = Setup(
        "http",
        f"bench.gpu.engine:create{'_tiny' if arguments.tiny else ''}",
        arguments.device,
        arguments.dtype,
        arguments.workers,
        arguments.slots,
        {} if arguments.batch_s is None else {BATCH_S: str(arguments.batch_s)},
    )
    began_s = time.monotonic()
    with setup.running() as running:
        print(f"== ready after {time.monotonic() - began_s:.1f} s", flush=True)
        for level in map(Level.of, arguments.levels.split(",")):
            row = {"workers": setup.workers, "slots": setup.slots} | level.measure(running.url, arguments.seconds)
            print("  ", shown(row), flush=True)
            with (arguments.out / "http.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
