"""The composition root: what the arbiter prepares before the fork, and the app that a worker builds after it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speechd import engines, meter, warm_up
from speechd.counts import Row
from speechd.engines.base import Engine, Reloadable
from speechd.errors import InvalidRequest, MethodNotAllowed, NotFound, SpeechdError, Unauthorized, Unavailable
from speechd.metrics import Metrics
from speechd.overflow import MARK, Overflow
from speechd.receipt import REFUSED
from speechd.routes import SPEECH, Api
from speechd.settings import Settings
from speechd.sleep import Sleep
from speechd.stream import SEGMENTS_AHEAD, Threads
from speechd.turnover import Crew
from speechd.voices import Catalogue
from speechd.workers.admission import Admission
from speechd.workers.pool import Pool
from speechd.workers.scoreboard import Limits, Scoreboard
from speechd.workers.slot import Slot

CLIENT_LEFT: Final = 499
"""nginx's status for a client that closed its connection before it was answered; for the log alone."""

log = logging.getLogger("speechd")
request_log = logging.getLogger("speechd.request")


def prepare(settings: Settings) -> Speechd:
    """Everything that is shared, in the arbiter: the engine is loaded here, once.

    Raises `EngineUnavailable`, and `InvalidSetting` for a voice to warm up that does not exist.
    """
    choice = engines.create(settings.engine, engines.EngineOptions.of(settings))
    return Speechd(settings, choice, Catalogue(settings.model_dir))


class Speechd:
    """What the arbiter makes and its workers share: the engine's weights by copy-on-write, the scoreboard by shared
    memory. Its methods are the server's hooks (see `server.Hooks`)."""

    def __init__(self, settings: Settings, choice: engines.Choice, catalogue: Catalogue) -> None:
        limits = Limits(
            max_in_flight=settings.max_in_flight,
            max_in_flight_per_key=settings.max_in_flight_per_key,
            max_wait_s=settings.max_wait_s,
            segments_per_request=SEGMENTS_AHEAD,
            synthesis_timeout_s=settings.synthesis_timeout_s,
            max_overflow_in_flight=settings.overflow_max_in_flight,
        )
        self.settings = settings
        self.choice = choice
        self.catalogue = catalogue
        spare = settings.rows - settings.workers
        self.board = Scoreboard(settings.workers, limits, keys=len(settings.api_keys), spare=spare)
        self.metrics = Metrics(self.board, choice.engine.name)
        self._deliveries = warm_up.share(choice.engine, catalogue, settings.warm_up)
        self._text = ThreadPoolExecutor(1, "text")  # which has no thread before its first call
        self._sleep = _sleep(settings, choice.engine, self.board)
        self._slot: Slot | None = None
        self._replacing = False

    def crew(self, *, settled: bool) -> Crew:
        if self._sleep is None:
            return Crew(self.settings.workers)
        crew = self._sleep.crew(settled=settled)
        self._replacing = self._replacing or crew.generation != 0
        return crew

    def forking(self, index: int) -> None:
        self.board.claim(index)

    def build(self, index: int) -> ASGIApp:
        self.board.adopt(index)
        self._slot = Slot(self.choice.engine, self.board, index)
        return build(self, self._slot, self._text, index)

    async def boot(self, index: int) -> None:
        began = time.monotonic()
        engine, threads = self.choice.engine, self.settings.threads
        loop = asyncio.get_running_loop()
        if self._has_no_model:
            await loop.run_in_executor(self._text, warm_up.plan, engine, self._deliveries)
            return
        segments, _ = await asyncio.gather(
            loop.run_in_executor(self._text, warm_up.plan, engine, self._deliveries),
            loop.run_in_executor(None, engine.start, threads),
        )
        if not self._replacing or self.board.slots >= self.settings.workers:
            await loop.run_in_executor(None, warm_up.speak, engine, segments)
        took_s = time.monotonic() - began
        log.info("ready", extra={"fields": {"worker": index, "engine": engine.name, "threads": threads, "s": took_s}})

    def ready(self, index: int) -> None:
        assert self._slot is not None
        if self._has_no_model:
            self.board.set_asleep(index)
        else:
            self._slot.start()

    def refused(self, index: int, status: int) -> None:
        meter.refuse(self.metrics.counts.row(index), status)

    def retiring(self, index: int) -> None:
        assert self._slot is not None
        self._slot.retire()

    def draining(self, index: int) -> None:
        self.board.drain(index)

    def ended(self, index: int, failures: int) -> None:
        self._replacing = True  # from now on a worker takes the place of another, which listeners may be waiting for
        self.board.clear(index)
        if self._sleep is not None:
            self._sleep.ended(failures)
        meter.bury(self.metrics.counts.row(index))

    def hurry(self) -> None:
        if self._sleep is not None:
            self._sleep.hurry()

    def stopping(self) -> None:
        if self._sleep is not None:
            self._sleep.stop()

    @property
    def _has_no_model(self) -> bool:
        """In the worker: whether it was forked without."""
        return self._sleep is not None and self._sleep.is_unloaded


