"""One WebSocket (RFC 6455), from the request for it on: what `http_protocol` hands a connection over to.

    http_protocol ──▶ WebSocketConnection ── receive, send ──▶ the app
                        HandshakeResponse   the answer to the request: 101, or an error in the envelope (h11)
                        websockets          frames, without I/O
                        Inbox               messages that the app has not taken

Frames are parsed in small pieces, one in a turn of the event loop, so that a flood of small ones holds up nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import h11
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side

from speechd.errors import Forbidden, SpeechdError
from speechd.server import handshake
from speechd.server.connections import ServerConnections
from speechd.server.error_response import error_response
from speechd.server.handshake import HandshakeResponse
from speechd.server.inbox import Inbox, TooManyFragments
from speechd.server.lingering import end_later
from speechd.server.session import SessionConnection, log

PIECE_BYTES: Final = 4 << 10
"""Bytes of frames that are parsed in one turn of the event loop: 700 of the smallest, which take some milliseconds."""

CLOSE_S: Final = 5.0
"""Time for the client to answer a close frame."""

REASON_BYTES: Final = 123
"""The longest reason in a close frame (RFC 6455, section 5.5: 125 bytes with the code)."""

ABNORMAL: Final = Close(CloseCode.ABNORMAL_CLOSURE, "")
"""What stands for the close frame of a client that sent none."""

frames_log = logging.getLogger("speechd.frames")
frames_log.setLevel(logging.ERROR)  # the library would log each connection, and for `debug` what is said on it


class WebSocketConnection(SessionConnection):
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
        own = {"type": "websocket", "scheme": "ws", "subprotocols": handshake.subprotocols(scope["headers"])}
        super().__init__(transport, connections, scope | own | {"extensions": {"websocket.http.response": {}}})
        self._response: HandshakeResponse | None = HandshakeResponse(scope["headers"], framing)  # until it is sent
        self._frames: Protocol | None = None  # from then on, if the WebSocket is accepted
        self._unparsed = bytearray(early)
        self._inbox = Inbox()
        self._is_announced = False  # whether the app was told of the connection
        self._is_parsing = False  # whether it goes on in a later turn of the loop
        self._pong = b""  # that is to be sent once there is room

    # The transport's reports.

    def data_received(self, data: bytes) -> None:
        self._signs.heard(self._loop.time())
        if self._discarding:
            return
        self._unparsed += data
        if not self._hold():
            self._break_off(CloseCode.TRY_AGAIN_LATER, "the server is receiving too much at once")
        elif not self._is_parsing:
            self._parse()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._send_pong()

    # The app.

    def _next_message(self) -> MutableMapping[str, Any] | None:
        if not self._is_announced:
            self._is_announced = True
            return {"type": "websocket.connect"}
        if not len(self._inbox):
            return None
        message = self._inbox.take()
        self._hold()
        if not len(self._inbox) and (self._unparsed or not self._is_reading):
            self._parse_later()
        return message

    def _send(self, message: Mapping[str, Any]) -> None:
        kind = message["type"]
        if self._response is not None:
            self._respond(self._response, message)
        elif kind == "websocket.send" and self._frames is not None:
            if message.get("text") is not None:
                self._frames.send_text(message["text"].encode())
            else:
                self._frames.send_binary(message["bytes"])
            self._flush(self._frames)
        elif kind == "websocket.close":
            self._close(message.get("code", CloseCode.NORMAL_CLOSURE), message.get("reason") or "")
        else:
            raise RuntimeError(f"Unexpected ASGI message '{kind}'.")

    def _fail(self, error: SpeechdError) -> None:
        if self._response is None:
            self._close(CloseCode.INTERNAL_ERROR)
        elif self._response.is_begun:
            self.abort()
        else:
            origin = next((value for name, value in self.scope["headers"] if name == b"origin"), b"")
            headers = [*self._connections.default_headers, *self._connections.cors(origin)]
            self._write(error_response(error, self.scope["state"]["id"], headers))
            self._hang_up()

    def _finish(self) -> None:
        if self._close_code is None and self._response is not None:
            log.error("failed: the app ended without a response", extra={"fields": {"id": self.scope["state"]["id"]}})
            self._fail(SpeechdError("The server failed."))
        self._close(CloseCode.NORMAL_CLOSURE)

    # The answer to the request.

    def _respond(self, response: HandshakeResponse, message: Mapping[str, Any]) -> None:
        if message["type"] == "websocket.accept":
            self._accept(response, message)
        elif message["type"] == "websocket.close":
            self._fail(Forbidden("The WebSocket was refused."))
        else:
            self._write(response.refuse(message, self._connections.default_headers))
            if response.answered:
                self._hang_up()

    def _accept(self, response: HandshakeResponse, message: Mapping[str, Any]) -> None:
        headers = [*self._connections.default_headers, *message.get("headers", ())]
        self._write(response.accept(headers, message.get("subprotocol")))
        self._response = None
        self._frames = Protocol(Side.SERVER, max_size=self._connections.limits.message_bytes, logger=frames_log)
        self._watch()
        if self._is_to_end:
            self.shutdown()
        self._parse_later()

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
                self._take(self._frames)
            if self._unparsed and not self._inbox.is_full:
                self._parse_later()
        self._read(not (self._unparsed or self._inbox.is_full))

    def _take(self, frames: Protocol) -> None:
        """Take what was parsed, and answer what the library answers to it."""
        try:
            for frame in frames.events_received():
                if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    self._take_data(frame)
        except UnicodeDecodeError:
            frames.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
        except TooManyFragments:
            frames.fail(CloseCode.POLICY_VIOLATION, "too many fragments")
        self._hold()
        if frames.eof_sent:
            self._flush(frames)
            self._hang_up((frames.close_rcvd or frames.close_sent or ABNORMAL).code)
        elif pongs := frames.data_to_send():
            # Of several that wait, the last is enough (RFC 6455, section 5.5.3): a flood of pings piles up nothing.
            self._pong = pongs[-1]
            if self._writable.is_set():
                self._send_pong()

    def _take_data(self, frame: Frame) -> None:
        if self._close_code is None and self._inbox.add(frame):
            self._signs.used(self._loop.time())
            self._news.set()

    @property
    def _kept_bytes(self) -> int:
        in_parser = len(self._frames.reader.buffer) if self._frames is not None else 0
        return len(self._unparsed) + in_parser + self._inbox.held_bytes

    def _drop(self) -> None:
        self._inbox.clear()
        if self._discarding:
            self._unparsed.clear()

    # The end.

    def _flush(self, frames: Protocol) -> None:
        self._write(b"".join(frames.data_to_send()))

    def _send_pong(self) -> None:
        if self._pong:
            self._write(self._pong)
            self._pong = b""

    def _ask_for_sign(self) -> None:
        if self._frames is not None:
            self._frames.send_ping(b"")
            self._flush(self._frames)

    def _close(self, code: int, reason: str = "") -> None:
        """The client has time to answer."""
        if self._frames is None or self._close_code is not None:
            return
        self._frames.send_close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))
        self._flush(self._frames)
        self._end(code)
        end_later(self.transport, self._end_timer, CLOSE_S)
        self._parse_later()

    def _break_off(self, code: CloseCode, reason: str) -> None:
        """End the WebSocket for what the client does."""
        if self._frames is None:
            self.abort()
            return
        self._frames.fail(code, reason)
        self._flush(self._frames)
        self._hang_up(code)
