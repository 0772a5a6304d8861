"""What is answered to an error: the status and envelope that it knows, whatever raised it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from speechd.api import paths
from speechd.api.cors import SETTING
from speechd.api.error_dialects import dialect
from speechd.context import Outcome, RequestContext
from speechd.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    SpeechdError,
    Unavailable,
    UpgradeRequired,
    shorten,
)
from speechd.server.exchange import REFUSED

CLIENT_LEFT: Final = 499
"""nginx's status for a client that closed its connection before it was answered; for the log only."""


def error_response(error: SpeechdError, context: RequestContext) -> Response:
    """The response to an error, which is written down in the request's context."""
    context.error = error.code or error.type
    if isinstance(error, Unavailable):
        context.reason = error.reason
    body = error.envelope() | dialect(context.path, error)
    return JSONResponse(body, error.status, headers=error.headers)


async def _speechd_error(request: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, SpeechdError)
    context = RequestContext.of(request.scope)
    if context.status and request.scope["type"] == "websocket":  # it is open: the server closes it
        raise error
    return error_response(error, context)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = shorten(request.url.path)
    known: SpeechdError
    if error.status_code == 405:
        allow = ", ".join(sorted(allowed_methods(request)))
        hint = f" Web pages may call once their origin is in {SETTING}." if is_preflight(request) else ""
        known = MethodNotAllowed(f"Not allowed to {request.method} on {path}; use {allow}.{hint}", allow=allow)
    elif error.status_code == 404:
        known = _not_found(request, path)
    else:
        known = InvalidRequest(error.detail)
    return await _speechd_error(request, known)


def _not_found(request: HTTPConnection, path: str) -> SpeechdError:
    if request.scope["type"] == "websocket":
        return NotFound(f"No WebSocket is at {path}.")
    as_websocket = {**request.scope, "type": "websocket"}
    if any(route.matches(as_websocket)[0] is Match.FULL for route in request.app.routes):
        return UpgradeRequired(
            f"{path} is a WebSocket. If yours is one, a proxy on its way drops the headers 'Upgrade' and 'Connection'."
        )
    return NotFound(f"Unknown path {path}: see POST {paths.SPEECH}, GET {paths.MODELS}, GET {paths.VOICES}.")


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """What answers a path that is none, as Starlette's `default`: an error as for all others, to WebSockets too."""
    raise HTTPException(status_code=404)


def allowed_methods(request: Request) -> set[str]:
    """What the path of this request can be asked with, of all its routes."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in found for method in route.methods or ()}


def is_preflight(request: Request) -> bool:
    """Whether a browser asks in this request what a page may do (Fetch, "CORS-preflight request")."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


async def _client_disconnect(request: Request, _: Exception) -> Response:
    if error := request.scope["state"].get(REFUSED):  # the client has not left: its connection has answered it
        return await _speechd_error(request, error)
    RequestContext.of(request.scope).outcome = Outcome.CLIENT_LEFT
    return Response(status_code=CLIENT_LEFT)


async def _bug(request: Request, error: Exception) -> Response:
    failed = SpeechdError("The server failed on this request; its log has the reason.")
    return await _speechd_error(request, failed)


HANDLERS: Final[Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]] = {
    SpeechdError: _speechd_error,
    HTTPException: _http_exception,
    ClientDisconnect: _client_disconnect,
    Exception: _bug,
}
"""Starlette's `exception_handlers`: what answers which error."""
