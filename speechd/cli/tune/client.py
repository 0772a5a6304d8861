"""HTTP client that measures: status, headers, and which bytes of a response came when.

It costs little, because a client that measures shares the machine with its server: one `asyncio.Protocol` for each
connection, over a parser in C.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

import httptools

SPEECH: Final = "/v1/audio/speech"


class Arrival(NamedTuple):
    """A moment (`time.monotonic()`), and how many bytes of the body had come by then."""

    at_s: float
    total: int


@dataclass(slots=True)
class Response:
    """A response as its client received it. Moments are seconds of `time.monotonic()`.

    status: 0 if none came. complete: whether the body ended as HTTP says it does (RFC 9112, section 8). error: why it
    did not. port: the client's own, which tells the connections of different worker processes apart.
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
    def ok(self) -> bool:
        """Whether it is complete and its status 200."""
        return self.complete and self.status == 200

    @property
    def refused(self) -> bool:
        """Whether the server said that it has no room."""
        return self.status in (429, 503)

    @property
    def retry_after_s(self) -> float | None:
        """Seconds after which the server asks its client to come back, if it does."""
        text = self.headers.get("retry-after-ms")
        try:
            return float(text) / 1000 if text is not None else float(self.headers["retry-after"])
        except (KeyError, ValueError):
            return None


class Client:
    """A connection to a server for one request at a time: kept while the server allows it, or a new one for each.

    Closed by `close`, or by cancelling a request.
    """

    def __init__(
        self, url: str, *, api_key: str | None = None, keep_alive: bool = True, headers: Mapping[str, str] | None = None
    ) -> None:
        """headers: of each request, besides those that it has anyway."""
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._keep_alive = keep_alive
        lines = [f"Host: {parts.netloc}", "Accept: */*", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
        lines += [f"Authorization: Bearer {api_key}"] if api_key else []
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._lines = "\r\n".join(lines)
        self._prefix = parts.path.rstrip("/").removesuffix("/v1")
        self._connection: _Connection | None = None

    async def speak(
        self, fields: dict[str, object], timeout_s: float = 120.0, response: Response | None = None
    ) -> Response:
        """`POST /v1/audio/speech`. What goes wrong is in the response.

        response: the one to fill in, for a caller that looks at it before its end.
        """
        body = json.dumps(fields).encode()
        head = f"POST {self._prefix}{SPEECH} HTTP/1.1\r\n{self._lines}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return await self._request(head.encode() + body, timeout_s, response or Response(0.0))

    async def get(self, path: str, timeout_s: float = 10.0) -> Response:
        """`GET` of a path."""
        request = f"GET {self._prefix}{path} HTTP/1.1\r\n{self._lines}\r\n\r\n".encode()
        return await self._request(request, timeout_s, Response(0.0))

    async def json(self, path: str) -> dict[str, Any]:
        """The JSON object at a path. Raises `ValueError` if the body is none."""
        response = await self.get(path)
        value: dict[str, Any] = json.loads(response.body)
        return value

    def close(self) -> None:
        """Close the connection at once."""
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    async def _request(self, request: bytes, timeout_s: float, response: Response) -> Response:
        response.sent_s = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                connection = await self._connected()
                response.port = connection.port
                await connection.exchange(request, response)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            response.error = f"{type(error).__name__}: {error}"
        finally:
            response.ended_s = time.monotonic()
            if not (response.complete and self._keep_alive and self._connection and self._connection.reusable):
                self.close()
        return response

    async def _connected(self) -> _Connection:
        if self._connection is None or self._connection.transport.is_closing():
            context = ssl.create_default_context() if self._tls else None
            loop, connection = asyncio.get_running_loop(), _Connection()
            try:
                await loop.create_connection(lambda: connection, self._host, self._port, ssl=context)
            except asyncio.CancelledError:
                connection.abort()  # it may be there already, and nobody else knows of it
                raise
            self._connection = connection
        return self._connection


class _Connection(asyncio.Protocol):
    """Connection that fills in a response as its bytes come."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self.reusable = False
        self.port = 0
        self._response: Response | None = None
        self._over: asyncio.Future[None] | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport of a connection that was made."""
        assert self._transport is not None
        return self._transport

    def abort(self) -> None:
        """Close it at once, if it was made."""
        if self._transport is not None:
            self._transport.abort()

    async def exchange(self, request: bytes, response: Response) -> None:
        """Send a request, and return at the end of its response, complete or not."""
        self._response = response
        self._parser = httptools.HttpResponseParser(self)
        self._over = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self.connection_lost(None)
        self.transport.write(request)
        await self._over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.port = transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        response = self._response
        if response is None:
            return
        now_s, before = time.monotonic(), len(response.body)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
        if len(response.body) > before:
            response.arrivals.append(Arrival(now_s, len(response.body)))

    def connection_lost(self, error: Exception | None) -> None:
        response = self._response
        if response is not None and not response.complete:
            # Without a length and without chunks, the end of the connection is the end of the body.
            framed = "content-length" in response.headers or "transfer-encoding" in response.headers
            response.complete = error is None and response.status != 0 and not framed
            self._end(None if response.complete else error or ConnectionResetError("the server closed the connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        assert self._response is not None
        self._response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._response is not None
        self._response.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        assert self._response is not None
        self._response.body += body

    def on_message_complete(self) -> None:
        assert self._response is not None
        self._response.complete = True
        self.reusable = self._parser.should_keep_alive()
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._over is not None and not self._over.done():
            if error is None:
                self._over.set_result(None)
            else:
                self._over.set_exception(error)
