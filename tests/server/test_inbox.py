"""What has arrived on a WebSocket and was not taken."""

import pytest
from websockets.frames import Frame, Opcode

from speechd.server.inbox import FRAGMENTS, MESSAGES, WAITING_BYTES, Inbox, TooManyFragments


def test_messages_are_taken_in_their_order_and_nothing_is_held_afterwards() -> None:
    inbox = Inbox()
    assert inbox.add(Frame(Opcode.TEXT, "ä".encode()))
    assert inbox.add(Frame(Opcode.BINARY, b"xyz"))
    assert len(inbox) == 2
    assert inbox.held_bytes == 5
    assert inbox.take() == {"type": "websocket.receive", "text": "ä"}
    assert inbox.take() == {"type": "websocket.receive", "bytes": b"xyz"}
    assert len(inbox) == inbox.held_bytes == 0


def test_character_may_be_parted_between_fragments() -> None:
    inbox = Inbox()
    assert not inbox.add(Frame(Opcode.TEXT, b"\xc3", fin=False))
    assert inbox.held_bytes == 1
    assert inbox.add(Frame(Opcode.CONT, b"\xa4"))
    assert inbox.take()["text"] == "ä"


def test_text_that_is_not_utf_8_is_refused_and_bytes_are_not() -> None:
    inbox = Inbox()
    assert inbox.add(Frame(Opcode.BINARY, b"\xff"))
    with pytest.raises(UnicodeDecodeError):
        inbox.add(Frame(Opcode.TEXT, b"\xff"))


def test_empty_fragments_without_end_are_refused() -> None:
    inbox = Inbox()
    inbox.add(Frame(Opcode.TEXT, b"", fin=False))
    for _ in range(FRAGMENTS - 1):
        inbox.add(Frame(Opcode.CONT, b"", fin=False))
    with pytest.raises(TooManyFragments):
        inbox.add(Frame(Opcode.CONT, b""))


def test_it_is_full_of_many_messages_and_of_large_ones() -> None:
    many, large = Inbox(), Inbox()
    for _ in range(MESSAGES):
        assert not many.is_full
        many.add(Frame(Opcode.TEXT, b""))
    large.add(Frame(Opcode.TEXT, b"x" * WAITING_BYTES))
    assert not large.is_full
    large.add(Frame(Opcode.TEXT, b"x"))
    assert many.is_full
    assert large.is_full
    large.clear()
    assert not large.is_full
    assert large.held_bytes == 0
