"""Counters and histograms over all workers, in memory that the arbiter makes before it forks them.

Each worker has a row of cells, and continues the row of the worker before it: counts never go back, whatever dies. A
cell has one writer (one thread of the worker, or the arbiter after its death), so that counting takes no lock. The
count of a histogram is the sum of its buckets, and is exact. Its sum may lack what a worker observed as it was killed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from speechd.shared_memory import shared_array


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """A counter with one label, which has these values only, or with none."""

    name: str
    help: str
    label: str = ""
    values: tuple[str, ...] = ("",)

    @property
    def cells(self) -> int:
        """How many cells it takes: one for each value of the label."""
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """A histogram. bounds: inclusive upper bounds of its buckets, ascending; a last bucket has none."""

    name: str
    help: str
    bounds: tuple[float, ...]

    @property
    def cells(self) -> int:
        """How many cells it takes: one for each bucket, and one for the sum."""
        return len(self.bounds) + 2


class WorkerCounters:
    """The counters of one worker. Counting takes half a microsecond."""

    def __init__(self, cells: memoryview[float], starts: dict[Counter | Histogram, int]) -> None:
        self._cells, self._starts = cells, starts

    def count(self, counter: Counter, value: str = "", by: float = 1.0) -> None:
        """Add to the counter at this value of its label; raises `ValueError` if it has no such value."""
        self._cells[self._starts[counter] + counter.values.index(value)] += by

    def observe(self, histogram: Histogram, value: float) -> None:
        """Add a value to the histogram."""
        start = self._starts[histogram]
        self._cells[start + bisect_left(histogram.bounds, value)] += 1.0
        self._cells[start + histogram.cells - 1] += value

    def total(self, counter: Counter) -> float:
        """The counter, at all values of its label together."""
        start = self._starts[counter]
        return sum(self._cells[start : start + counter.cells])


class Counts:
    """The counters of all workers, for the given metrics."""

    def __init__(self, workers: int, metrics: Sequence[Counter | Histogram]) -> None:
        ends = accumulate(metric.cells for metric in metrics)
        self._starts = {metric: end - metric.cells for metric, end in zip(metrics, ends, strict=True)}
        self._cells = shared_array(np.float64, workers, sum(metric.cells for metric in metrics))

    def row(self, index: int) -> WorkerCounters:
        """The counters of worker `index`; used by that worker, and by the arbiter once it is dead."""
        return WorkerCounters(self._cells[index].data.cast("B").cast("d"), self._starts)

    def counter(self, counter: Counter) -> dict[str, float]:
        """A counter's sum over all workers, by value of its label."""
        return dict(zip(counter.values, self._sum(counter), strict=True))

    def histogram(self, histogram: Histogram) -> tuple[list[int], float]:
        """A histogram over all workers: the cumulative count of each bucket, and the sum of what was observed."""
        *buckets, total = self._sum(histogram)
        return list(accumulate(map(int, buckets))), total

    def _sum(self, metric: Counter | Histogram) -> list[float]:
        start = self._starts[metric]
        total: list[float] = self._cells[:, start : start + metric.cells].sum(axis=0).tolist()
        return total
