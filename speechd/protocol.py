"""The HTTP edge: uvicorn's protocol with limits on what a client may send, and on how long it may take.

A connection receives one request at a time (see `Receipt`) and all of it is due at one deadline. What is
refused here is answered in the error envelope like any other error, and the connection ends with that answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from speechd.errors import BrokenOff, InvalidRequest, ReceiptTimeout, SpeechdError
from speechd.receipt import REFUSED, Limits, Part, Receipt

ABORT: Final = "speechd.abort"
"""Key in `scope["extensions"]`: a callable that drops the connection at once, with what its client has not taken."""

PIECE_BYTES: Final = 1 << 14
"""What the parser is fed at a time: by so much can headers exceed their limit before it is noticed."""

WRITE_BUFFER_BYTES: Final = 1 << 14
"""`send` waits while more than this is unwritten. asyncio's 64 KiB would be 1.4 s of PCM believed sent."""

UPGRADE_HEADERS: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""Those by which a client asks for another protocol."""

LINGER_S: Final = 2.0
"""How long the rest of a refused request is read and dropped. Closing at once would send a reset, which can take the
answer away from a client that is still sending (RFC 9112, section 9.6)."""

log = logging.getLogger("speechd")


class Edge(ServerState):
    """What the connections of a worker share. While `draining`, each connection ends with its current response.

    refused: told the status of each request that is refused here.
    """

    def __init__(self, limits: Limits, refused: Callable[[int], None]) -> None:
        super().__init__()
        self.limits = limits
        self.refused = refused
        self.draining = False


class SpeechProtocol(HttpToolsProtocol):
    """One connection. The server's `server_state` must be an `Edge`."""

    def __init__(
        self,
        config: Config,
        server_state: Edge,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._edge = server_state
        self._receipt = Receipt(server_state.limits)
        self._deadline: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None  # the exchange whose response is sent next, or was sent last
        self._deaf = False  # what still arrives is dropped

    # The connection.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            # uvicorn tells the exchange of the latest request, which may be another.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._deaf:
            return
        self._start_deadline()
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            # The parser wraps what our callbacks raise.
            refusal = error.__context__
            self._refuse(refusal if isinstance(refusal, SpeechdError) else InvalidRequest("This is not valid HTTP."))
        except SpeechdError as error:
            self._refuse(error)

    def shutdown(self) -> None:
        """Close the connection if it is idle, else after the response to what it is sending or being sent."""
        self._edge.draining = True
        if self._receipt.part is Part.NOTHING:
            super().shutdown()
        elif self._receipt.part is Part.BODY:
            self.cycle.keep_alive = False

    # The parser's reports, in their order.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["id"] = _request_id()
        self.scope["extensions"] = {ABORT: self._break_off}  # type: ignore[dict-item]  # uvicorn's type is narrower
        self._receipt.begin()
        self._start_deadline()

    def on_url(self, url: bytes) -> None:
        self._receipt.head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._receipt.head(len(name) + len(value) + len(b": \r\n"))
        if self._receipt.part is Part.HEAD:  # else a trailer after a chunked body, which is not to pass for a header
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise InvalidRequest("This server is no proxy.")
            return  # `_feed` starts anew, without the upgrade
        self._receipt.expect_body(next((int(value) for name, value in self.headers if name == b"content-length"), 0))
        super().on_headers_complete()
        self._receipt.begin_body()
        if self._edge.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._receipt.body(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._receipt.end()
        self._stop_deadline()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._receipt.part is not Part.NOTHING and not self._deaf and not self.transport.is_closing():
            # Of a request sent ahead only the rest is awaited, and only from now on.
            self._stop_deadline()
            self._start_deadline()

    # Receipt.

    def _feed(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            self._receipt.feed(len(piece))
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                # No protocol to upgrade to is spoken here, so the wish is ignored (RFC 9110, section 7.8). Java's
                # client sends it with every request. But the parser has passed over the body, which is fed again.
                self.parser, head = httptools.HttpRequestParser(self), self._head_without_upgrade()
                self._feed(head + piece[upgrade.args[0] :])
            self._receipt.fed()

    def _head_without_upgrade(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] not in UPGRADE_HEADERS]
        if not self.parser.should_keep_alive():
            lines.append(b"connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._edge.limits.receipt_timeout_s, self._deadline_passed)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _deadline_passed(self) -> None:
        self._deadline = None
        if self._answering_another():
            self._start_deadline()  # A request sent ahead: it is this side that does not read it.
        elif self._receipt.part is Part.NOTHING:
            self.transport.close()
        else:
            limit_s = self._edge.limits.receipt_timeout_s
            self._refuse(ReceiptTimeout(f"The request did not arrive within {limit_s:g} s."))

    # Refusals and failures.

    def _answering_another(self) -> bool:
        """Whether the response under way is not to the request that is being received."""
        running = self._running
        received = self.cycle if self._receipt.part is Part.BODY else None
        return running is not None and running is not received and not running.response_complete

    def _refuse(self, error: SpeechdError) -> None:
        """Answer the request that is being received with `error`, and end the connection."""
        if self.transport.is_closing():
            return
        self._deaf = True
        self._stop_deadline()
        if self._answering_another():
            # An answer would land in the middle of that response: the connection ends with it, unanswered.
            assert self._running is not None
            self.pipeline.clear()
            self._running.keep_alive = False
            return
        if self._receipt.part is Part.BODY:
            # The app that waits for the body is to know that it is not the client who has left.
            self.cycle.scope["state"][REFUSED] = error.status
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started and not self.cycle.response_complete:
                self.transport.abort()
                return
            if self.cycle.response_complete:
                self._linger()
                return
        id = _request_id() if self._receipt.part is Part.NOTHING else self.scope["state"]["id"]
        log.info("refused", extra={"fields": {"id": id, "status": error.status, "error": error.code or error.type}})
        self._edge.refused(error.status)
        self._answer(error, id)

    def _answer(self, error: SpeechdError, id: str) -> None:
        body = json.dumps(error.envelope()).encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
            (b"x-request-id", id.encode()),
            *((name.encode(), value.encode()) for name, value in error.headers.items()),
        ]
        head = STATUS_LINE[error.status] + b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(head + b"\r\n" + body)
        self._linger()

    def _linger(self) -> None:
        """Close this side; the other one closes, or has its last bytes dropped until time is up."""
        self._deaf = True
        self.flow.resume_reading()
        self.transport.write_eof()
        self._stop_deadline()
        self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)

    def _break_off(self) -> None:
        """Drop the connection at once: its client must not take what it has for the whole."""
        if self._running is not None:
            self._running.disconnected = True
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, partial(self._run, cycle, app))

    async def _run(
        self,
        cycle: RequestResponseCycle,
        app: ASGI3Application,
        scope: Scope,
        receive: ASGIReceiveCallable,
        send: ASGISendCallable,
    ) -> None:
        """Run the app, and see to what it raises: something for the client, and something for the log."""
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            log.warning("cut off: the grace period is over")
            self._break_off()
        except Exception as error:  # Whatever an app raises, its server goes on.
            if cycle.disconnected:
                return
            id = cycle.scope["state"]["id"]
            expected = isinstance(error, (SpeechdError, BrokenOff))
            log.error("failed: %s", error, exc_info=None if expected else error, extra={"fields": {"id": id}})
            if cycle.response_started:
                self._break_off()
            else:
                cycle.response_started = cycle.response_complete = True
                self._answer(error if isinstance(error, SpeechdError) else SpeechdError("The server failed."), id)


def _request_id() -> str:
    return f"req_{secrets.token_hex(12)}"
