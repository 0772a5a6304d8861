"""`GET /`: a page on which people try the voices, and links for programs. `GET /home/{name}`: the files of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from speechd import __version__
from speechd.api import paths
from speechd.api.page_files import PageFiles

PAGE: Final = "index.html"

FILES: Final = PageFiles(
    "home_files",
    policy=(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
)
"""The files: HTML, CSS and ES modules. Nothing comes from elsewhere, no text becomes markup or a program (W3C Trusted
Types), no other page has this one in a frame. Speech is played from memory, which is a `blob:`."""

LINKS: Final[Mapping[str, str]] = {
    "documentation": paths.DOCS,
    "description": paths.OPENAPI,
    "health": paths.HEALTH,
    "speech": paths.SPEECH,
    "voices": paths.VOICES,
    "models": paths.MODELS,
}
"""Where a program goes on from `/`."""


async def home(request: Request) -> Response:
    """`GET /`: the page for those who take HTML, else a JSON object with links."""
    response: Response
    if "text/html" in request.headers.get("accept", ""):
        response = FILES.answer(request, PAGE)
    else:
        response = JSONResponse({"name": "speechd", "version": __version__, "links": LINKS})
    response.headers["vary"] = "Accept"
    return response


async def file(request: Request) -> Response:
    """`GET /home/{name}`: a file of the page. Raises `NotFound`."""
    return FILES.answer(request, request.path_params["name"])
