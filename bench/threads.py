"""Gain of threads for one synthesis, and loss of processes at once. No server, the engine alone.

    python -m bench.threads [--engine kokoro] [--model-dir DIR] [--threads 1,2,4,8] [--processes 2,4,8] [--runs 10]

First one process with each number of threads, then each number of processes with one thread; every process is fresh,
because the number must be in the environment before torch is imported. Seconds are of whole texts, after one of each to
warm up; speed-up is over one thread, what is lost is of one process's own throughput. The last line is JSON. Ctrl-C
ends it with what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from tqdm import tqdm

from bench import results, server
from bench.arguments import parsed, parser_of, whole_numbers
from bench.loadgen import percentile
from bench.texts import LENGTHS, sized
from speechd.config.options import variable
from speechd.machine import available_cores

THREADS: Final = "1,2,4,8"
PROCESSES: Final = "2,4,8"
QUICK: Final = {"threads": [1, 2], "processes": [2], "runs": 2}

COLUMNS: Final = {
    "processes": 9,
    "threads": 7,
    "text": 6,
    "latency_mean_s": 14,
    "latency_p95_s": 13,
    "rtf": 7,
    "speed_up": 8,
    "audio_s_per_s": 13,
    "lost_percent": 12,
}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    environ = {variable(name): str(value) for name, value in server.settings_of(arguments).items()}
    rows: list[dict[str, Any]] = []
    cells = [(1, threads, tuple(LENGTHS)) for threads in arguments.threads]
    cells += [(processes, 1, ("medium",)) for processes in arguments.processes]
    print(results.heading(COLUMNS))
    try:
        for processes, threads, names in tqdm(cells, leave=False, disable=None):
            spoken = _speak(environ, processes, threads, [sized(name) for name in names], arguments.runs)
            for name, of_text in zip(names, zip(*spoken, strict=True), strict=True):
                row = {"processes": processes, "threads": threads, "text": name, **row_of(of_text, _alone(rows, name))}
                rows.append(row)
                print(results.cells(row, COLUMNS), _oversubscription(processes * threads), flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    results.publish("threads", vars(arguments), rows)


def row_of(of_text: Sequence[Mapping[str, Any]], alone: Mapping[str, Any] | None) -> dict[str, Any]:
    """The figures of one text, spoken by each process (`runs_s`, `audio_s`); alone: the row of one process of one
    thread, if it was measured."""
    runs_s = [run_s for each in of_text for run_s in each["runs_s"]]
    shared = len(of_text) > 1
    mean_s = sum(runs_s) / len(runs_s)
    audio_s_per_s = sum(len(each["runs_s"]) * each["audio_s"] / sum(each["runs_s"]) for each in of_text)
    return {
        "latency_mean_s": mean_s,
        "latency_p95_s": percentile(runs_s, 95),
        "rtf": mean_s / of_text[0]["audio_s"],
        "speed_up": alone["latency_mean_s"] / mean_s if alone and not shared else None,
        "audio_s_per_s": audio_s_per_s,
        "lost_percent": 100 * (1 - audio_s_per_s / len(of_text) / alone["audio_s_per_s"]) if alone and shared else None,
    }


def _alone(rows: Sequence[Mapping[str, Any]], text: str) -> Mapping[str, Any] | None:
    return next((row for row in rows if (row["processes"], row["threads"], row["text"]) == (1, 1, text)), None)


def _oversubscription(threads: int) -> str:
    cores = available_cores()
    return f"{threads} threads share {cores} cores" if threads > cores else ""


def _speak(
    environ: Mapping[str, str], processes: int, threads: int, texts: Sequence[str], runs: int
) -> list[list[dict[str, Any]]]:
    """The figures of each process for each text: seconds of its runs, seconds of audio."""
    own = {"OMP_NUM_THREADS": str(threads), variable("threads"): str(threads)}
    command = [sys.executable, "-m", "bench.engine_process", str(runs), *texts]
    with _started(command, os.environ | environ | own, processes) as speakers:
        for speaker in speakers:
            assert _line(speaker) == "ready"
        for speaker in speakers:
            assert speaker.stdin is not None
            speaker.stdin.write("speak\n")
            speaker.stdin.flush()
        return [json.loads(_line(speaker)) for speaker in speakers]


@contextmanager
def _started(command: Sequence[str], environ: Mapping[str, str], count: int) -> Iterator[list[subprocess.Popen[str]]]:
    pipe = subprocess.PIPE
    speakers = [
        subprocess.Popen(command, env=environ, cwd=server.ROOT, stdin=pipe, stdout=pipe, text=True)
        for _ in range(count)
    ]
    try:
        yield speakers
    finally:
        for speaker in speakers:
            speaker.kill()
            speaker.communicate()


def _line(speaker: subprocess.Popen[str]) -> str:
    assert speaker.stdout is not None
    line = speaker.stdout.readline().strip()
    if not line:
        raise SystemExit(f"the engine's process ended with {speaker.wait()}; its error is above")
    return line


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    server.add_start_arguments(parser)
    parser.add_argument(
        "--threads", type=whole_numbers, default=THREADS, metavar="N,N...", help=f"of one process (default: {THREADS})"
    )
    parser.add_argument(
        "--processes",
        type=whole_numbers,
        default=PROCESSES,
        metavar="N,N...",
        help=f"of one thread (default: {PROCESSES})",
    )
    parser.add_argument("--runs", type=int, default=10, help="of each text (default: 10)")
    return parsed(parser, QUICK, "few of each")


if __name__ == "__main__":
    main()
