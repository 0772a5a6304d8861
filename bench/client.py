"""One request as its listener receives it: status, headers, and which bytes came when.

Costs little, because a benchmark's client shares the machine with its server: one `asyncio.Protocol` per connection,
over a parser in C.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import httptools


class Arrival(NamedTuple):
    """Bytes of the body received by a moment, all together."""

    at_s: float
    total: int


@dataclass(slots=True)
class Reply:
    """What became of one request. Moments are seconds of `time.monotonic()`.

    status: 0 if none came; complete: the body ended as HTTP says it does; error: why it did not; port: the
    connection's own, which tells the server's processes apart.
    """

    sent_s: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    ended_s: float = 0.0
    complete: bool = False
    error: str = ""
    port: int = 0

    @property
    def spoken(self) -> bool:
        """Whether it is a complete reply of audio."""
        return self.complete and self.status == 200

    @property
    def refused(self) -> bool:
        """Whether the server said that it has no room."""
        return self.status in (429, 503)

    @property
    def retry_after_s(self) -> float | None:
        """When the server asks to come back, if it does."""
        text = self.headers.get("retry-after-ms")
        try:
            return float(text) / 1000 if text is not None else float(self.headers["retry-after"])
        except (KeyError, ValueError):
            return None


class Client:
    """One listener's connection to a server: one request at a time, over the same connection while the server lets it,
    or each over its own. Closed by `close`, or at once by cancelling `speak`."""

    def __init__(self, url: str, *, api_key: str | None = None, keep_alive: bool = True) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._keep_alive = keep_alive
        lines = [f"Host: {parts.netloc}", "Accept: */*", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
        lines += [f"Authorization: Bearer {api_key}"] if api_key else []
        self._lines = "\r\n".join(lines)
        self._prefix = parts.path.rstrip("/").removesuffix("/v1")
        self._wire: _Wire | None = None

    async def speak(self, fields: dict[str, object], timeout_s: float = 120.0) -> Reply:
        """`POST /v1/audio/speech`. Whatever goes wrong is in the reply."""
        body = json.dumps(fields).encode()
        head = f"POST {self._prefix}/v1/audio/speech HTTP/1.1\r\n{self._lines}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return await self._ask(head.encode() + body, timeout_s)

    async def get(self, path: str, timeout_s: float = 10.0) -> Reply:
        """`GET` of a path."""
        return await self._ask(f"GET {self._prefix}{path} HTTP/1.1\r\n{self._lines}\r\n\r\n".encode(), timeout_s)

    async def json(self, path: str) -> dict[str, Any]:
        """The object that is at a path; raises `ValueError` if nothing whole is."""
        reply = await self.get(path)
        value: dict[str, Any] = json.loads(reply.body)
        return value

    def close(self) -> None:
        """Leave, whatever is under way."""
        if self._wire is not None:
            self._wire.transport.abort()
            self._wire = None

    async def _ask(self, request: bytes, timeout_s: float) -> Reply:
        reply = Reply(time.monotonic())
        try:
            async with asyncio.timeout(timeout_s):
                wire = await self._connected()
                reply.port = wire.port
                await wire.ask(request, reply)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            reply.error = f"{type(error).__name__}: {error}"
        finally:
            reply.ended_s = time.monotonic()
            if not (reply.complete and self._keep_alive and self._wire and self._wire.reusable):
                self.close()
        return reply

    async def _connected(self) -> _Wire:
        if self._wire is None or self._wire.transport.is_closing():
            context = ssl.create_default_context() if self._tls else None
            loop = asyncio.get_running_loop()
            _, self._wire = await loop.create_connection(_Wire, self._host, self._port, ssl=context)
        return self._wire


class _Wire(asyncio.Protocol):
    """The connection: fills in the reply as the bytes come."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.reusable = False
        self.port = 0
        self._reply: Reply | None = None
        self._over: asyncio.Future[None] | None = None

    async def ask(self, request: bytes, reply: Reply) -> None:
        """Send a request; return at the end of its reply, complete or not."""
        self._reply = reply
        self._parser = httptools.HttpResponseParser(self)
        self._over = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self.connection_lost(None)
        self.transport.write(request)
        await self._over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.port = transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        reply = self._reply
        if reply is None:
            return
        now_s, before = time.monotonic(), len(reply.body)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
        if len(reply.body) > before:
            reply.arrivals.append(Arrival(now_s, len(reply.body)))

    def connection_lost(self, error: Exception | None) -> None:
        reply = self._reply
        if reply is not None and not reply.complete:
            # Without a length and without chunks, the end of the connection is the end of the body.
            framed = "content-length" in reply.headers or "transfer-encoding" in reply.headers
            reply.complete = error is None and reply.status != 0 and not framed
            self._end(None if reply.complete else error or ConnectionResetError("the server closed the connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        assert self._reply is not None
        self._reply.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._reply is not None
        self._reply.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        assert self._reply is not None
        self._reply.body += body

    def on_message_complete(self) -> None:
        assert self._reply is not None
        self._reply.complete = True
        self.reusable = self._parser.should_keep_alive()
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._over is not None and not self._over.done():
            if error is None:
                self._over.set_result(None)
            else:
                self._over.set_exception(error)
