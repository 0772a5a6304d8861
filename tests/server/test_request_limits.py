from __future__ import annotations

import pytest

from speechd.errors import InvalidRequest
from speechd.server.request_limits import InboundRequest
from tests.harness.http_server import LIMITS


def refused_as_lines(*pieces: bytes) -> bool:
    request = InboundRequest(LIMITS)
    try:
        for piece in pieces:
            request.check_lines(piece)
    except InvalidRequest:
        return True
    return False


@pytest.mark.parametrize(
    ("head", "refused"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET / HTTP/1.1\nHost: x\n\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\n\r\n", True),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", True),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\n body \n "])
def test_lines_are_checked_however_they_are_cut(head: bytes, body: bytes, refused: bool) -> None:
    for first in range(1, len(head) + 1):
        for second in range(first, len(head) + 1):
            # No piece after the one in which the head ends is looked at.
            pieces = [piece for piece in (head[:first], head[first:second], head[second:]) if piece]
            assert refused_as_lines(*pieces[:-1], pieces[-1] + body) is refused
