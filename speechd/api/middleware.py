"""Around every request: its id, its log line and counts, its key; and what errors are answered."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speechd.api.browser import Policy
from speechd.api.overflow.overflow import OVERFLOW_HEADER
from speechd.api.routes import SPEECH
from speechd.config.settings import Settings
from speechd.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    SpeechdError,
    Unauthorized,
    Unavailable,
    shorten,
)
from speechd.metrics import recording
from speechd.metrics.counters import WorkerCounters
from speechd.server.request_limits import REFUSED

CLIENT_LEFT: Final = 499
"""nginx's status for a client that closed its connection before it was answered; for the log alone."""

request_log = logging.getLogger("speechd.request")


def middleware(settings: Settings) -> list[Middleware]:
    """What Starlette puts around its routes."""
    inner = [Middleware(RefusePages, policy=Policy.of(settings)), Middleware(RequireKey, keys=settings.api_keys)]
    if not settings.cors_origins:
        return inner
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["*"],
        max_age=86_400,
    )
    return [cors, *inner]


class RequestScope:
    """Around everything: a request id on every response, the warning of a fallback engine, one log line, and requests
    for speech in the metrics."""

    def __init__(self, app: ASGIApp, row: WorkerCounters, *, warning: str | None) -> None:
        self._app = app
        self._row = row
        self._warning = warning

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A slash at the end means nothing, and no redirection is to lead to where the client's Host header says.
        scope["path"] = scope["path"].rstrip("/") or "/"
        id = scope["state"]["id"]
        fields: dict[str, Any] = {"id": id, "method": scope["method"], "path": scope["path"], "status": 0}
        scope["state"].update(log=fields, key=None)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = id
                if (
                    self._warning and OVERFLOW_HEADER not in headers
                ):  # else it was not spoken by the engine of which we warn
                    headers["x-speechd-warning"] = self._warning
            await send(message)

        counted = (scope["method"], scope["path"]) == ("POST", SPEECH)
        if counted:
            recording.begin(self._row)
        began = time.monotonic()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if counted:
                recording.end(self._row, fields["status"], fields.get("outcome"), fields.get("reason"))
            fields["duration_s"] = time.monotonic() - began
            level = logging.DEBUG if scope["path"] in ("/health", "/ready", "/metrics") else logging.INFO
            request_log.log(level, "request", extra={"fields": fields})


class RefusePages:
    """403 for web pages that may not call."""

    def __init__(self, app: ASGIApp, *, policy: Policy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            error = self._policy.refusal(scope["method"], scope["path"], Headers(scope=scope))
            if error is not None:
                await _refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)


class RequireKey:
    """401 for paths under /v1 without one of the keys, where there are keys. `state.key` is the key's index, on any
    path."""

    def __init__(self, app: ASGIApp, *, keys: tuple[str, ...]) -> None:
        self._app = app
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._keys:
            scope["state"]["key"] = key = self._key(Headers(scope=scope).get("authorization", ""))
            if key is None and scope["path"].startswith("/v1/"):
                error = Unauthorized(
                    "Incorrect API key: send the header 'Authorization: Bearer <key>' with a valid one."
                )
                await _refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _key(self, authorization: str) -> int | None:
        scheme, _, token = authorization.partition(" ")
        # All keys are compared, each in constant time, so that timing tells nothing of any.
        matches = [hmac.compare_digest(key, token.strip().encode("latin-1")) for key in self._keys]
        return matches.index(True) if scheme.lower() == "bearer" and any(matches) else None


async def _refuse(error: SpeechdError, scope: Scope, receive: Receive, send: Send) -> None:
    scope["state"]["log"]["error"] = error.code
    await _response(error)(scope, receive, send)


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
    path = shorten(request.url.path)
    known: SpeechdError
    if error.status_code == 405:
        allow = (error.headers or {}).get("Allow", "")
        known = MethodNotAllowed(f"Not allowed to {request.method} on {path}; use {allow}.", allow=allow)
    elif error.status_code == 404:
        known = NotFound(f"Unknown path {path}: see POST /v1/audio/speech, GET /v1/models, GET /v1/audio/voices.")
    else:
        known = InvalidRequest(error.detail)
    return await _answer(request, known)


async def _answer_nobody(request: Request, _: Exception) -> Response:
    if error := request.scope["state"].get(REFUSED):  # the edge has answered
        return await _answer(request, error)
    request.state.log["outcome"] = "client left"
    return Response(status_code=CLIENT_LEFT)


async def _answer_bug(request: Request, error: Exception) -> Response:
    return await _answer(request, SpeechdError("The server failed on this request; its log has the reason."))


HANDLERS: Final[Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]] = {
    SpeechdError: _answer,
    HTTPException: _answer_http,
    ClientDisconnect: _answer_nobody,
    Exception: _answer_bug,
}
"""Starlette's table of what answers which error."""
