"""All that is to be known of a card, in one command of six minutes: exactness, launches, batches, and the server.

    python -m bench.gpu.card [--out FOLDER] [--only STEP ...] [--limit-s 350] [--rehearse]

Writes card.json and card.md, whose tables are those of docs/performance.md. Needs what the server needs, and triton;
no weights, for it makes a checkpoint. Compile the kernels ahead (docs/performance.md), or much of the time goes there.
`--rehearse` does the same on a CPU in a few minutes, with a small model and the tone engine. It shows that the command
works, and nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from bench import results
from bench.gpu.card_report import markdown
from bench.gpu.engine import BATCH_S, NO_PIPELINE
from bench.gpu.http import Level, Setup, shown
from bench.server import ROOT

REHEARSED_CLIENTS: Final = 12

Row = dict[str, Any]

START_S: Final = 25.0
"""Seconds that a server may need to start and end, for which none is begun too late."""

LAST_SECTION_S: Final = 90.0
"""Seconds that `bench.gpu` may take beyond its limit, for the section that began before it."""

SHOWN_LOG: Final = 2000
"""Characters of a server's warnings, or of an error, that are kept: the last ones, where the cause is."""


@dataclass(frozen=True, slots=True)
class Sections:
    """Sections of `python -m bench.gpu`, in a process of their own. limit_s: after which no section of it begins."""

    name: str
    sections: Sequence[str]
    limit_s: float

    def rows(self, rehearse: bool) -> Iterator[Row]:
        """What they found."""
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "bench.gpu", "--out", folder, "--limit-s", str(self.limit_s)]
            command += ["--only", *self.sections, *(("--device", "cpu", "--tiny", "--torch") if rehearse else ())]
            end = _end_of(command, self.limit_s + LAST_SECTION_S)
            if (file := Path(folder) / "gpu.jsonl").exists():
                yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if end:
            yield {"failed": f"bench.gpu {end}"}


