"""The media type of requests."""

from __future__ import annotations

from starlette.requests import Request

from speechd.errors import UnsupportedMediaType, shorten


def require_json(request: Request) -> None:
    """Raise `UnsupportedMediaType` unless the body is stated to be JSON.

    A request that states no type is refused as well: any web page can have it sent (Fetch, "CORS-safelisted
    request-header"), so that there is no telling it from a program's.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        instead = f", not as '{shorten(media_type)}'" if media_type else ""
        raise UnsupportedMediaType(f"Send the request with the header 'Content-Type: application/json'{instead}.")