def _sleep(settings: Settings, engine: Engine, board: Scoreboard) -> Sleep | None:
    if not settings.idle_unload_s:
        return None
    if not isinstance(engine, Reloadable):
        log.info("idle_unload_s does nothing: the engine %s has no model to unload", engine.name)
        return None
    return Sleep(engine, board, settings)


def build(shared: Speechd, slot: Slot, text: Executor, index: int) -> ASGIApp:
    """The app of worker `index`."""
    row = shared.metrics.counts.row(index)
    settings = shared.settings
    pool = Pool(shared.board, index)
    threads = Threads(text, ThreadPoolExecutor(1, "encode"))
    admission = Admission(shared.board, index)
    overflow = Overflow(settings, admission, row) if settings.overflow_url else None
    api = Api(
        settings,
        shared.choice,
        shared.catalogue,
        shared.board,
        admission,
        overflow,
        pool,
        threads,
        shared.metrics,
        row,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool.open()
        if overflow is not None:
            overflow.open()
        yield
        if overflow is not None:
            await overflow.close()
        await asyncio.get_running_loop().run_in_executor(None, slot.stop)
        pool.close()

    app = Starlette(
        routes=api.routes(),
        middleware=_middleware(settings),
        exception_handlers={
            SpeechdError: _answer,
            HTTPException: _answer_http,
            ClientDisconnect: _answer_nobody,
            Exception: _answer_bug,
        },
        lifespan=lifespan,
    )
    return RequestScope(app, row, warning=shared.choice.warning)


def _middleware(settings: Settings) -> list[Middleware]:
    keys = Middleware(RequireKey, keys=settings.api_keys)
    if not settings.cors_origins:
        return [keys]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["*"],
        max_age=86_400,
    )
    return [cors, keys]


class RequestScope:
    """Around everything: a request id on every response, the warning of a fallback engine, one log line, and requests
    for speech in the metrics."""

    def __init__(self, app: ASGIApp, row: Row, *, warning: str | None) -> None:
        self._app = app
        self._row = row
        self._warning = warning

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id = scope["state"]["id"]
        fields: dict[str, Any] = {"id": id, "method": scope["method"], "path": scope["path"], "status": 0}
        scope["state"].update(log=fields, key=None)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = id
                if self._warning and MARK not in headers:  # else it was not spoken by the engine of which we warn
                    headers["x-speechd-warning"] = self._warning
            await send(message)

        counted = (scope["method"], scope["path"]) == ("POST", SPEECH)
        if counted:
            meter.begin(self._row)
        began = time.monotonic()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if counted:
                meter.end(self._row, fields["status"], fields.get("outcome"), fields.get("reason"))
            fields["duration_s"] = time.monotonic() - began
            level = logging.DEBUG if scope["path"] in ("/health", "/ready", "/metrics") else logging.INFO
            request_log.log(level, "request", extra={"fields": fields})


class RequireKey:
    """401 for paths under /v1 without one of the keys, where there are keys. `state.key` is the key's index."""

    def __init__(self, app: ASGIApp, *, keys: tuple[str, ...]) -> None:
        self._app = app
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._keys and scope["path"].startswith("/v1/"):
            scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
            # All keys are compared, each in constant time, so that timing tells nothing of any.
            matches = [hmac.compare_digest(key, token.strip().encode("latin-1")) for key in self._keys]
            if scheme.lower() != "bearer" or not any(matches):
                error = Unauthorized(
                    "Incorrect API key: send the header 'Authorization: Bearer <key>' with a valid one."
                )
                scope["state"]["log"]["error"] = error.code
                await _response(error)(scope, receive, send)
                return
            scope["state"]["key"] = matches.index(True)
        await self._app(scope, receive, send)


async def _answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpeechdError)
    request.state.log["error"] = error.code or error.type
    if isinstance(error, Unavailable):
        request.state.log["reason"] = error.reason
    return _response(error)


def _response(error: SpeechdError) -> Response:
    return JSONResponse(error.envelope(), error.status, headers=error.headers)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    known: SpeechdError
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow", "")
        known = MethodNotAllowed(f"Not allowed to {request.method} on {path}; use {allow}.", allow=allow)
    elif error.status_code == 404:
        known = NotFound(f"Unknown path {path}: see POST /v1/audio/speech, GET /v1/models, GET /v1/audio/voices.")
    else:
        known = InvalidRequest(error.detail)
    return await _answer(request, known)


async def _answer_nobody(request: Request, error: Exception) -> Response:
    if status := request.scope["state"].get(REFUSED):  # the edge has answered
        return Response(status_code=status)
    request.state.log["outcome"] = "client left"
    return Response(status_code=CLIENT_LEFT)


async def _answer_bug(request: Request, error: Exception) -> Response:
    return await _answer(request, SpeechdError("The server failed on this request; its log has the reason."))
