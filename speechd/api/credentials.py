"""Where clients put the API key: each follows the service that it was made for."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

HEADERS: Final = ("x-api-key", "xi-api-key")
"""Headers that are a key: Cartesia's and ElevenLabs'. OpenAI's is `Authorization: Bearer`."""

PARAMETERS: Final = ("api_key", "api-key", "xi_api_key", "xi-api-key")
"""Parameters of a WebSocket's address that are a key: a page cannot set headers there."""

SUBPROTOCOL: Final = "openai-insecure-api-key."
"""What a WebSocket's subprotocol begins with that has a key behind it, as OpenAI's own clients send it from a page."""


def key_number(scope: Scope, keys: Sequence[bytes]) -> int | None:
    """The number of the key that a request brings; None if it brings no valid one."""
    # All keys are compared, each in constant time, so that timing tells nothing of any.
    found = [number for sent in _sent(scope) for number, key in enumerate(keys) if hmac.compare_digest(key, sent)]
    return found[0] if found else None


def _sent(scope: Scope) -> Iterator[bytes]:
    headers = Headers(scope=scope)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield token.strip().encode("latin-1")
    for name in HEADERS:
        if name in headers:
            yield headers[name].strip().encode("latin-1")
    if scope["type"] == "websocket":
        query = scope["query_string"].decode("latin-1")
        yield from (value.encode() for name, value in parse_qsl(query) if name in PARAMETERS)
        for name in scope["subprotocols"]:
            if name.startswith(SUBPROTOCOL):
                yield name.removeprefix(SUBPROTOCOL).encode("latin-1")
