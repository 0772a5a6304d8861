"""What is exposed, of a scoreboard and counters that are made up."""

import math
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from speechd.engines.base import Segment
from speechd.metrics import recording
from speechd.metrics.declarations import COUNTED, DEPRECATED_NAMES, SERVER_METRICS, UNDERRUN, WORKER_METRICS
from speechd.metrics.exposition import Metrics
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import end_worker, fork_worker

LIMITS = Limits(
    max_in_flight=8, max_in_flight_per_key=0, max_wait_s=10.0, segments_per_request=4, synthesis_timeout_s=5.0
)


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    board = Scoreboard(2, LIMITS)
    yield board
    board.close()


def ready(board: Scoreboard) -> None:
    for index in range(board.workers):
        fork_worker(board, index)


def samples(metrics: Metrics) -> dict[str, float]:
    """By the sample's name and labels, as a query would name it."""
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_every_declared_metric_is_told_once_with_its_help(board: Scoreboard) -> None:
    families = list(text_string_to_metric_families(Metrics(board, "tone").render().decode()))
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    assert {metric.name for metric in (*COUNTED, *SERVER_METRICS, *WORKER_METRICS)} <= set(names)
    assert all(family.documentation for family in families)
    assert all(name.startswith("speechd_") for name in names)


def test_histogram_is_told_cumulatively(board: Scoreboard) -> None:
    metrics = Metrics(board, "tone")
    for value in (0.04, 0.05, 7.0):
        metrics.counts.row(1).observe(UNDERRUN, value)
    told = samples(metrics)
    assert told["speechd_underrun_seconds_bucket{le=0.0}"] == 0
    assert told["speechd_underrun_seconds_bucket{le=0.05}"] == 2
    assert told["speechd_underrun_seconds_bucket{le=5.0}"] == 2
    assert told["speechd_underrun_seconds_bucket{le=10.0}"] == 3
    assert told["speechd_underrun_seconds_bucket{le=+Inf}"] == told["speechd_underrun_seconds_count"] == 3
    assert told["speechd_underrun_seconds_sum"] == pytest.approx(7.09)


def test_what_slots_did_is_told_by_worker_and_outlives_it(board: Scoreboard) -> None:
    ready(board)
    board.throughput.add_work(1, audio_s=3.0, busy_s=0.5)
    end_worker(board, 1)
    board.table.fork(1)
    board.throughput.add_work(1, audio_s=1.0, busy_s=0.25)
    told = samples(Metrics(board, "tone"))
    assert told["speechd_segments_total{worker=0}"] == 0
    assert told["speechd_segments_total{worker=1}"] == 2
    assert told["speechd_audio_synthesised_seconds_total{worker=1}"] == 4.0
    assert told["speechd_slot_busy_seconds_total{worker=1}"] == 0.75
    assert told["speechd_worker_restarts_total{worker=1}"] == 1
    assert (told["speechd_workers"], told["speechd_workers_ready"]) == (2, 1)


def test_segment_of_a_dead_worker_is_a_retry_once(board: Scoreboard) -> None:
    ready(board)
    metrics = Metrics(board, "tone")
    board.queue.put(Segment(b"", 1.0), home=0, deadline=0.0)
    assert samples(metrics)["speechd_segments_waiting"] == 1
    board.queue.take(1)
    assert samples(metrics)["speechd_segments_running"] == 1
    end_worker(board, 1)
    assert samples(metrics)["speechd_synthesis_retries_total"] == 1
    board.queue.take(0)
    end_worker(board, 0)  # its home: nobody waits for it any more
    assert samples(metrics)["speechd_synthesis_retries_total"] == 1


def test_memory_is_told_of_workers_that_run(board: Scoreboard) -> None:
    ready(board)
    end_worker(board, 1)
    told = samples(Metrics(board, "tone"))
    assert told["speechd_worker_resident_bytes{worker=0}"] > 1 << 20
    assert "speechd_worker_resident_bytes{worker=1}" not in told


def test_what_serves_is_told(board: Scoreboard) -> None:
    (name,) = [name for name in samples(Metrics(board, "espeak")) if name.startswith("speechd_info")]
    assert "engine=espeak" in name
    assert not any(math.isnan(value) for value in samples(Metrics(board, "espeak")).values())


def test_former_names_are_exposed_too_and_say_so(board: Scoreboard) -> None:
    metrics = Metrics(board, "tone")
    recording.rejected(metrics.counts.row(1), 431)
    told = samples(metrics)
    assert told["speechd_http_rejections_total{status=431}"] == 1.0
    for former, counter in DEPRECATED_NAMES.items():
        for value in counter.values:
            labels = f"_total{{{counter.label}={value}}}"
            assert told[former + labels] == told[counter.name + labels]
        assert f"# HELP {former}_total Deprecated" in metrics.render().decode()
