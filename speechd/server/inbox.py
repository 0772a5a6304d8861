"""What has arrived on a WebSocket and the app has not taken: whole messages, and the pieces of one that is coming.

Pure: no socket.
"""

from __future__ import annotations

from typing import Any, Final

from websockets.frames import Frame, Opcode

MESSAGES: Final = 64
"""Messages that may wait for the app before no more are parsed."""

WAITING_BYTES: Final = 64 << 10
"""Bytes of them likewise."""

FRAGMENTS: Final = 1024
"""Fragments that one message may have. They may be empty, so that no limit of bytes bounds them."""


class TooManyFragments(Exception):
    """A message comes in more than `FRAGMENTS` pieces."""


class Inbox:
    """Messages, as ASGI has them, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[tuple[dict[str, Any], int]] = []  # a deque would take 600 bytes of each connection
        self._waiting_bytes = 0
        self._pieces: list[bytes] = []
        self._is_text = False
        self._piece_bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def held_bytes(self) -> int:
        """Bytes of all that is here."""
        return self._waiting_bytes + self._piece_bytes

    @property
    def is_full(self) -> bool:
        """Whether no more is to be parsed until the app has taken something."""
        return len(self._waiting) >= MESSAGES or self._waiting_bytes > WAITING_BYTES

    def add(self, frame: Frame) -> bool:
        """Take a frame of data. Returns whether a message is whole by it.

        Raises `TooManyFragments`, and `UnicodeDecodeError` for text that is not UTF-8.
        """
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        if len(self._pieces) >= FRAGMENTS:
            raise TooManyFragments
        self._pieces.append(bytes(frame.data))
        self._piece_bytes += len(frame.data)
        if not frame.fin:
            return False
        data, size = b"".join(self._pieces), self._piece_bytes
        self._pieces, self._piece_bytes = [], 0
        content = {"text": data.decode()} if self._is_text else {"bytes": data}
        self._waiting.append(({"type": "websocket.receive", **content}, size))
        self._waiting_bytes += size
        return True

    def take(self) -> dict[str, Any]:
        """The oldest message, which the app takes now."""
        message, size = self._waiting.pop(0)
        self._waiting_bytes -= size
        return message

    def clear(self) -> None:
        """Drop all that is here."""
        self._waiting, self._pieces = [], []
        self._waiting_bytes = self._piece_bytes = 0
