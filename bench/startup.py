"""Time that the server takes to start and to its first audio, and its memory.

    python -m bench.startup [--engine tone|espeak|kokoro] [--model-dir DIR] [--setting workers=4] [--quick]

Each of `--starts` servers is started afresh. The first reads its packages and weights from the disk, if nobody used
them lately; those after it find them in memory. The last line is JSON. Ctrl-C ends it with what was measured.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
import uvloop

from bench import results
from bench.loadgen import LoadGenerator, Target, outcome_of, percentile
from bench.server import START_TIMEOUT_S, Server, add_start_arguments, running, settings_of, until
from bench.texts import varied

SHORT: Final = "The ferry leaves at noon today."
"""A single segment."""

MIB: Final = 1 << 20

TIMES: Final = {
    "start": 6,
    "ready_s": 8,
    "all_ready_s": 12,
    "first_s": 8,
    "fresh_p50_s": 12,
    "fresh_p99_s": 12,
    "kept_p50_s": 11,
    "kept_p99_s": 11,
}
MEMORY: Final = {"start": 6, "when": 6, "process": 9, "rss_mib": 8, "pss_mib": 8, "uss_mib": 8}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    times: list[dict[str, Any]] = []
    memory: list[dict[str, Any]] = []
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as folder:
        for start in range(1, arguments.starts + 1):
            print(f"start {start} of {arguments.starts}", flush=True)
            began = time.monotonic()
            with running(Path(folder), **settings_of(arguments)) as server:
                ready_s = time.monotonic() - began
                until(partial(_all_ready, server), START_TIMEOUT_S, "all workers ready")
                all_ready_s = time.monotonic() - began
                memory += [{"start": start, "when": "idle", **row} for row in memory_of(server)]
                target = Target(server.url)
                audio = uvloop.run(_first_audio(target, arguments.requests))
                times.append({"start": start, "ready_s": ready_s, "all_ready_s": all_ready_s, **audio})
                uvloop.run(LoadGenerator(target, varied(start)).closed(4 * len(server.workers()), arguments.seconds))
                memory += [{"start": start, "when": "load", **row} for row in memory_of(server)]
    _print("Seconds: to ready; to first audio of the first request, then over fresh and kept connections", TIMES, times)
    _print("MiB, resident, proportional and its own, at idle and after load", MEMORY, memory)
    results.publish("startup", vars(arguments), [{"times": times, "memory": memory}])


def memory_of(server: Server) -> list[dict[str, Any]]:
    """Memory of the arbiter and of every worker, in MiB: resident (RSS), proportional (PSS) and its own (USS)."""
    names = ["arbiter", *(f"worker {number}" for number in range(len(server.workers())))]
    rows = []
    for name, process in zip(names, (psutil.Process(server.process.pid), *server.workers()), strict=True):
        memory = process.memory_full_info()
        sizes = {"rss_mib": memory.rss, "pss_mib": memory.pss, "uss_mib": memory.uss}
        rows.append({"process": name} | {unit: size / MIB for unit, size in sizes.items()})
    return rows


async def _first_audio(target: Target, requests: int) -> dict[str, float | None]:
    """Seconds to the first audio of single requests to an idle server."""
    first = await _ttfa_s(target, 1, keep_alive=False)
    fresh = await _ttfa_s(target, requests, keep_alive=False)
    kept = await _ttfa_s(target, requests, keep_alive=True)
    return {
        "first_s": percentile(first, 50),
        "fresh_p50_s": percentile(fresh, 50),
        "fresh_p99_s": percentile(fresh, 99),
        "kept_p50_s": percentile(kept, 50),
        "kept_p99_s": percentile(kept, 99),
    }


async def _ttfa_s(target: Target, requests: int, *, keep_alive: bool) -> list[float]:
    client = target.client()
    heard = []
    for _ in range(requests):
        outcome = outcome_of(await target.speak(client, SHORT), target.format)
        if outcome.playback is None:
            raise RuntimeError(f"an idle server did not speak: {outcome.error or 'refused'}")
        heard.append(outcome.playback.ttfa_s)
        if not keep_alive:
            client.close()
    client.close()
    return heard


def _all_ready(server: Server) -> bool:
    health = server.health()
    return bool(health["ready"] == len(health["workers"]))


def _print(title: str, widths: Mapping[str, int], rows: Sequence[Mapping[str, object]]) -> None:
    print(f"\n{title}\n{results.heading(widths)}")
    for row in rows:
        print(results.cells(row, widths))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_start_arguments(parser)
    parser.add_argument("--starts", type=int, default=2, help="servers started, one after the other (default: 2)")
    parser.add_argument("--requests", type=int, default=30, help="single requests of each kind (default: 30)")
    parser.add_argument("--seconds", type=float, default=15.0, help="of load, before memory is taken (default: 15)")
    parser.add_argument("--quick", action="store_true", help="one start, few requests")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.starts, arguments.requests, arguments.seconds = 1, 3, 0.5
    return arguments


if __name__ == "__main__":
    main()
