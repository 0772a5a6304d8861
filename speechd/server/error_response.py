"""The responses that the server makes by itself, in the error envelope like any other error."""

from __future__ import annotations

import json
from collections.abc import Iterable

from speechd.errors import SpeechdError
from speechd.server.exchange import CLOSE, phrase


def error_response(error: SpeechdError, id: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A response to the request of this id, after which the connection ends. headers: besides those of the error."""
    body = json.dumps(error.envelope()).encode()
    fields = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        CLOSE,
        (b"x-request-id", id.encode()),
        *((name.encode(), value.encode()) for name, value in error.headers.items()),
        *headers,
    ]
    head = b"HTTP/1.1 %d %b\r\n" % (error.status, phrase(error.status))
    return head + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body
