"""The HTTP edge: one connection, with limits on what its client may send, and on how long it may take.

A connection has one request in hand. h11's parser is fed no further than to its end; what lies behind it is kept as
bytes, within limits, until the response is complete. Reading goes on meanwhile, for only so is it seen that the client
has left. All of a request is due at one deadline. What is refused here is answered in the error envelope like any
other error, and the connection ends with that answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import h11
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr

from speechd.errors import (
    Overloaded,
    RequestTimeout,
    SpeechdError,
    TransferAborted,
    with_jitter,
)
from speechd.server import request_head
from speechd.server.connections import ServerConnections
from speechd.server.exchange import ABORT, CLOSE, Exchange, phrase
from speechd.server.request_limits import InboundRequest, Phase

PIECE_BYTES: Final = 1 << 14
"""What the parser is fed at a time: so much can it look at before limits are."""

WRITE_BUFFER_BYTES: Final = 1 << 14
"""`send` waits while more than this is unwritten. asyncio's 64 KiB would be 1.4 s of PCM believed sent."""

BEHIND_BYTES: Final = 64 << 10
"""What is kept behind the request in hand, of a client that sends ahead. Of one that sends more nothing is kept, and
the response in hand is the last (RFC 9112, section 9.3.2: a client must be prepared to send such requests again)."""

DROPPED_BYTES: Final = 1 << 20
"""What is then read and dropped, until the connection is broken off: only to see that the client has left."""

LINGER_S: Final = 2.0
"""How long the rest of a refused request is read and dropped. Closing at once would send a reset, which can take the
answer away from a client that is still sending (RFC 9112, section 9.6)."""

LINGER_UNSENT_S: Final = 120.0
"""How long it goes on while the client has not been sent all of the response: over so long a listener is looked at for
whether it stands still. What can be unsent takes 20 s at 4 KB/s, under which no reply is served. One that takes nothing
at all is dropped before, by the kernel (`TCP_USER_TIMEOUT`, on Linux)."""

ORIGIN: Final = re.compile(rb"\norigin:[ \t]*([^\r\n]*)[\r\n]", re.IGNORECASE)
"""Of a head that is not parsed."""

log = logging.getLogger("speechd")


