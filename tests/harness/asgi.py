"""An ASGI app's answer to one request, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from speechd.context import STATE_KEY, RequestContext
from speechd.server.exchange import ABORT
from speechd.server.session import IN_USE


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. headers: by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, which is JSON."""
        return json.loads(self.body)


def scope(method: str = "GET", path: str = "/", headers: Mapping[str, str] | None = None) -> Scope:
    """A scope as the server makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8880),
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "state": {"id": "req_1"},
        "extensions": {ABORT: lambda: None},
    }


def websocket_scope(path: str = "/", headers: Mapping[str, str] | None = None, query: str = "") -> Scope:
    """A scope of a WebSocket as the server makes it."""
    own = {"type": "websocket", "query_string": query.encode(), "subprotocols": []}
    extensions = {"websocket.http.response": {}, ABORT: lambda: None, IN_USE: lambda in_use: None}
    return {**scope("GET", path, headers), **own, "extensions": extensions}


def with_context(made: Scope) -> RequestContext:
    """The context that is put into a scope, as the outermost middleware does."""
    context = RequestContext(id="req_1", method=made["method"], path=made["path"], abort=lambda: None)
    made["state"][STATE_KEY] = context
    return context


def answer(app: ASGIApp, made: Scope, body: bytes = b"") -> Answer:
    """What an app answers to a request that is here as a whole, and whose client stays."""
    sent: list[Message] = []
    first: Message = {"type": "http.request", "body": body, "more_body": False}
    if made["type"] == "websocket":
        first = {"type": "websocket.connect"}
    received = iter([first])

    async def receive() -> Message:
        if (message := next(received, None)) is None:
            await asyncio.Event().wait()
        assert message is not None
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        async with asyncio.timeout(60):
            await app(made, receive, send)

    asyncio.run(call())
    start, *rest = sent
    if start["type"] == "websocket.accept":
        start["status"] = 101
        rest = [message for message in rest if "body" in message]
    headers = {name.decode(): value.decode() for name, value in start.get("headers", ())}
    return Answer(start["status"], headers, b"".join(message["body"] for message in rest))
