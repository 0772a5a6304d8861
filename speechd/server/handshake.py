"""The opening handshake of a WebSocket (RFC 6455, section 4.2): which request asks for one, and what it is answered.

Pure: no socket.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import h11
from websockets.utils import accept_key

from speechd.errors import InvalidRequest, UpgradeRequired
from speechd.server.exchange import CLOSE, phrase

Headers = Sequence[tuple[bytes, bytes]]
"""A request's fields, with names in lower case."""

VERSION: Final = b"13"
"""The only version of the protocol (RFC 6455, section 4.1)."""

KEY_BYTES: Final = 16
"""Bytes of a `Sec-WebSocket-Key`, which are sent as base64."""


def is_asked_for(method: bytes, http_version: bytes, headers: Headers) -> bool:
    """Whether a request asks for a WebSocket. One of another method, or of HTTP/1.0, cannot: `Upgrade` is ignored."""
    return (
        method == b"GET"
        and http_version == b"1.1"
        and b"websocket" in _tokens(headers, b"upgrade")
        and b"upgrade" in _tokens(headers, b"connection")
    )


def check(headers: Headers, *, has_body: bool) -> None:
    """Check a request that asks for a WebSocket. Raises `InvalidRequest` or `UpgradeRequired`."""
    if has_body:  # a server that ignores it and one that does not disagree about where the first frame begins
        raise InvalidRequest("A request for a WebSocket has no body.")
    if _values(headers, b"sec-websocket-version") != [VERSION]:
        raise UpgradeRequired("Send 'Sec-WebSocket-Version: 13'.")
    keys = _values(headers, b"sec-websocket-key")
    if len(keys) != 1 or not _is_key(keys[0]):
        raise InvalidRequest(f"Send one 'Sec-WebSocket-Key', of {KEY_BYTES} bytes as base64.")


def subprotocols(headers: Headers) -> list[str]:
    """The subprotocols that the client offers, in its order."""
    offered = b",".join(_values(headers, b"sec-websocket-protocol")).decode("latin-1")
    return [name.strip() for name in offered.split(",") if name.strip()]


class HandshakeResponse:
    """The answer to a request that was checked: the WebSocket, or a response after which the connection ends.

    answered: whether it is complete. is_begun: whether bytes of a response are sent.
    """

    def __init__(self, headers: Headers, framing: h11.Connection) -> None:
        """headers: of the request. framing: h11's state machine of it."""
        self.answered = self.is_begun = False
        self._headers, self._framing = headers, framing
        self._head = b""  # of the response, sent with the first bytes of its body
        self._is_started = False

    def accept(self, fields: Headers, subprotocol: str | None) -> bytes:
        """The bytes that open the WebSocket, with this one of the subprotocols offered. Extensions are not accepted:
        compression would take up to 64 KiB of each connection."""
        (key,) = _values(self._headers, b"sec-websocket-key")
        own = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-accept", accept_key(key.decode()).encode()),
        ]
        if subprotocol is not None:
            own.append((b"sec-websocket-protocol", subprotocol.encode()))
        self.answered = True
        head = h11.InformationalResponse(status_code=101, headers=[*own, *fields], reason=phrase(101))
        return self._framing.send(head)

    def refuse(self, message: Mapping[str, Any], default_headers: Headers) -> bytes:
        """The bytes of ASGI's next message of a response (its extension `websocket.http.response`)."""
        if not self._is_started:
            if message["type"] != "websocket.http.response.start":
                raise RuntimeError(f"Unexpected ASGI message '{message['type']}'.")
            self._is_started = True
            headers, status = [*default_headers, *message.get("headers", ()), CLOSE], message["status"]
            self._head = self._framing.send(h11.Response(status_code=status, headers=headers, reason=phrase(status)))
            return b""
        if message["type"] != "websocket.http.response.body":
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}'.")
        self.is_begun = True
        pieces, self._head = [self._head, self._framing.send(h11.Data(data=message.get("body", b"")))], b""
        if not message.get("more_body", False):
            pieces.append(self._framing.send(h11.EndOfMessage()))
            self.answered = True
        return b"".join(pieces)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value.strip() for key, value in headers if key == name]


def _tokens(headers: Headers, name: bytes) -> list[bytes]:
    return [token.strip().lower() for value in _values(headers, name) for token in value.split(b",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False