def _end_of(command: Sequence[str], limit_s: float) -> str:
    """How a command ended, which is killed after so long; "" if well."""
    try:
        status = subprocess.run(command, cwd=ROOT, check=False, timeout=limit_s).returncode
    except subprocess.TimeoutExpired:
        return f"did not end within {limit_s:g} s"
    return f"ended with {status}" if status else ""


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and levels of clients for so many seconds each."""

    setup: Setup
    levels: Sequence[Level]
    seconds: float

    @property
    def name(self) -> str:
        """That of the server."""
        return self.setup.name

    def rows(self, rehearse: bool) -> Iterator[Row]:
        """What the clients heard."""
        setup = rehearsal(self.setup) if rehearse else self.setup
        began = time.monotonic()
        of = {"server": setup.name, "workers": setup.workers, "slots": setup.slots}
        with setup.running() as running:
            yield {"server": setup.name, "ready_s": round(time.monotonic() - began, 1)}
            for level in map(rehearsed, self.levels) if rehearse else self.levels:
                yield of | level.measure(running.url, 1.0 if rehearse else self.seconds)
            if log := running.log():
                yield {"server": setup.name, "log": log[-SHOWN_LOG:]}


def rehearsal(setup: Setup) -> Setup:
    """The same with the tone engine, its batches as long as those of a card."""
    engine = "bench.tone:serial" if NO_PIPELINE in setup.environ else "bench.tone:pipelined"
    environ = {"BENCH_RTF": "0.0006", "BENCH_BATCH_LIMIT_S": setup.environ.get(BATCH_S, "32")}
    return replace(setup, engine=engine, device="cpu", workers=1, environ=environ)


def rehearsed(level: Level) -> Level:
    """A level with fewer clients, where these and the server share a few cores."""
    return replace(level, clients=min(level.clients, REHEARSED_CLIENTS))


def levels(*texts: str) -> list[Level]:
    return [Level.of(text) for text in texts]


ONE: Final = Setup("one slot", workers=10)
TWO: Final = replace(ONE, name="two slots", slots=2)
STEPS: Final[tuple[Sections | Served, ...]] = (
    Sections("device", ("device", "lstm", "exactness", "overlap", "parts"), 75),
    Served(ONE, levels("1", "4", "16", "64", "128", "256", "1000r"), 4.0),
    Served(ONE, levels("256:mp3", "256:opus", "256:aac", "256:flac"), 4.0),
    Served(replace(ONE, name="one slot, one batch at a time", environ={NO_PIPELINE: "1"}), levels("64", "256"), 4.0),
    Served(replace(ONE, name="one slot, batches of 64 s", environ={BATCH_S: "64"}), levels("64", "256"), 4.0),
    Served(TWO, levels("64", "256", "1000r"), 4.0),
    Sections("batches", ("speed", "reference"), 60),
    Served(
        replace(ONE, name="stock", engine="bench.gpu.engine:create_stock", workers=1, slots=0),
        levels("1", "16"),
        4.0,
    ),
    Served(replace(ONE, name="CPU", device="cpu", workers=8, slots=0), levels("1", "16"), 4.0),
)
"""What matters most comes first: the time may not suffice for all."""

FORMATS: Final = "formats"


def name_of(step: Sections | Served) -> str:
    """By which a step is chosen."""
    is_formats = isinstance(step, Served) and any(level.format != "pcm" for level in step.levels)
    return FORMATS if is_formats else step.name


def run(steps: Sequence[Sections | Served], limit_s: float, *, rehearse: bool) -> Iterator[Row]:
    """The rows of all steps, as they come; of one that fails, or that there is no time for, a row that says so."""
    began = time.monotonic()
    for step in steps:
        name = name_of(step)
        print(f"== {name}, after {time.monotonic() - began:.0f} s", flush=True)
        if time.monotonic() - began > limit_s - START_S:
            yield {"step": name, "failed": "not run, for the time was up"}
            continue
        try:
            for row in step.rows(rehearse):
                yield {"step": name, **row}
                if "heard" in row:
                    print("  ", shown(row), flush=True)
                if time.monotonic() - began > limit_s:
                    yield {"step": name, "failed": "broken off, for the time was up"}
                    break
        except Exception as error:  # a step that fails is no reason to go without the others
            traceback.print_exc()
            yield {"step": name, "failed": repr(error)[-SHOWN_LOG:]}


@dataclass(frozen=True, slots=True)
class Record:
    """The result so far, which is on disk after each row: whoever lends a card may end us at any time."""

    folder: Path
    head: Mapping[str, Any]
    began: float = field(default_factory=time.monotonic)
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Write both files anew, with one row more."""
        self.rows.append(row)
        (self.folder / "card.json").write_text(json.dumps(self.result(), default=str) + "\n", encoding="utf-8")
        (self.folder / "card.md").write_text(markdown(self.result()), encoding="utf-8")

    def result(self) -> dict[str, Any]:
        """That of the benchmark, if it ended now."""
        return {**self.head, "wall_s": round(time.monotonic() - self.began, 1), "rows": self.rows}


def main() -> None:
    names = [name_of(step) for step in STEPS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="where card.json and card.md go")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="STEP", help=", ".join(names))
    parser.add_argument("--limit-s", type=float, default=350.0, help="no step begins that would end after so long")
    parser.add_argument("--rehearse", action="store_true", help="on a CPU, with small models")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    head = {"benchmark": "gpu.card", "rehearsal": arguments.rehearse, **results.provenance()}
    record = Record(arguments.out, head)
    chosen = [step for step in STEPS if name_of(step) in arguments.only]
    for row in run(chosen, arguments.limit_s, rehearse=arguments.rehearse):
        record.add(row)
    result = record.result()
    print(f"== {arguments.out / 'card.md'}, after {result['wall_s']} s\n\n{markdown(result)}")


if __name__ == "__main__":
    main()
