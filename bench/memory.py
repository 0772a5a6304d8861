"""Memory of the server, by load, by time, by allocator and by oneDNN's cache, and what each costs in speed.

    python -m bench.memory [--engine kokoro] [--model-dir DIR] [--sweeps concurrency,requests,...] [--quick]

Sweeps, each over small and large payloads (texts of about 60 and 1000 characters) and over the allocators:

    concurrency  2 ... 96 listeners at once, so many requests of each
    requests     1000 ... 64,000 requests by so many listeners; what still grows at the end is called a leak
    hour         an hour of audio in texts of varied length, as fast as it goes

and, with texts of varied length about a few sentences:

    primitives   capacities of oneDNN's primitive cache, with the launcher's own allocator
    limits       1000 segments or so, over the allocators: does a worker add 300 MiB at most, and does its resident
                 size come back to the idle level within a minute?
    planted      an engine that leaks; the exit status is 1 if that is not noticed

A server starts for each combination, and all its workers speak once before its memory at idle is taken. MiB: resident
(RSS) and its peak, proportional (PSS) and own (USS) memory of the largest worker, of all processes together (all_pss).
arenas: what glibc's arenas of the fullest worker held at its last synthesis, see bench/arenas.py. The last line is
JSON. Ctrl-C ends it with what was measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import uvloop
from tqdm import tqdm

from bench import memory_probe as probe
from bench import results, server
from bench.arguments import parsed, parser_of, whole_numbers, words
from bench.loadgen import LoadGenerator, Target
from bench.memory_cases import ALLOCATORS, CAPACITY, PAYLOADS, Case, cases
from bench.server import Server
from bench.startup import MIB, memory_of

LEAK_MIB: Final = 8.0
LEAK_SHARE: Final = 0.02
"""Growth over the last step, of all and as a share, from which it is a leak: caches have filled before."""

LIMIT_MIB: Final = 300.0
LIMIT_RATIO: Final = 1.1
"""A worker's own share after load; its resident size a minute later, of that at idle."""

QUICK: Final = {
    "sweeps": ["requests", "primitives", "planted"],
    "payloads": ["small"],
    "allocators": ["launcher"],
    "concurrency": [2, 4],
    "requests": [10, 40, 120],
    "each": 10,
    "hour_s": 60.0,
    "capacities": ["64"],
    "varied": 10,
    "rest": 0.6,
}

COLUMNS: Final = {
    "sweep": 11,
    "payload": 7,
    "allocator": 9,
    "capacity": 8,
    "when": 5,
    "listeners": 9,
    "requests": 8,
    "audio_s_per_s": 13,
    "rss_mib": 8,
    "peak_mib": 8,
    "pss_mib": 8,
    "uss_mib": 8,
    "all_pss_mib": 11,
    "arenas_mib": 10,
    "utilisation": 11,
    "failed": 6,
}


def main() -> int:
    """Measure and print; 1 if the planted leak was not noticed."""
    arguments = _arguments()
    rows: list[dict[str, Any]] = []
    missed = False
    print(results.heading(COLUMNS))
    with suppress(KeyboardInterrupt):
        for case in tqdm(list(cases(arguments)), leave=False, disable=None):
            before = len(rows)
            for row in _measure(case, arguments):
                rows.append(row)
                rows[-1]["note"] = note(rows[before:])
                print(results.cells(row, COLUMNS), row["note"], flush=True)
            missed = missed or (case.sweep == "planted" and not any("LEAK" in row["note"] for row in rows[before:]))
    if missed:
        print("the planted leak was not noticed", file=sys.stderr)
    results.publish("memory", vars(arguments), rows)
    return 1 if missed else 0


def note(rows: Sequence[Mapping[str, Any]]) -> str:
    """Remarks on the last row of a case: a leak, free memory that cannot be given back, limits met or not."""
    last, notes = rows[-1], [rows[-1]["warning"]]
    loads = [row for row in rows if row["when"] == "load"]
    if last["when"] == "load" and last["sweep"] != "concurrency" and len(loads) > 1:
        before_mib = loads[-2]["all_pss_mib"]
        if (growth_mib := last["all_pss_mib"] - before_mib) > LEAK_MIB + LEAK_SHARE * before_mib:
            asked = last["requests"] - loads[-2]["requests"]
            notes.append(f"LEAK? {growth_mib:.0f} MiB more after {asked} requests")
    if last["sweep"] == "limits" and last["when"] == "rest":
        rested = last["rss_mib"] / rows[0]["rss_mib"]
        # What one more worker adds to all PSS is what it shares with nobody.
        own_mib = loads[-1]["uss_mib"]
        met = own_mib <= LIMIT_MIB and rested <= LIMIT_RATIO
        notes.append(f"limits {'met' if met else 'NOT MET'}: {own_mib:.0f} MiB of its own, rested {rested:.2f} × idle")
    return "; ".join(filter(None, notes))


