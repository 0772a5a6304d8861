"""A client of HTTP/1.0, which Python's own and httpx2 are not."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def post(url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[bytes, bytes]:
    """The head and the body of the reply to a request with JSON, when the server has closed the connection."""
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    fields = {"host": parts.netloc, "content-type": "application/json", "content-length": str(len(content))}
    lines = [
        f"POST {parts.path} HTTP/1.0",
        *(f"{name}: {value}" for name, value in {**fields, **(headers or {})}.items()),
    ]
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)
        with connection.makefile("rb") as file:
            head, _, rest = file.read().partition(b"\r\n\r\n")
    return head, rest
