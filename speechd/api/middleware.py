"""What is around every request: its context with its log line and counts, the rules for web pages, and its API key."""

from __future__ import annotations

import logging
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speechd.api import credentials, paths
from speechd.api.browser import Policy
from speechd.api.cors import Cors
from speechd.api.error_handlers import error_response
from speechd.config.settings import Settings
from speechd.context import STATE_KEY, Outcome, RequestContext
from speechd.errors import Unauthorized
from speechd.metrics import recording
from speechd.metrics.counters import WorkerCounters
from speechd.server.exchange import ABORT
from speechd.server.session import ClientTooSlow

REQUESTS: Final = ("http", "websocket")
"""ASGI's scopes that a client's request begins."""

ANSWERS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")
"""ASGI's messages that begin the answer to one."""

SWITCHING_PROTOCOLS: Final = 101
"""Status of a request whose connection has become a WebSocket."""

request_log = logging.getLogger("speechd.request")


def middleware(settings: Settings) -> list[Middleware]:
    """The middleware inside of Starlette's application, the outermost first."""
    open_lists = settings.key_for_lists == "no"
    inner = [
        Middleware(RefusePages, policy=Policy.of(settings)),
        Middleware(RequireKey, keys=settings.api_keys, open_lists=open_lists),
    ]
    return [Middleware(Cors, origins=settings.cors_origins), *inner] if settings.cors_origins else inner


class RequestScope:
    """The outermost middleware: it gives each request its context, and each response its id and the warning of a
    fallback engine. A request ends with a log line; those for speech are counted. A WebSocket is one request, to its
    end."""

    def __init__(self, app: ASGIApp, counters: WorkerCounters, *, warning: str | None) -> None:
        self._app = app
        self._counters = counters
        self._warning = warning

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in REQUESTS:
            await self._app(scope, receive, send)
            return
        # Served as it is meant: no redirection may lead to where the client's Host header says.
        scope["path"] = paths.canonical(scope["path"])
        context = RequestContext(
            id=scope["state"]["id"], method=scope["method"], path=scope["path"], abort=scope["extensions"][ABORT]
        )
        scope["state"][STATE_KEY] = context

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ANSWERS:
                context.status = message.get("status", SWITCHING_PROTOCOLS)
                message.setdefault("headers", [])
                self._add_headers(MutableHeaders(scope=message), context)
            try:
                await send(message)
            except ClientTooSlow:
                context.outcome = Outcome.CLIENT_TOO_SLOW
                raise

        is_speech = paths.is_speech(context.method, context.path)
        if is_speech:
            recording.request_started(self._counters)
        began = time.monotonic()
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            context.duration_s = time.monotonic() - began
            if is_speech:
                recording.request_ended(self._counters, context)
            level = logging.DEBUG if context.path in paths.PROBES else logging.INFO
            kind = "session" if context.status == SWITCHING_PROTOCOLS else "request"
            request_log.log(level, kind, extra={"fields": context.log_fields()})

    def _add_headers(self, headers: MutableHeaders, context: RequestContext) -> None:
        headers[paths.REQUEST_ID_HEADER] = context.id
        if self._warning and paths.OVERFLOW_HEADER not in headers:  # upstream's speech is not of our engine
            headers[paths.WARNING_HEADER] = self._warning


class RefusePages:
    """A 403 for web pages that may not call."""

    def __init__(self, app: ASGIApp, *, policy: Policy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in REQUESTS:
            path = paths.API_PREFIX[0] if scope["type"] == "websocket" else scope["path"]  # all are for speech
            error = self._policy.refusal(scope["method"], path, Headers(scope=scope))
            if error is not None:
                await error_response(error, RequestContext.of(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class RequireKey:
    """A 401 for requests under /v1, and for WebSockets, without one of the keys, if there are keys. On any path, a
    valid key's number goes into the request's context. open_lists: models and voices are listed without one."""

    def __init__(self, app: ASGIApp, *, keys: tuple[str, ...], open_lists: bool = False) -> None:
        self._app = app
        self._open_lists = open_lists
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in REQUESTS and self._keys:
            context = RequestContext.of(scope)
            context.key = credentials.key_number(scope, self._keys)
            if context.key is None and (scope["type"] == "websocket" or self._needs_key(context)):
                error = Unauthorized(
                    "Incorrect API key: send the header 'Authorization: Bearer <key>' with a valid one."
                )
                await error_response(error, context)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _needs_key(self, context: RequestContext) -> bool:
        if context.method == "OPTIONS":  # browsers send it without a key, and nothing is done for it
            return False
        if self._open_lists and paths.is_list(context.method, context.path):
            return False
        return context.path.startswith(paths.API_PREFIX)
