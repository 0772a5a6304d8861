"""The server on a GPU: clients in a closed loop, in several processes, and what they heard.

    python -m bench.gpu.http [--levels 1,16,64] [--workers 8 --slots 2] [--seconds 8] [--tiny] [--device cuda]

A request's text is about 5 seconds of speech. The engine is `bench.gpu.engine`. A level such as 1000r
has clients that hear a response before they ask again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any, Final

import uvloop

from bench import server, texts
from bench.loadgen import LoadGenerator, Outcome, Target, figures
from speechd.encoders import FORMATS

CLIENT_PROCESSES: Final = 4
CHARACTERS: Final = 60
"""Characters of a request: one sentence, which is one segment."""
SHOWN: Final = ("heard", "refused", "failed", "ttfa_p50_s", "ttfa_p99_s", "audio_s_per_s", "c100", "errors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default="1,16,64,128,256")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--slots", type=int, default=1, help="processes that have one, beside the workers")
    parser.add_argument("--batch-s", type=float, default=64.0, help="audio seconds of a batch")
    parser.add_argument("--format", default="pcm", choices=sorted(FORMATS))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        began_s = time.monotonic()
        with server.running(Path(name), **_settings(arguments)) as running:
            print(f"== ready after {time.monotonic() - began_s:.1f} s", flush=True)
            for level in arguments.levels.split(","):
                own = {
                    "workers": arguments.workers,
                    "slots": arguments.slots,
                    "format": arguments.format,
                    "clients": level,
                }
                row = own | _measured(running.url, level, arguments)
                print("  ", {key: row[key] for key in (*own, *SHOWN)}, flush=True)
                with (arguments.out / "http.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        # Packages may be on the path only, and the server's is made anew.
        "path": [Path(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each],
        "environ": {"BENCH_BATCH_S": str(arguments.batch_s)},
        "engine": f"bench.gpu.engine:create{'_tiny' if arguments.tiny else ''}",
        "device": arguments.device,
        "dtype": arguments.dtype,
        "workers": arguments.workers,
        "slots": arguments.slots,
        "max_in_flight": 1024,
        "max_wait_s": 30,
        "log_level": "warning",
    }


def _measured(url: str, level: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """The figures of the clients of a level, in up to `CLIENT_PROCESSES` processes."""
    realtime, clients = level.endswith("r"), int(level.removesuffix("r"))
    processes = min(clients, CLIENT_PROCESSES)
    shares = [clients // processes + (index < clients % processes) for index in range(processes)]
    began_s = time.monotonic()
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        rest = arguments.seconds, arguments.format, realtime
        parts = pool.starmap(_outcomes, [(url, share, *rest, index) for index, share in enumerate(shares)])
    outcomes = [outcome for part in parts for outcome in part]
    return asdict(figures(outcomes, began_s, began_s + arguments.seconds))


def _outcomes(url: str, listeners: int, seconds: float, format: str, realtime: bool, seed: int) -> list[Outcome]:
    generator = LoadGenerator(Target(url, format=format), _sentences(seed))
    uvloop.run(generator.closed(listeners, seconds, realtime=realtime))
    return generator.outcomes


def _sentences(seed: int) -> Iterator[str]:
    random = Random(seed)
    while True:
        yield texts.text(random, CHARACTERS)


if __name__ == "__main__":
    main()
