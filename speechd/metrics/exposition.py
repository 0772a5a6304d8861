"""All metrics in Prometheus' text format. Any worker reports for the whole server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from speechd import __version__
from speechd.metrics.counters import Counter, Counts, Histogram
from speechd.metrics.declarations import (
    COUNTED,
    DEPRECATED_NAMES,
    SERVER_METRICS,
    WORKER_METRICS,
    ServerMetric,
    WorkerMetric,
)
from speechd.pool.scoreboard import Scoreboard

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


class Metrics(Collector):
    """All metrics of a server. Made in the arbiter, before the fork."""

    def __init__(self, board: Scoreboard, engine: str) -> None:
        self.counts = Counts(board.rows, COUNTED)
        self._board, self._engine = board, engine

    def render(self) -> bytes:
        """The exposition, of `MEDIA_TYPE`."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Every metric with its present values; called by `generate_latest`."""
        yield InfoMetricFamily("speechd", "What serves.", {"version": __version__, "engine": self._engine})
        for metric in COUNTED:
            yield self._counter(metric) if isinstance(metric, Counter) else self._histogram(metric)
        for name, counter in DEPRECATED_NAMES.items():
            yield self._alias(name, counter)
        for of_server in SERVER_METRICS:
            yield self._server_metric(of_server)
        rows = self._board.states()
        for of_worker in WORKER_METRICS:
            yield _worker_metric(of_worker, rows)

    def _counter(self, counter: Counter) -> CounterMetricFamily:
        family = CounterMetricFamily(counter.name, counter.help, labels=[counter.label] if counter.label else [])
        for value, count in self.counts.counter(counter).items():
            family.add_metric([value] if counter.label else [], count)
        return family

    def _alias(self, name: str, counter: Counter) -> CounterMetricFamily:
        family = self._counter(counter)
        alias = CounterMetricFamily(name, f"Deprecated, to be removed in the next release: see {counter.name}_total.")
        for sample in family.samples:
            alias.add_sample(f"{name}_total", sample.labels, sample.value)
        return alias

    def _histogram(self, histogram: Histogram) -> HistogramMetricFamily:
        counts, total = self.counts.histogram(histogram)
        bounds = [*map(floatToGoString, histogram.bounds), "+Inf"]
        family = HistogramMetricFamily(histogram.name, histogram.help)
        family.add_metric([], list(zip(bounds, counts, strict=True)), total)
        return family

    def _server_metric(self, metric: ServerMetric) -> Metric:
        family = metric.family(metric.name, metric.help)
        family.add_metric([], float(metric.read(self._board)))
        return family


def _worker_metric(metric: WorkerMetric, rows: Sequence[dict[str, Any]]) -> Metric:
    family = metric.family(metric.name, metric.help, labels=["worker"])
    for index, row in enumerate(rows):
        if (value := metric.read(row)) is not None:
            family.add_metric([str(index)], value)
    return family
