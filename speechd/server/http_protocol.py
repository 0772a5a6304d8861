"""HTTP/1.1 on one connection, with limits on what its client may send, and on how long it may take.

A connection has one request in hand. The parser is fed no further than to its end; what lies behind it is kept as
bytes, within limits, until the response is complete. Reading goes on meanwhile, for only so is it seen that the client
has left. All of a request is due at one deadline. What is refused here is answered in the error envelope like any
other error, and the connection ends with that answer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import h11
from uvicorn.config import Config

from speechd.errors import SpeechdError
from speechd.server import handshake, refusals
from speechd.server.base_connection import WRITE_BUFFER_BYTES, BaseConnection
from speechd.server.connections import ServerConnections
from speechd.server.error_response import error_response
from speechd.server.exchange import Exchange, connection_scope, request_id
from speechd.server.lingering import linger
from speechd.server.read_ahead import ReadAhead
from speechd.server.request_head import Head
from speechd.server.request_limits import Phase
from speechd.server.request_parser import Body, End, RequestParser
from speechd.server.timer import Timer
from speechd.server.websocket import WebSocketConnection

log = logging.getLogger("speechd")


class SpeechProtocol(BaseConnection):
    """One connection, as uvicorn makes them. The server's `server_state` must be a `ServerConnections`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerConnections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        super().__init__(server_state)
        self._config, self._app_state = config, app_state
        self._timer = Timer(_loop or asyncio.get_event_loop())
        self._read_ahead = ReadAhead()
        self._discarding = False  # what still arrives is discarded
        self._handed_over = False  # the connection is a WebSocket's
        self._renew()

    def _renew(self) -> None:
        """Be ready for a request."""
        self._request = RequestParser(self._connections.limits)
        self._exchange: Exchange | None = None
        self._websocket_scope: dict[str, Any] | None = None  # of a request for a WebSocket

    # The transport's reports.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._scope = connection_scope(transport, self._config.asgi_version)
        if self._connections.admit(self):
            self._connections.set_idle(self)
            self._expect()
        else:
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.remove(self)
        self._timer.stop()
        self._read_ahead.clear()
        if self._exchange is not None:
            self._exchange.lose()
        self._renew()
        self._hold()
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._connections.set_busy(self)
        if self._request.phase is Phase.WHOLE:
            self._keep(data)
            return
        self._expect()
        self._read_ahead.add(data)
        self._parse()

    def eof_received(self) -> bool:
        """Take note that the client has closed its side. One that still reads cannot be told from one that has left:
        what it is sent without further waiting is sent, and the connection closes. Returns whether it does that later.
        """
        if self._discarding or self._exchange is None or self._request.phase is not Phase.WHOLE:
            return False
        self._read_ahead.clear()
        self._hold()
        self._exchange.keep_alive = False
        self._exchange.leave()
        return True

    # What the server's connections and uvicorn ask for.

    def evict(self) -> None:
        if self.has_unsent():  # to close is to wait until the client has taken it
            self.transport.abort()
        else:
            self.transport.close()

    def shutdown(self) -> None:
        """Close the connection if it is idle, else after the response to what it is sending or being sent."""
        self._connections.draining = True
        if self._request.phase is Phase.NOTHING:
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
        self._connections.total_requests += 1
        self._hold()
        if self.transport.is_closing():
            return
        self._go_on(exchange)
        if self._request.phase is Phase.NOTHING:
            self._parse()

    def answer(self, error: SpeechdError, id: str) -> None:
        origin = self._connections.cors(self._request.origin)
        self.write(error_response(error, id, [*self._connections.default_headers, *origin]))
        self._linger()

    def abort(self) -> None:
        self.transport.abort()

    def _go_on(self, exchange: Exchange) -> None:
        """End the connection after a complete response if that was the last, or be ready for another request once this
        one is here to its end."""
        if not exchange.keep_alive or self._request.framing.our_state is not h11.DONE:
            if self._request.phase is Phase.WHOLE and not self._read_ahead.is_behind:
                self.transport.close()
            else:
                self._linger()
        elif self._request.phase is Phase.WHOLE:
            self._renew()

    # The arrival of a request.

    def _parse(self) -> None:
        try:
            self._parse_request()
            if self._handed_over:
                return
            if self._request.phase is Phase.WHOLE:
                self._keep(b"")
            elif self._request.phase is Phase.NOTHING and not self._timer.has_deadline:
                self._connections.set_idle(self)
                self._timer.start(self._config.timeout_keep_alive, self.transport.close)
            if not self._hold():
                raise refusals.too_much_at_once()
        except SpeechdError as error:
            self._refuse(error)

    def _parse_request(self) -> None:
        while not self._discarding and self._request.phase is not Phase.WHOLE:
            event = self._request.next_event()
            if isinstance(event, Head):
                self._begin(event)
            elif isinstance(event, Body):
                if self._exchange is not None and not self._exchange.complete:
                    self._exchange.body += event.data
            elif isinstance(event, End):
                self._end(event)
            elif self._request.feed(self._read_ahead.unparsed):
                self._expect()
            else:
                break

    def _begin(self, head: Head) -> None:
        """Run the app, for a head has arrived; for a WebSocket, once it is known where frames begin."""
        state = {**self._app_state, "id": request_id()}
        scope = {**self._scope, **head.scope, "state": state}
        if head.asks_for_websocket:
            handshake.check(scope["headers"], has_body=bool(head.body_bytes) or head.chunked)
            if self._connections.draining:
                raise refusals.about_to_end()
            self._websocket_scope = scope
            return
        self._exchange = exchange = Exchange(scope, self._request.framing, self, self._connections.default_headers)
        exchange.keep_alive = not self._connections.draining
        self._connections.run(exchange.run(self._config.loaded_app))

    def _hand_over(self, scope: dict[str, Any], early: bytes) -> None:
        """Let the connection be a WebSocket from now on, whatever becomes of the request for it."""
        self._timer.stop()
        self._read_ahead.clear()
        self._hold()
        connection = WebSocketConnection(self.transport, self._connections, scope, self._request.framing, early)
        if not self._writable.is_set():
            connection.pause_writing()
        self._connections.replace(self, connection)
        self.transport.set_protocol(connection)
        self._handed_over = True
        self._connections.run(connection.run(self._config.loaded_app))

    def _end(self, end: End) -> None:
        """Give the app its request, which is here to its end."""
        if self._websocket_scope is not None:
            self._hand_over(self._websocket_scope, end.behind + bytes(self._read_ahead.unparsed))
            return
        exchange = self._exchange
        assert exchange is not None
        self._read_ahead.unparsed[:0] = end.behind
        self._timer.stop()
        exchange.arrive()
        if exchange.complete:  # an early answer, and the body after it was dropped
            self._go_on(exchange)

    def _keep(self, data: bytes) -> None:
        """Keep what was sent behind the request in hand, or discard it if it is too much."""
        assert self._exchange is not None
        read_ahead = self._read_ahead
        read_ahead.add(data)
        if read_ahead.is_discarding:
            if read_ahead.is_too_much:
                self.transport.abort()
        elif read_ahead.is_too_much or not self._hold():
            read_ahead.discard()
            self._hold()
            self._exchange.keep_alive = False

    @property
    def _kept_bytes(self) -> int:
        body_bytes = len(self._exchange.body) if self._exchange is not None else 0
        return len(self._read_ahead) + body_bytes + self._request.held_bytes

    def _expect(self) -> None:
        """Have all of a request due, from its first byte or the connection's beginning on."""
        self._timer.start_deadline(self._connections.limits.request_timeout_s, self._overdue)

    def _overdue(self) -> None:
        if self._request.phase is Phase.NOTHING:
            self.transport.close()
        else:
            self._refuse(refusals.overdue(self._connections.limits.request_timeout_s))

    # Refusals.

    def _turn_away(self) -> None:
        self._refuse(refusals.too_many_connections(), log_level=logging.DEBUG)
        if not self._connections.may_linger(self):
            self.transport.close()

    def _refuse(self, error: SpeechdError, *, log_level: int = logging.INFO) -> None:
        """Answer the request that is being received with `error`, and end the connection."""
        exchange = self._exchange
        self._discarding = True
        self._read_ahead.clear()
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
        id = exchange.id if exchange is not None else request_id()
        fields = {"id": id, "status": error.status, "error": error.code or error.type}
        log.log(log_level, "refused", extra={"fields": fields})
        self._connections.rejected(error.status)
        self.answer(error, id)

    def _linger(self) -> None:
        """Close this side, once all is sent; the other one closes, or has its last bytes discarded until time is up."""
        self._discarding = True
        self._read_ahead.clear()
        self._hold()
        if self.transport.is_closing() or (self._exchange is not None and self._exchange.left):
            self.transport.close()
            return
        linger(self.transport, self._timer)
