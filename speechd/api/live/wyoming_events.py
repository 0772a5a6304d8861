"""Wyoming's events as bytes: a line of JSON, then data as JSON, then a payload, each of the length that the line says.

The shape is that of the package `wyoming`, whose reader has no limits and blocks for what does not come. Pure: no
socket.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import wyoming
from wyoming.event import Event

from speechd.errors import InvalidRequest

LINE_BYTES: Final = 512 << 10
"""The longest line: 50,000 characters of text, each up to six bytes as JSON, and more."""

DATA_BYTES: Final = 512 << 10
"""The largest data likewise."""

PAYLOAD_BYTES: Final = 64 << 10
"""The largest payload. It is dropped: nothing that is asked for here has one."""


class EventReader:
    """Makes events of the bytes of a connection."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._searched = 0  # of what is unread, for the end of the line

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._unread += data

    def next(self) -> Event | None:
        """The next event; None if more bytes must be fed. Raises `InvalidRequest`: these are no events."""
        end = self._unread.find(b"\n", self._searched)
        if (len(self._unread) if end < 0 else end) > LINE_BYTES:
            raise _invalid(f"a line of more than {LINE_BYTES} bytes")
        if end < 0:
            self._searched = len(self._unread)
            return None
        head = _object(self._unread[:end])
        self._searched = end
        data_bytes, payload_bytes = (
            _length(head, "data_length", DATA_BYTES),
            _length(head, "payload_length", PAYLOAD_BYTES),
        )
        stop = end + 1 + data_bytes
        if len(self._unread) < stop + payload_bytes:
            return None
        data = head.get("data") or {}
        if not isinstance(data, dict):
            raise _invalid("data that is no object")
        if data_bytes:
            data |= _object(self._unread[end + 1 : stop])
        if not isinstance(kind := head.get("type"), str):
            raise _invalid("an event without a type")
        del self._unread[: stop + payload_bytes]
        self._searched = 0
        return Event(kind, data)


def written(event: Event) -> bytes:
    """An event as bytes."""
    data = orjson.dumps(event.data) if event.data else b""
    payload = event.payload or b""
    head: dict[str, Any] = {"type": event.type, "version": wyoming.__version__}
    if data:
        head["data_length"] = len(data)
    if payload:
        head["payload_length"] = len(payload)
    return b"".join((orjson.dumps(head), b"\n", data, payload))


def _object(text: bytes | bytearray) -> dict[str, Any]:
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"no JSON: {error}") from None
    if not isinstance(fields, dict):
        raise _invalid("JSON that is no object")
    return fields


def _length(head: dict[str, Any], name: str, most: int) -> int:
    length = head.get(name) or 0
    if not isinstance(length, int) or not 0 <= length <= most:
        raise _invalid(f"a {name} that is not between 0 and {most}")
    return length


def _invalid(what: str) -> InvalidRequest:
    return InvalidRequest(f"This is not Wyoming: {what}.", code="invalid_event")
