"""`GET /health`, `GET /ready` and `GET /metrics`, which need no key."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from speechd import __version__
from speechd.context import RequestContext
from speechd.engines.registry import LoadedEngine
from speechd.errors import NotReady, with_jitter
from speechd.metrics.exposition import MEDIA_TYPE, Metrics
from speechd.pool.scoreboard import Scoreboard


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthEndpoints:
    """The state of the whole server. has_keys: whether it asks for API keys."""

    engine: LoadedEngine
    board: Scoreboard
    metrics: Metrics
    has_keys: bool

    async def health(self, request: Request) -> JSONResponse:
        """`GET /health`: the process answers. The body is for people; with keys set, most of it is for their owners."""
        health: dict[str, object] = {"status": "ok", "engine": self.engine.engine.name, "ready": self.board.ready}
        if not self.has_keys or RequestContext.of(request.scope).key is not None:
            health |= self._details()
        if self.engine.warning:
            health["warning"] = self.engine.warning
        return JSONResponse(health)

    async def ready(self, request: Request) -> JSONResponse:
        """`GET /ready`: some worker's engine is warm, or will be once a request comes, and the server is not draining.

        Raises `NotReady`.
        """
        if not self.board.is_ready():
            raise NotReady("The server is loading or draining.", reason="not ready", retry_after_s=with_jitter(2.0))
        return JSONResponse({"status": "ready", "model": self._model()})

    async def scrape(self, request: Request) -> Response:
        """`GET /metrics`: the whole server's, for Prometheus."""
        return Response(self.metrics.render(), media_type=MEDIA_TYPE)

    def _details(self) -> dict[str, object]:
        board = self.board
        return {
            "version": __version__,
            "in_flight": int(board.in_flight.sum()),
            "waiting": board.queue.waiting,
            "running": board.queue.running,
            "model": self._model(),
            "workers": board.states(),
        }

    def _model(self) -> str:
        return self.board.model.state.name.lower()
