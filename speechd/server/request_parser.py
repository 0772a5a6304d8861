"""One request, parsed by h11 from the bytes of its connection and held to the limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import h11

from speechd.server import request_head
from speechd.server.request_head import Head
from speechd.server.request_limits import InboundRequest, Limits, Phase

PIECE_BYTES: Final = 1 << 14
"""What the parser is fed at a time: so much can it look at before limits are."""

ORIGIN: Final = re.compile(rb"\norigin:[ \t]*([^\r\n]*)[\r\n]", re.IGNORECASE)
"""The `Origin` field of a head that is not parsed."""


@dataclass(frozen=True, slots=True)
class Body:
    """The next bytes of a request's body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The end of a request. behind: what was fed and lies behind it."""

    behind: bytes


class RequestParser:
    """The parser of one request: what is left in it when that has ended is known to lie behind it.

    framing: h11's state machine, which frames the response, too. origin: the request's `Origin`, empty if it has none.
    """

    def __init__(self, limits: Limits) -> None:
        self.framing = h11.Connection(h11.SERVER, limits.header_bytes)
        self._inbound = InboundRequest(limits)
        self._origin = b""
        self._fed = b""  # the last piece, and what the parser had kept until then; empty once it needs more

    @property
    def phase(self) -> Phase:
        """How far the request is."""
        return self._inbound.phase

    @property
    def held_bytes(self) -> int:
        """The bytes that the parser keeps of a head that is not here to its end."""
        return self._inbound.head_bytes if self.phase is Phase.HEAD else 0

    @property
    def origin(self) -> bytes:
        """The request's `Origin` (RFC 6454, section 7.3), also that of a head that could not be parsed; empty if it has
        none."""
        return self._origin or self._unfinished_origin()

    def feed(self, unparsed: bytearray) -> bool:
        """Take a piece from what is not parsed yet. Returns whether there was any; raises `SpeechdError`."""
        if self.phase is Phase.NOTHING:  # empty lines before a request are ignored (RFC 9112, section 2.2)
            del unparsed[: len(unparsed) - len(unparsed.lstrip(b"\r\n"))]
        piece = bytes(unparsed[:PIECE_BYTES])
        del unparsed[:PIECE_BYTES]
        self._fed = self.framing.trailing_data[0] + piece if piece else b""
        if piece:
            self._inbound.will_feed(len(piece))
            if self.phase is Phase.HEAD:
                self._inbound.check_lines(piece)
            self.framing.receive_data(piece)
        return bool(piece)

    def next_event(self) -> Head | Body | End | None:
        """Return what comes next of the request; None if more must be fed. Raises `SpeechdError` for a refusal."""
        try:
            event = self.framing.next_event()
        except h11.RemoteProtocolError as error:
            raise request_head.refusal(error) from error
        if isinstance(event, h11.Request):
            return self._read_head(event)
        if isinstance(event, h11.Data):
            self._inbound.add_body(len(event.data), starts_chunk=event.chunk_start)
            return Body(event.data)
        if isinstance(event, h11.EndOfMessage):
            return self._read_end(event)
        self._inbound.was_fed()
        return None

    def _read_head(self, request: h11.Request) -> Head:
        self._origin = next((value for name, value in request.headers if name == b"origin"), b"")
        head = request_head.read(request)
        self._inbound.add_head(len(self.framing.trailing_data[0]), head.body_bytes, chunked=head.chunked)
        return head

    def _read_end(self, event: h11.EndOfMessage) -> End:
        behind = self.framing.trailing_data[0]
        self._inbound.end(self._fed[: len(self._fed) - len(behind)], list(event.headers))
        self._fed = b""
        return End(behind)

    def _unfinished_origin(self) -> bytes:
        if self.phase is not Phase.HEAD:
            return b""
        text = self._fed or self.framing.trailing_data[0]
        end = text.find(b"\r\n\r\n")
        match = ORIGIN.search(text, 0, len(text) if end < 0 else end + 2)
        return match[1].rstrip() if match else b""
