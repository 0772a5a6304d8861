"""Counters and histograms over all workers, in memory that the arbiter makes before it forks them.

Each worker has a row of cells, and goes on with that of the worker before it: counts never go back, whatever dies. A
cell has one writer (one thread of the worker, or the arbiter after its death), so that counting takes no lock. A
histogram's count is the sum of its buckets and is exact; its sum may lack what a worker observed as it was killed.
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
    """A counter with one label, which has no other values than these; or with none."""

    name: str
    help: str
    label: str = ""
    values: tuple[str, ...] = ("",)

    @property
    def cells(self) -> int:
        """One for each value."""
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """bounds: upper bounds of its buckets, themselves included, ascending. A last bucket has none."""

    name: str
    help: str
    bounds: tuple[float, ...]

    @property
    def cells(self) -> int:
        """The buckets, and the sum."""
        return len(self.bounds) + 2


class WorkerCounters:
    """What one worker counts, in half a microsecond each."""

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
    """The rows of all workers. `metrics` fixes what there is to count."""

    def __init__(self, workers: int, metrics: Sequence[Counter | Histogram]) -> None:
        ends = accumulate(metric.cells for metric in metrics)
        self._starts = {metric: end - metric.cells for metric, end in zip(metrics, ends, strict=True)}
        self._cells = shared_array(np.float64, workers, sum(metric.cells for metric in metrics))

    def row(self, index: int) -> WorkerCounters:
        """For worker `index`; for the arbiter once that one is dead."""
        return WorkerCounters(self._cells[index].data.cast("B").cast("d"), self._starts)

    def counter(self, counter: Counter) -> dict[str, float]:
        """What all workers have counted, by value of the label."""
        return dict(zip(counter.values, self._sum(counter), strict=True))

    def histogram(self, histogram: Histogram) -> tuple[list[int], float]:
        """Of what all workers have observed: how much is in each bucket and those before it, and the sum."""
        *buckets, total = self._sum(histogram)
        return list(accumulate(map(int, buckets))), total

    def _sum(self, metric: Counter | Histogram) -> list[float]:
        start = self._starts[metric]
        total: list[float] = self._cells[:, start : start + metric.cells].sum(axis=0).tolist()
        return total