class SpeechProtocol(asyncio.Protocol):
    """One connection, as uvicorn makes them. The server's `server_state` must be an `ServerConnections`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerConnections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.transport: asyncio.Transport
        self._config, self._edge, self._app_state = config, server_state, app_state
        self._app = config.loaded_app
        self._loop = _loop or asyncio.get_event_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = False  # whether the timer is the deadline of a request
        self._unparsed = bytearray()
        self._dropped_bytes: int | None = None  # since more was sent behind the request in hand than is kept
        self._held_bytes = 0
        self._deaf = False  # what still arrives is dropped
        self._writable = asyncio.Event()
        self._writable.set()
        self._renew()

    def _renew(self) -> None:
        """Be ready for a request."""
        # A parser for each: it has no more than the one request, and what is left in it is known to lie behind that.
        self._parser = h11.Connection(h11.SERVER, self._edge.limits.header_bytes)
        self._receipt = InboundRequest(self._edge.limits)
        self._exchange: Exchange | None = None
        self._origin = b""
        self._fed = b""  # the last piece, and what the parser had kept until then; empty once it needs more

    # The transport's reports.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._scope: dict[str, Any] = {  # ASGI's, of every request
            "type": "http",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.3"},
            "scheme": "http",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": "",
        }
        if self._edge.admit(self):
            self._edge.connections.add(self)  # type: ignore[arg-type]  # uvicorn's type names its own protocols
            self._edge.rest(self)
            self._expect()
        else:
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        self._edge.connections.discard(self)
        self._edge.leave(self)
        self._stop_timer()
        self._unparsed.clear()
        if self._exchange is not None:
            self._exchange.lose()
        self._renew()
        self._hold()
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._edge.wake(self)
        if self._receipt.part is Phase.WHOLE:
            self._keep(data)
            return
        self._expect()
        self._unparsed += data
        self._parse()

    def eof_received(self) -> bool:
        """The client has closed its side, for the rest of it is not to be told from one that has left. What it is sent
        without further waiting is sent, and the connection closes. Returns whether it does that later."""
        if self._deaf or self._exchange is None or self._receipt.part is not Phase.WHOLE:
            return False
        self._unparsed.clear()
        self._hold()
        self._exchange.keep_alive = False
        self._exchange.leave()
        return True

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def has_unsent(self) -> bool:
        return self.transport.get_write_buffer_size() > 0

    def evict(self) -> None:
        if self.has_unsent():  # to close is to wait until the client has taken it
            self.transport.abort()
        else:
            self.transport.close()

    def shutdown(self) -> None:
        """uvicorn's: close the connection if it is idle, else after the response to what it is sending or being
        sent."""
        self._edge.draining = True
        if self._receipt.part is Phase.NOTHING:
            self.transport.close()
        elif self._exchange is not None:
            self._exchange.keep_alive = False

    # What an exchange asks for.

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    async def writable(self) -> None:
        await self._writable.wait()

    def body_taken(self) -> None:
        self._hold()

    def responded(self) -> None:
        exchange = self._exchange
        assert exchange is not None
        self._edge.total_requests += 1
        self._hold()
        if self.transport.is_closing():
            return
        self._go_on(exchange)
        if self._receipt.part is Phase.NOTHING:
            self._parse()

    def _go_on(self, exchange: Exchange) -> None:
        """The response is complete: end the connection if it was the last, or be ready for another request once this
        one is here to its end."""
        if not exchange.keep_alive or self._parser.our_state is not h11.DONE:
            if self._receipt.part is Phase.WHOLE and not self._is_behind():
                self.transport.close()
            else:
                self._linger()
        elif self._receipt.part is Phase.WHOLE:
            self._renew()

    # Receipt.

    def _parse(self) -> None:
        try:
            while not self._deaf and self._receipt.part is not Phase.WHOLE:
                event = self._parser.next_event()
                if event is h11.NEED_DATA:
                    self._receipt.parsed()
                    if not self._feed():
                        break
                else:
                    self._take(event)
            if self._receipt.part is Phase.WHOLE:
                self._keep(b"")
            elif self._receipt.part is Phase.NOTHING and not self._due:
                self._edge.rest(self)
                self._start_timer(self._config.timeout_keep_alive, self.transport.close)
            if not self._hold():
                raise Overloaded(
                    "The server is receiving too much at once.", reason="memory", retry_after_s=with_jitter(2.0)
                )
        except h11.RemoteProtocolError as error:
            self._refuse(request_head.refusal(error))
        except SpeechdError as error:
            self._refuse(error)

    def _feed(self) -> bool:
        """Feed the parser; returns whether there was anything."""
        if self._receipt.part is Phase.NOTHING:  # empty lines before a request are ignored (RFC 9112, section 2.2)
            self._unparsed = self._unparsed.lstrip(b"\r\n")
        piece = bytes(self._unparsed[:PIECE_BYTES])
        del self._unparsed[:PIECE_BYTES]
        self._fed = self._parser.trailing_data[0] + piece if piece else b""
        if piece:
            self._expect()
            self._receipt.feed(len(piece))
            if self._receipt.part is Phase.HEAD:
                self._receipt.lines(piece)
            self._parser.receive_data(piece)
        return bool(piece)

    def _take(self, event: Any) -> None:
        if type(event) is h11.Request:
            self._begin(event)
        elif type(event) is h11.Data:
            self._receipt.body(len(event.data), starts_chunk=event.chunk_start)
            if self._exchange is not None and not self._exchange.complete:
                self._exchange.body += event.data
        elif type(event) is h11.EndOfMessage:
            self._end(event)

    def _begin(self, request: h11.Request) -> None:
        """A head has arrived: run the app."""
        self._origin = next((value for name, value in request.headers if name == b"origin"), b"")
        head = request_head.read(request)
        self._receipt.head(len(self._parser.trailing_data[0]), head.body_bytes, chunked=head.chunked)
        state = {**self._app_state, "id": _request_id()}
        scope = {**self._scope, **head.scope, "state": state}
        self._exchange = exchange = Exchange(scope, self._parser, self, self._edge.default_headers)
        scope["extensions"] = {ABORT: partial(self._break_off, exchange)}
        exchange.keep_alive = not self._edge.draining
        task = self._loop.create_task(self._run(exchange))
        self._edge.tasks.add(task)
        task.add_done_callback(self._edge.tasks.discard)

    def _end(self, event: h11.EndOfMessage) -> None:
        """The request is here to its end."""
        exchange = self._exchange
        assert exchange is not None
        behind = self._parser.trailing_data[0]
        self._receipt.end(self._fed[: len(self._fed) - len(behind)], list(event.headers))
        self._fed = b""
        self._unparsed[:0] = behind
        self._stop_timer()
        exchange.arrive()
        if exchange.complete:  # an early answer, and the body after it was dropped
            self._go_on(exchange)

    def _keep(self, data: bytes) -> None:
        """Keep what was sent behind the request in hand, or drop it if it is too much."""
        assert self._exchange is not None
        if self._dropped_bytes is not None:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > DROPPED_BYTES:
                self.transport.abort()
            return
        self._unparsed += data
        if len(self._unparsed) > BEHIND_BYTES or not self._hold():
            self._dropped_bytes = 0
            self._unparsed.clear()
            self._hold()
            self._exchange.keep_alive = False

    def _is_behind(self) -> bool:
        """Whether the client has sent more than the request in hand. A line end is none: old clients send one after a
        body (RFC 9112, section 2.2)."""
        return bool(self._unparsed.strip(b"\r\n")) or self._dropped_bytes is not None

    def _hold(self) -> bool:
        """Tell what is held here; returns whether it may be."""
        body_bytes = len(self._exchange.body) if self._exchange is not None else 0
        head_bytes = self._receipt.head_bytes if self._receipt.part is Phase.HEAD else 0
        held_bytes = len(self._unparsed) + body_bytes + head_bytes
        if not self._edge.hold(self._held_bytes, held_bytes):
            return False
        self._held_bytes = held_bytes
        return True

    def _expect(self) -> None:
        """A request is due, all of it, from its first byte or the connection's beginning on."""
        if not self._due:
            self._start_timer(self._edge.limits.receipt_timeout_s, self._overdue)
            self._due = True

    def _overdue(self) -> None:
        if self._receipt.part is Phase.NOTHING:
            self.transport.close()
        else:
            limit_s = self._edge.limits.receipt_timeout_s
            self._refuse(RequestTimeout(f"The request did not arrive within {limit_s:g} s."))

    def _start_timer(self, after_s: float, call: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(after_s, call)

    def _stop_timer(self) -> None:
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Refusals and failures.

    def _turn_away(self) -> None:
        error = Overloaded(
            "The server has as many connections as it can have.", reason="count", retry_after_s=with_jitter(2.0)
        )
        self._refuse(error, log_level=logging.DEBUG)
        if not self._edge.turn_away(self):
            self.transport.close()

    def _refuse(self, error: SpeechdError, *, log_level: int = logging.INFO) -> None:
        """Answer the request that is being received with `error`, and end the connection."""
        exchange = self._exchange
        self._deaf = True
        self._unparsed.clear()
        if self.transport.is_closing():
            return
        if exchange is not None and exchange.complete:  # the body to an early answer
            self._linger()
            return
        if exchange is not None:
            exchange.refuse(error)
            if exchange.started:
                self.transport.abort()
                return
        id = exchange.id if exchange is not None else _request_id()
        fields = {"id": id, "status": error.status, "error": error.code or error.type}
        log.log(log_level, "refused", extra={"fields": fields})
        self._edge.refused(error.status)
        self._answer(error, id)

    def _answer(self, error: SpeechdError, id: str) -> None:
        body = json.dumps(error.envelope()).encode()
        headers = [
            *self._edge.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            CLOSE,
            (b"x-request-id", id.encode()),
            *((name.encode(), value.encode()) for name, value in error.headers.items()),
            *self._edge.cors(self._origin or self._unfinished_origin()),
        ]
        head = b"HTTP/1.1 %d %b\r\n" % (error.status, phrase(error.status))
        self.write(head + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n" + body)
        self._linger()

    def _unfinished_origin(self) -> bytes:
        if self._receipt.part is not Phase.HEAD:
            return b""
        text = self._fed or self._parser.trailing_data[0]
        end = text.find(b"\r\n\r\n")
        match = ORIGIN.search(text, 0, len(text) if end < 0 else end + 2)
        return match[1].rstrip() if match else b""

    def _linger(self) -> None:
        """Close this side, once all is sent; the other one closes, or has its last bytes dropped until time is up."""
        self._deaf = True
        self._unparsed.clear()
        self._hold()
        if self.transport.is_closing() or (self._exchange is not None and self._exchange.left):
            self.transport.close()
            return
        self.transport.write_eof()
        self._start_timer(LINGER_S, partial(self._let_go, self._loop.time() + LINGER_UNSENT_S))

    def _let_go(self, latest: float) -> None:
        """End lingering; as long as there is something unsent, only at this moment of the loop's clock."""
        if self.has_unsent() and self._loop.time() < latest:
            self._start_timer(LINGER_S, partial(self._let_go, latest))
        else:
            self.transport.abort()

    def _break_off(self, exchange: Exchange) -> None:
        """Drop the connection at once: its client must not take what it has for the whole. If it has the whole, the
        connection may be another exchange's already."""
        if not exchange.complete:
            exchange.lose()
            self.transport.abort()

    async def _run(self, exchange: Exchange) -> None:
        """Run the app, and see to what it raises: something for the client, and something for the log."""
        try:
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except asyncio.CancelledError:
            if not exchange.complete:
                log.warning("cut off: the grace period is over")
            self._break_off(exchange)
        except Exception as error:  # Whatever an app raises, its server goes on.
            if exchange.lost:
                return
            expected = isinstance(error, (SpeechdError, TransferAborted))
            fields = {"id": exchange.id}
            log.error("failed: %s", error, exc_info=None if expected else error, extra={"fields": fields})
            self._fail(exchange, error if isinstance(error, SpeechdError) else SpeechdError("The server failed."))
        else:
            if exchange.left:
                self._break_off(exchange)
            elif not (exchange.complete or exchange.lost):
                log.error("failed: the app ended without a response", extra={"fields": {"id": exchange.id}})
                self._fail(exchange, SpeechdError("The server failed."))

    def _fail(self, exchange: Exchange, error: SpeechdError) -> None:
        if exchange.started:
            self._break_off(exchange)
        else:
            exchange.lose()
            self._answer(error, exchange.id)


def _request_id() -> str:
    return f"req_{secrets.token_hex(12)}"
