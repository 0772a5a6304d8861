"""`GET /docs`: the API to read and to try, and the files that it loads. Nothing of them comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from speechd import __version__
from speechd.errors import NotFound, shorten

FOLDER: Final = "docs_files"
"""The folder beside this module that has the files. Swagger UI's are those of the npm package `swagger-ui-dist`."""

DOCS: Final = "docs.html"

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "start.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "LICENSE": "text/plain",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "NOTICE": "text/plain",
}
"""The files that the page loads, below `/docs/`."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy (W3C CSP 3): nothing is loaded from elsewhere, nothing runs that is written in the page, and
no other page has this one in a frame. Pictures in the style sheet are data, and replies are played from memory."""

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""Headers of the page and of its files."""

MAX_AGE_S: Final = 3600
"""For how long a browser may keep a file without asking whether it has changed; the page itself is always asked for."""


async def docs(request: Request) -> Response:
    """`GET /docs`: the API, to read and to try."""
    return Response(_content(DOCS), media_type="text/html", headers={**HEADERS, "cache-control": "no-cache"})


async def file(request: Request) -> Response:
    """`GET /docs/{name}`: a file of the page. Raises `NotFound`."""
    name = request.path_params["name"]
    if name not in MEDIA_TYPES:
        raise NotFound(f"There is no file {shorten(name)}.")
    tag = f'"{__version__}"'
    kept = {"cache-control": f"max-age={MAX_AGE_S}", "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={**HEADERS, **kept})
    return Response(_content(name), media_type=MEDIA_TYPES[name], headers={**HEADERS, **kept})


@cache
def _content(name: str) -> bytes:
    return resources.files("speechd.api").joinpath(FOLDER, name).read_bytes()
