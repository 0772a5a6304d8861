"""`GET /docs`: the API to read and to try. `GET /docs/{name}`: the files of the page. None comes from elsewhere."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from speechd.api.page_files import PageFiles

PAGE: Final = "docs.html"

FILES: Final = PageFiles(
    "docs_files",
    policy=(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)
"""The files, of which Swagger UI's are those of the npm package `swagger-ui-dist`. Nothing is loaded from elsewhere,
nothing runs that is written in the page, and no other page has this one in a frame. Pictures in the style sheet are
data, and replies are played from memory."""


async def docs(request: Request) -> Response:
    """`GET /docs`: the API, to read and to try."""
    return FILES.answer(request, PAGE)


async def file(request: Request) -> Response:
    """`GET /docs/{name}`: a file of the page. Raises `NotFound`."""
    return FILES.answer(request, request.path_params["name"])
