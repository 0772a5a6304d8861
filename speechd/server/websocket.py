"""One WebSocket (RFC 6455), from the request for it on: what `http_protocol` hands a connection over to.

    http_protocol ──▶ WebSocketConnection ── receive, send ──▶ the app
                        h11         the answer to the request: 101, or an error in the envelope
                        websockets  frames, without I/O
                        Inbox       messages that the app has not taken

As for requests, whatever a client does costs a bounded number of bytes and of turns of the event loop: frames are
parsed in small pieces, one in a turn; a message has limits; what is sent must be taken in time. A WebSocket that is not
in use ends when its worker is to end, and after a time without messages.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import MutableMapping
from typing import Any, Final

import h11
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side

from speechd.errors import Forbidden, SpeechdError, TransferAborted
from speechd.server import handshake
from speechd.server.connections import ServerConnections
from speechd.server.error_response import error_response
from speechd.server.exchange import ABORT, ASGIApp
from speechd.server.handshake import HandshakeResponse
from speechd.server.inbox import Inbox, TooManyFragments
from speechd.server.lingering import end_later, linger
from speechd.server.timer import Timer

IN_USE: Final = "speechd.in_use"
"""Key in `scope["extensions"]`: a callable that is told whether the WebSocket is in use. One that is not ends with the
worker, or after a time without messages; one that is, as soon as it is no more."""

PIECE_BYTES: Final = 4 << 10
"""Bytes of frames that are parsed in one turn of the event loop: 700 of the smallest, which take 5 ms."""

PING_S: Final = 20.0
"""Time without a sign of the client after which it is asked for one."""

PONG_S: Final = 60.0
"""Time for the answer. It lies behind all audio that the client has not read, which may be `look_ahead_s` of it."""

CLOSE_S: Final = 5.0
"""Time for the client to answer a close frame."""

REASON_BYTES: Final = 123
"""The longest reason in a close frame (RFC 6455, section 5.5: 125 bytes with the code)."""

ABNORMAL: Final = Close(CloseCode.ABNORMAL_CLOSURE, "")
"""What stands for the close frame of a client that sent none."""

frames_log = logging.getLogger("speechd.frames")
frames_log.setLevel(logging.ERROR)  # the library would log each connection, and for `debug` what is said on it
log = logging.getLogger("speechd")


class ClientDisconnected(OSError):
    """Raised to the app that sends what can reach nobody any more (ASGI, "Send - send event")."""


class WebSocketConnection(asyncio.Protocol):
    """One connection, on which a request for a WebSocket has arrived that `handshake.check` has passed."""

    def __init__(
        self,
        transport: asyncio.Transport,
        connections: ServerConnections,
        scope: dict[str, Any],
        framing: h11.Connection,
        early: bytes,
    ) -> None:
        """scope: of the request. framing: h11's state machine of it. early: what the client has sent behind it."""
        self.transport, self._connections = transport, connections
        self._loop = asyncio.get_running_loop()
        self._timer, self._watch = Timer(self._loop), Timer(self._loop)  # of the end, and of the time until then
        self.scope = scope | {
            "type": "websocket",
            "scheme": "ws",
            "subprotocols": handshake.subprotocols(scope["headers"]),
            "extensions": {"websocket.http.response": {}, ABORT: self.abort, IN_USE: self._set_in_use},
        }
        self._response: HandshakeResponse | None = HandshakeResponse(scope["headers"], framing)  # until it is sent
        self._frames: Protocol | None = None  # from then on, if the WebSocket is accepted
        self._unparsed = bytearray(early)
        self._inbox = Inbox()
        self._held_bytes = 0
        self._is_reading, self._is_parsing = True, False
        self._is_announced = False  # whether the app was told of the connection
        self._discarding = False  # what still arrives is discarded
        self._close_code: int | None = None  # once the app is to know that nothing comes any more
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._pong = b""  # that is to be sent once there is room
        self._is_lost = self._in_use = self._ends = False
        self._heard_at = self._used_at = self._loop.time()

    # The transport's reports.

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._connections.connections.discard(self)
        self._connections.remove(self)
        self._timer.stop()
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._discarding:
            return
        self._unparsed += data
        if not self._hold():
            self._break_off(CloseCode.TRY_AGAIN_LATER, "the server is receiving too much at once")
        elif not self._is_parsing:
            self._parse()

    def eof_received(self) -> bool:
        """The client has left: a WebSocket is not half open. What is unsent has some time yet."""
        self._end(CloseCode.ABNORMAL_CLOSURE)
        end_later(self.transport, self._timer)
        return True

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
        if self._pong:
            self.transport.write(self._pong)
            self._pong = b""

    # What the server's connections and uvicorn ask for.

    def has_unsent(self) -> bool:
        return self.transport.get_write_buffer_size() > 0

    def evict(self) -> None:
        self.transport.abort()

    def shutdown(self) -> None:
        """End the WebSocket, once it is not in use."""
        self._ends = True
        if not self._in_use:
            self._close(CloseCode.SERVICE_RESTART, "the server restarts")

    def abort(self) -> None:
        """Drop the connection at once, with what the client has not taken."""
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self.transport.abort()

    # The app.

    async def run(self, app: ASGIApp) -> None:
        """Run the app, and see to what it raises: something for the client, and something for the log."""
        fields = {"id": self.scope["state"]["id"]}
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            log.warning("cut off: the grace period is over")
            self.abort()
        except Exception as error:  # Whatever an app raises, its server goes on.
            if self._close_code is not None:
                return
            expected = isinstance(error, (SpeechdError, TransferAborted))
            log.error("failed: %s", error, exc_info=None if expected else error, extra={"fields": fields})
            self._fail(error if isinstance(error, SpeechdError) else SpeechdError("The server failed."))
        else:
            if self._close_code is None and self._response is not None:
                log.error("failed: the app ended without a response", extra={"fields": fields})
                self._fail(SpeechdError("The server failed."))
            self._close(CloseCode.NORMAL_CLOSURE)

    async def receive(self) -> MutableMapping[str, Any]:
        """Return ASGI's next message: that a client connects, what it has sent, and that it has left."""
        if not self._is_announced:
            self._is_announced = True
            return {"type": "websocket.connect"}
        while not len(self._inbox):
            if self._close_code is not None:
                return {"type": "websocket.disconnect", "code": self._close_code, "reason": ""}
            self._news.clear()
            await self._news.wait()
        message = self._inbox.take()
        self._hold()
        if not len(self._inbox):
            self._parse_later()
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take ASGI's next message. Waits while too much is unsent; raises `ClientDisconnected` after the end, and when
        the client has taken too little for too long, which is then cut off."""
        try:
            async with asyncio.timeout(self._connections.limits.write_timeout_s):
                await self._writable.wait()
        except TimeoutError:
            self.abort()
        if self._close_code is not None:
            raise ClientDisconnected("the WebSocket has ended")
        kind = message["type"]
        if self._response is not None:
            self._respond(self._response, message)
        elif kind == "websocket.send" and self._frames is not None:
            if message.get("text") is not None:
                self._frames.send_text(message["text"].encode())
            else:
                self._frames.send_binary(message["bytes"])
            self._flush()
        elif kind == "websocket.close":
            self._close(message.get("code", CloseCode.NORMAL_CLOSURE), message.get("reason") or "")
        else:
            raise RuntimeError(f"Unexpected ASGI message '{kind}'.")

    def _set_in_use(self, in_use: bool) -> None:
        self._in_use = in_use
        self._used_at = self._loop.time()
        if self._ends and not in_use:
            self.shutdown()

    # The answer to the request.

    def _respond(self, response: HandshakeResponse, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self._accept(response, message)
        elif message["type"] == "websocket.close":
            self._fail(Forbidden("The WebSocket was refused."))
        else:
            self.transport.write(response.refuse(message, self._connections.default_headers))
            if response.answered:
                self._hang_up()

    def _accept(self, response: HandshakeResponse, message: MutableMapping[str, Any]) -> None:
        headers = [*self._connections.default_headers, *message.get("headers", ())]
        self.transport.write(response.accept(headers, message.get("subprotocol")))
        self._response = None
        self._frames = Protocol(Side.SERVER, max_size=self._connections.limits.message_bytes, logger=frames_log)
        self._watch_client()
        if self._ends:
            self.shutdown()
        self._parse_later()

    def _fail(self, error: SpeechdError) -> None:
        """Answer the request with this error, or end the WebSocket for it."""
        if self._response is None:
            self._close(CloseCode.INTERNAL_ERROR)
        elif self._response.is_begun:
            self.abort()
        elif self._close_code is None:
            origin = next((value for name, value in self.scope["headers"] if name == b"origin"), b"")
            headers = [*self._connections.default_headers, *self._connections.cors(origin)]
            self.transport.write(error_response(error, self.scope["state"]["id"], headers))
            self._hang_up()

    # The arrival of messages.

    def _parse_later(self) -> None:
        if not self._is_parsing:
            self._is_parsing = True
            self._loop.call_soon(self._parse_next)

    def _parse_next(self) -> None:
        self._is_parsing = False
        if not self._discarding:
            self._parse()

    def _parse(self) -> None:
        """Parse a piece of what is here; read on when nothing of it is left."""
        if self._frames is not None and not self._inbox.is_full:
            piece = bytes(self._unparsed[:PIECE_BYTES])
            del self._unparsed[:PIECE_BYTES]
            if piece:
                self._frames.receive_data(piece)
                self._take(self._frames, self._frames.events_received())
            if self._unparsed and not self._inbox.is_full:
                self._parse_later()
        self._read(not (self._unparsed or self._inbox.is_full))

    def _take(self, frames: Protocol, events: list[Any]) -> None:
        try:
            for frame in events:
                if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    self._take_data(frame)
        except UnicodeDecodeError:
            frames.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
        except TooManyFragments:
            frames.fail(CloseCode.POLICY_VIOLATION, "too many fragments")
        self._hold()
        if frames.eof_sent:
            self._flush()
            self._hang_up((frames.close_rcvd or frames.close_sent or ABNORMAL).code)
        elif pongs := frames.data_to_send():
            # Of several that wait, the last is enough (RFC 6455, section 5.5.3): a flood of pings piles up nothing.
            self._pong = pongs[-1]
            if self._writable.is_set():
                self.resume_writing()

    def _take_data(self, frame: Frame) -> None:
        if self._close_code is None and self._inbox.add(frame):
            self._used_at = self._loop.time()
            self._news.set()

    def _read(self, on: bool) -> None:
        if on != self._is_reading and not self.transport.is_closing():
            self._is_reading = on
            if on:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _hold(self) -> bool:
        """Report what is held here; returns whether it may be."""
        in_parser = len(self._frames.reader.buffer) if self._frames is not None else 0
        held_bytes = len(self._unparsed) + in_parser + self._inbox.held_bytes
        if not self._connections.hold(self._held_bytes, held_bytes):
            return False
        self._held_bytes = held_bytes
        return True

    # The end.

    def _flush(self) -> None:
        if self._frames is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self._frames.data_to_send()))

    def _close(self, code: int, reason: str = "") -> None:
        """End the WebSocket in its own way; the client has time to answer."""
        if self._frames is None or self._close_code is not None:
            return
        self._frames.send_close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))
        self._flush()
        self._end(code)
        end_later(self.transport, self._timer, CLOSE_S)
        self._parse_later()

    def _break_off(self, code: CloseCode, reason: str) -> None:
        """End the WebSocket for what the client does, or does not."""
        if self._frames is None:
            self.abort()
            return
        self._frames.fail(code, reason)
        self._flush()
        self._hang_up(code)

    def _hang_up(self, code: int = CloseCode.ABNORMAL_CLOSURE) -> None:
        """End the connection once all is sent, and drop what still arrives."""
        self._end(code)
        self._discarding = True
        self._unparsed.clear()
        self._hold()
        self._read(True)
        if not self.transport.is_closing():
            linger(self.transport, self._timer)

    def _end(self, code: int) -> None:
        """Tell the app that nothing comes any more."""
        if self._close_code is None:
            self._close_code = code
            self._watch.stop()
            self._inbox.clear()
            self._hold()
            self._news.set()

    def _watch_client(self) -> None:
        """Ask for a sign of the client when there was none for a while, and end a WebSocket that nobody uses."""
        now, idle_s = self._loop.time(), self._connections.limits.session_idle_s
        idle_at = math.inf if self._in_use else self._used_at + idle_s
        if now >= idle_at:
            self._close(CloseCode.NORMAL_CLOSURE, f"no message for {idle_s:g} s")
        elif now >= self._heard_at + PING_S + PONG_S:
            self._break_off(CloseCode.INTERNAL_ERROR, "no answer to a ping")
        else:
            if now >= self._heard_at + PING_S and self._frames is not None and self._writable.is_set():
                self._frames.send_ping(b"")
                self._flush()
            due_s = PING_S - (now - self._heard_at) % PING_S
            self._watch.start(min(due_s, idle_at - now), self._watch_client)
