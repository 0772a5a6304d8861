"""How long a fuzzer runs: for a time, or for a number of cases, which are the same ones on every machine."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Length:
    """The length of a run. It ends with whichever comes first."""

    seconds: float = math.inf
    count: float = math.inf

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """The length that is given by the options of `add_length`."""
        if options.count is None:
            return cls(seconds=60.0 if options.seconds is None else options.seconds)
        return cls(math.inf if options.seconds is None else options.seconds, options.count)

    def numbers(self) -> Iterator[int]:
        """The numbers of the cases, from 1 on. Time begins with the first."""
        end = time.monotonic() + self.seconds
        number = 0
        while number < self.count and time.monotonic() < end:
            number += 1
            yield number


def add_length(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how long to run."""
    parser.add_argument("--seconds", type=float, help="end after this time (default: 60, or none with --count)")
    parser.add_argument("--count", type=int, help="end after so many cases")
