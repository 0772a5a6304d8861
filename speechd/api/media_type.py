"""The media type of requests."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from speechd.errors import UnsupportedMediaType, shorten

COMPRESSED: Final = ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress")
"""Content codings (RFC 9110, section 8.4.1), none of which is undone here. Clients write others that are none, such as
"utf-8", and send the body as it is."""


def require_json(request: Request) -> None:
    """Raise `UnsupportedMediaType` unless the body is stated to be JSON, as it is.

    A request that states no type is refused as well: any web page can have it sent (Fetch, "CORS-safelisted
    request-header"), so that there is no telling it from a program's.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        instead = f", not as '{shorten(media_type)}'" if media_type else ""
        raise UnsupportedMediaType(f"Send the request with the header 'Content-Type: application/json'{instead}.")
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding in COMPRESSED:
        raise UnsupportedMediaType(f"Send the body uncompressed, without the header 'Content-Encoding: {coding}'.")
