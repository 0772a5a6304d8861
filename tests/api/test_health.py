"""The state of the server, as it is told to probes and people."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api.error_handlers import HANDLERS
from speechd.api.health import HealthEndpoints
from speechd.engines.registry import LoadedEngine
from speechd.engines.tone import ToneEngine
from speechd.metrics.exposition import Metrics
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from tests.harness.asgi import Answer, answer, scope, with_context
from tests.harness.forks import fork_worker

LIMITS = Limits(
    max_in_flight=8, max_in_flight_per_key=0, max_wait_s=10.0, segments_per_request=4, synthesis_timeout_s=5.0
)
DETAILS = {"version", "in_flight", "waiting", "running", "model", "workers"}


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    board = Scoreboard(2, LIMITS)
    yield board
    board.close()


def ready(board: Scoreboard) -> None:
    for index in range(board.workers):
        fork_worker(board, index)


def get(board: Scoreboard, path: str, *, has_keys: bool = False, key: int | None = None, warning: str = "") -> Answer:
    health = HealthEndpoints(
        engine=LoadedEngine(ToneEngine(), warning or None),
        board=board,
        metrics=Metrics(board, "tone"),
        has_keys=has_keys,
    )
    routes = [Route("/health", health.health), Route("/ready", health.ready), Route("/metrics", health.scrape)]
    made = scope(path=path)
    with_context(made).key = key
    return answer(Starlette(routes=routes, exception_handlers=HANDLERS), made)


@pytest.mark.parametrize(("has_keys", "key", "all_of_it"), [(False, None, True), (True, None, False), (True, 0, True)])
def test_health_is_told_to_everybody_and_details_to_owners_of_keys(
    board: Scoreboard, has_keys: bool, key: int | None, all_of_it: bool
) -> None:
    ready(board)
    told = get(board, "/health", has_keys=has_keys, key=key).json()
    assert {"status": "ok", "engine": "tone", "ready": 2}.items() <= told.items()
    assert (told.keys() & DETAILS) == (DETAILS if all_of_it else set())


def test_health_warns_of_a_fallback_engine(board: Scoreboard) -> None:
    assert get(board, "/health", warning="no weights").json()["warning"] == "no weights"


def test_server_is_ready_once_a_worker_is(board: Scoreboard) -> None:
    answered = get(board, "/ready")
    assert (answered.status, answered.json()["error"]["code"]) == (503, "server_not_ready")
    assert 2 <= int(answered.headers["retry-after"]) <= 3
    ready(board)
    answered = get(board, "/ready")
    assert (answered.status, answered.json()) == (200, {"status": "ready", "model": "loaded"})


def test_metrics_are_prometheus_text(board: Scoreboard) -> None:
    answered = get(board, "/metrics")
    assert answered.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"\nspeechd_workers 2.0\n" in answered.body