def _measure(case: Case, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row at idle, one after every step, one after the rest."""
    most = max(listeners for listeners, _ in case.steps)
    with tempfile.TemporaryDirectory() as folder:
        own = {probe.ENGINE: arguments.engine, probe.ARENAS: folder}
        limits = {"max_in_flight": max(most, 8), "max_wait_s": 3600}
        settings = server.settings_of(arguments) | {"engine": "bench.memory_probe:probed"} | limits
        environ = {**ALLOCATORS[case.allocator], **case.environ, **own}
        with server.running(Path(folder), environ=environ, **settings) as running:
            target = Target(running.url, timeout_s=3600.0)
            count = len(running.workers())
            uvloop.run(LoadGenerator(target, case.texts).counted(2 * count, 4 * count))
            about = {"sweep": case.sweep, "payload": case.payload, "allocator": case.allocator}
            about["capacity"] = case.environ.get(CAPACITY, "")
            yield about | {"when": "idle", "listeners": 0, "requests": 0} | _state(running, Path(folder))
            texts, requests = case.texts, 0
            for listeners, more in case.steps:
                _forget_peaks(running)
                generator = LoadGenerator(target, texts)
                uvloop.run(generator.counted(listeners, more))
                figures = generator.figures()
                requests += more
                load = {"when": "load", "listeners": listeners, "requests": requests}
                load |= {"audio_s_per_s": figures.audio_s_per_s, "failed": figures.failed}
                yield about | _state(running, Path(folder)) | load
            time.sleep(arguments.rest)
            rested = {"when": "rest", "listeners": 0, "requests": requests} | _state(running, Path(folder))
            yield about | rested


def _state(running: Server, folder: Path) -> dict[str, Any]:
    """Memory now: the largest worker's, and of all."""
    rows = memory_of(running)
    workers = [row for row in rows if row["process"] != "arbiter"]
    peaks = [peak for worker in running.workers() if (peak := _peak_mib(worker.pid)) is not None]
    reports = probe.reports(folder).values()
    fullest = max(reports, key=lambda report: report.bytes, default=None)
    return {
        "audio_s_per_s": None,
        "failed": 0,
        **{unit: max(row[unit] for row in workers) for unit in ("rss_mib", "pss_mib", "uss_mib")},
        "peak_mib": max(peaks, default=None),
        "all_pss_mib": sum(row["pss_mib"] for row in rows),
        "processes": rows,
        "arenas_mib": fullest.bytes / MIB if fullest else None,
        "utilisation": fullest.utilisation if fullest else None,
        "free_mib": fullest.free / MIB if fullest else None,
        "releasable_mib": fullest.releasable / MIB if fullest else None,
        "warning": fullest.warning if fullest else "",
    }


def _peak_mib(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)


def _forget_peaks(running: Server) -> None:
    for worker in running.workers():
        with suppress(OSError):  # Where the kernel does not let us, a peak is that of all steps so far.
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    server.add_start_arguments(parser)
    parser.add_argument(
        "--sweeps", type=words, default="concurrency,requests,hour,primitives,limits,planted", metavar="SWEEP,..."
    )
    parser.add_argument("--payloads", type=words, default="small,large", metavar="P,P...", help=", ".join(PAYLOADS))
    parser.add_argument(
        "--allocators", type=words, default=",".join(ALLOCATORS), metavar="A,A...", help=", ".join(ALLOCATORS)
    )
    parser.add_argument(
        "--concurrency", type=whole_numbers, default="2,4,8,16,32,64,96", metavar="N,N...", help="listeners"
    )
    parser.add_argument("--each", type=int, default=500, help="requests at each concurrency (default: 500)")
    parser.add_argument(
        "--requests", type=whole_numbers, default="1000,4000,16000,64000", metavar="N,N...", help="in all, by each step"
    )
    parser.add_argument("--listeners", type=int, default=8, help="of all other sweeps (default: 8)")
    parser.add_argument("--hour-s", type=float, default=3600.0, help="seconds of audio (default: 3600)")
    parser.add_argument(
        "--capacities", type=words, default="16,64,256,1024", metavar="N,N...", help="of oneDNN's cache"
    )
    parser.add_argument(
        "--varied", type=int, default=200, help="requests of limits and primitives, 5 segments each (default: 200)"
    )
    parser.add_argument("--leak-kib", type=int, default=128, help="planted, for each synthesis (default: 128)")
    parser.add_argument("--rest", type=float, default=60.0, help="seconds from the load's end (default: 60)")
    arguments = parsed(parser, QUICK, "little of everything")
    if "jemalloc" in arguments.allocators and not ALLOCATORS["jemalloc"]["LD_PRELOAD"]:
        print("jemalloc is not installed (Debian: libjemalloc2): left out", file=sys.stderr)
        arguments.allocators.remove("jemalloc")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
