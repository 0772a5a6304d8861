"""`speechd tune`: measures workers × threads on this machine, recommends, and can write the settings file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from speechd.cli.exit_status import INTERRUPTED
from speechd.cli.tune import recommend
from speechd.cli.tune.measure import STEPS, Step, measure, plans
from speechd.cli.tune.recommend import Measurement
from speechd.config import file as settings_file
from speechd.config import settings
from speechd.config.settings import Settings
from speechd.machine import available_cores

GOALS: Final = {"throughput": recommend.for_throughput, "latency": recommend.for_latency}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument(
        "--write",
        nargs="?",
        const="throughput",
        choices=list(GOALS),
        help="write that recommendation into the settings file, which 'speechd serve' reads (default: throughput)",
    )
    parser.add_argument("--seconds", type=float, default=4.0, help="time for each text and plan (default: 4)")
    settings.add_flags(parser, groups=("engine", "log"))


def run(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Measure and print; the exit status. Interrupted, it prints what it has measured, and writes nothing."""
    cores = available_cores()
    rows: list[Measurement] = []
    interrupted = False
    with _progress(STEPS * len(plans(cores))) as step:
        try:
            key = loaded.api_keys[0] if loaded.api_keys else None
            for row in measure(settings.given(arguments), cores, arguments.seconds, step, key):
                rows.append(row)
        except KeyboardInterrupt:
            interrupted = True
    if rows:
        print("\n".join([*recommend.table(rows), "", *recommend.reasons(rows)]))
    if interrupted:
        return INTERRUPTED
    if arguments.write:
        _write(GOALS[arguments.write](rows))
    return 0


@contextmanager
def _progress(steps: int) -> Iterator[Step]:
    from tqdm import tqdm

    with tqdm(total=steps, bar_format="{l_bar}{bar}| {elapsed}<{remaining}") as bar:

        def step(what: str) -> None:
            bar.set_description(what)
            bar.update()

        yield step


def _write(chosen: Measurement) -> None:
    path = settings_file.locate(os.environ)
    if path is None:
        raise settings.InvalidSetting("There is no place for a settings file: set SPEECHD_CONFIG to its path.")
    settings_file.write(path, chosen.settings)
    print(f"{path}: {', '.join(f'{name} = {value}' for name, value in chosen.settings.items())}")
