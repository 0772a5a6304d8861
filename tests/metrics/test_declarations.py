"""What is declared, and how full a server is."""

import re
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from speechd.engines.base import Segment
from speechd.errors import SpeechdError
from speechd.machine import resident_bytes
from speechd.metrics.counters import Counter, Histogram
from speechd.metrics.declarations import (
    COUNTED,
    HTTP_REJECTIONS,
    SERVER_METRICS,
    WORKER_METRICS,
    ServerMetric,
    WorkerMetric,
    saturation,
)
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from speechd.server import handshake, refusals, request_head, request_limits
from tests.harness.forks import fork_worker

LIMITS = Limits(
    max_in_flight=8, max_in_flight_per_key=0, max_wait_s=10.0, segments_per_request=4, synthesis_timeout_s=5.0
)
ALL = (*COUNTED, *SERVER_METRICS, *WORKER_METRICS)


@pytest.mark.parametrize("module", [handshake, refusals, request_head, request_limits])
def test_whatever_the_server_rejects_by_itself_can_be_counted(module: ModuleType) -> None:
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, SpeechdError)]
    statuses = {str(kind.status) for kind in kinds if kind is not SpeechdError}
    assert statuses
    assert statuses <= set(HTTP_REJECTIONS.values)


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    board = Scoreboard(2, LIMITS)
    yield board
    board.close()


def ready(board: Scoreboard) -> None:
    for index in range(board.workers):
        fork_worker(board, index)


def test_names_are_distinct_and_prometheus_own() -> None:
    names = [metric.name for metric in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"speechd_[a-z_]+", name) and not name.endswith("_total") for name in names)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_help_is_sentences(metric: Counter | Histogram | ServerMetric | WorkerMetric) -> None:
    text = metric.help
    assert text[0].isupper() or text[0].isdigit()
    assert text.endswith(".")


@pytest.mark.parametrize("metric", [metric for metric in COUNTED if isinstance(metric, Counter) and metric.label])
def test_help_explains_every_value_of_a_label(metric: Counter) -> None:
    if metric.label != "format":
        assert [value for value in metric.values if value not in metric.help] == []


def test_memory_of_no_process_is_unknown() -> None:
    assert resident_bytes(0) is None


def test_saturation_of_an_idle_server_is_zero(board: Scoreboard) -> None:
    assert saturation(board) == 0.0
    ready(board)
    assert saturation(board) == 0.0


def test_saturation_is_the_share_of_places_taken(board: Scoreboard) -> None:
    ready(board)
    board.in_flight[:] = 2
    assert saturation(board) == 4 / 8
    board.in_flight[:] = 4
    assert saturation(board) == 1.0


def test_saturation_follows_the_expected_wait_beyond_one(board: Scoreboard) -> None:
    ready(board)
    for _ in range(30):  # of 3 s each, at the 4 s a second that two slots are assumed to synthesise
        assert board.queue.put(Segment(b"", 3.0), home=0, deadline=time.monotonic())
    assert saturation(board) == pytest.approx(90 / 4 / 10)
    assert board.expected_wait_s() == pytest.approx(22.5)
