"""The head of a request, as h11 has parsed it: what is refused of it, and what an app is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import h11

from speechd.errors import HeaderFieldsTooLarge, InvalidRequest, SpeechdError, UnknownCoding, UnknownVersion
from speechd.server import handshake


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request. scope: the part of ASGI's scope that it tells. body_bytes: what it states, 0 if nothing.
    chunked: whether the body is sent in chunks. asks_for_websocket: whether it is a request for a WebSocket."""

    scope: dict[str, Any]
    body_bytes: int
    chunked: bool
    asks_for_websocket: bool = False


def read(request: h11.Request) -> Head:
    """Read a head. Raises `SpeechdError` for what h11 lets pass and this server does not."""
    headers = list(request.headers)
    fields = dict(headers)
    if not request.http_version.startswith(b"1."):  # of 1.x, RFC 9110, section 2.5, has a server take what it knows
        raise UnknownVersion("Send the request as HTTP/1.1.")
    if request.method == b"CONNECT":
        raise InvalidRequest("This server is no proxy.")
    # RFC 9112, section 6.1: ways to have two servers disagree about where a request ends.
    if b"transfer-encoding" in fields and (b"content-length" in fields or request.http_version == b"1.0"):
        raise InvalidRequest("Send the body either with Content-Length or, in HTTP/1.1, with Transfer-Encoding.")
    target = request.target
    if not (target.startswith(b"/") or (target == b"*" and request.method == b"OPTIONS")):
        host, target = _absolute(target)
        # RFC 9112, section 3.2.2: the host of the target goes before that of the header.
        headers = [(name, host if name == b"host" else value) for name, value in headers]
    path, _, query = target.partition(b"?")
    scope = {
        "http_version": request.http_version.decode(),
        "method": request.method.decode(),
        "path": unquote(path.decode()),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
    }
    # h11 takes no other transfer coding.
    body_bytes, chunked = int(fields.get(b"content-length", 0)), b"transfer-encoding" in fields
    asks_for_websocket = handshake.is_asked_for(request.method, request.http_version, headers)
    return Head(scope, body_bytes, chunked, asks_for_websocket)


def refusal(error: h11.RemoteProtocolError) -> SpeechdError:
    """The error that answers what h11 does not take."""
    if error.error_status_hint == 501:
        return UnknownCoding("Only 'chunked' is known as Transfer-Encoding here.")
    if error.error_status_hint == 431:
        return HeaderFieldsTooLarge("The request's line and headers are too large.")
    return InvalidRequest(f"This is not valid HTTP: {str(error).partition(':')[0]}.")


def _absolute(target: bytes) -> tuple[bytes, bytes]:
    """The host and the path (with the query) of an address (RFC 9112, section 3.2.2)."""
    try:
        url = urlsplit(target.decode())
    except ValueError:
        url = urlsplit("")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise InvalidRequest("The request's target must be a path, or an http:// address.")
    return url.netloc.encode(), (url.path or "/").encode() + (b"?" + url.query.encode() if url.query else b"")
