"""Random texts through the planner, the rules and the readers of every engine and language that is installed.

They are read in a process of their own (`bench.fuzz.reader`), so that native code may crash or hang. A find is a
crash, a hang, an exception other than `InvalidRequest`, a step of the planner that takes more than `CPU_LIMIT_S`, or
letters that the tone engine would not speak.
"""

from __future__ import annotations

import argparse
import json
import random
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import checkpoint
from bench.arguments import words
from bench.fuzz.length import Length, add_length
from bench.fuzz.texts import text

CPU_LIMIT_S: Final = 1.5
"""Processor seconds of one passage. The slowest known takes 0.4 s; the faults that were found took 5 to 37 s."""

HANG_S: Final = 30.0
"""Seconds without an answer, after which the reader is ended."""

START_S: Final = 180.0
TRIES_TO_SHORTEN: Final = 60


@dataclass(frozen=True, slots=True)
class Case:
    """A text to be read by an engine in a language."""

    engine: str
    language: str
    text: str


class Reader:
    """A process that reads texts; a new one after each that died."""

    def __init__(self, model_dir: Path, engines: Sequence[str] = ()) -> None:
        """engines: only these; without any, all that are installed."""
        self._arguments = [str(model_dir), *engines]
        self._process: subprocess.Popen[bytes] | None = None
        self.known: dict[str, list[str]] = {}

    def wrong(self, case: Case) -> str:
        """The fault in how the case is read, or \"\"."""
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([case.engine, case.language, case.text]).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._died()
        line = self._line(HANG_S)
        if line is None:
            self.close()
            return "hangs"
        if not line:
            return self._died()
        answer = json.loads(line)
        if answer["cpu_s"] > CPU_LIMIT_S:
            return f"takes {answer['cpu_s']:.1f} s"
        return str(answer["wrong"])

    def start(self) -> None:
        self._started()

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-m", "bench.fuzz.reader", *self._arguments]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            line = self._line(START_S)
            if not line:
                raise RuntimeError("the reader does not start: " + " ".join(command))
            self.known = json.loads(line)
        return self._process

    def _line(self, timeout_s: float) -> bytes | None:
        """An answer; empty if the process has died, None if there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(timeout_s) else None

    def _died(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        self.close()
        return f"dies of {signal.Signals(-code).name}" if code < 0 else f"ends with status {code}"


def shortened(reader: Reader, case: Case, kind: str) -> Case:
    """The case without the text that is not needed for the same kind of fault, as far as `TRIES_TO_SHORTEN` show."""
    size = max(1, len(case.text) // 2)
    tries = TRIES_TO_SHORTEN
    while size and tries > 0:
        for start in range(0, len(case.text), size):
            shorter = Case(case.engine, case.language, case.text[:start] + case.text[start + size :])
            tries -= 1
            if tries < 0 or reader.wrong(shorter).split()[:1] == kind.split()[:1]:
                case = case if tries < 0 else shorter
                break
        else:
            size //= 2
    return case


def fuzz(reader: Reader, length: Length, seed: int, languages: Sequence[str] = (), most: int = 10) -> int:
    """Read; print and count the faults, `most` at most."""
    reader.start()
    pairs = [
        (engine, language)
        for engine, known in reader.known.items()
        for language in known
        if not languages or language in languages
    ]
    print("; ".join(f"{engine}: {' '.join(known)}" for engine, known in reader.known.items()), flush=True)
    draw = random.Random(seed)
    found = count = 0
    for count in length.numbers():
        case = Case(*draw.choice(pairs), text(draw))
        if kind := reader.wrong(case):
            found += 1
            short = shortened(reader, case, kind)
            print(f"seed {seed}, text {count}: {case.engine} {case.language} {kind}", flush=True)
            print(f"  {case.text!a}\n  shortened: {short.text!a}", flush=True)
            if found == most:
                break
    print(f"{count} texts, {found} of them wrong")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz text", description=__doc__)
    add_length(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", default="", help="only these: kokoro,espeak,tone")
    parser.add_argument("--languages", default="", help="only these: en-us,hi ...")
    parser.add_argument("--model-dir", type=Path, help="a Kokoro checkpoint; without one, a small one is made")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        model_dir = options.model_dir or checkpoint.make(Path(folder), voices=())
        reader = Reader(model_dir, words(options.engines))
        try:
            return 1 if fuzz(reader, Length.of(options), options.seed, words(options.languages)) else 0
        finally:
            reader.close()
