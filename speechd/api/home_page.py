"""`GET /`: a page on which people try the voices, and links for programs. `GET /home/{name}`: the files of the page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from speechd import __version__
from speechd.api import paths
from speechd.config.settings import Settings
from speechd.errors import NotFound, shorten

FOLDER: Final = "home_files"
"""The folder beside this module that has the page: HTML, CSS and ES modules as browsers get them."""

PAGE: Final = "index.html"

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Of the files, by suffix."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Content-Security-Policy (W3C CSP 3, Trusted Types). Nothing comes from elsewhere, no text becomes markup or a
program, no other page has this one in a frame. Speech is played from memory, which is a `blob:`."""

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
"""Headers of every file. Browsers keep a file, and ask each time whether it has changed: files of two versions of the
server never run together."""

LINKS: Final[Mapping[str, str]] = {
    "documentation": paths.DOCS,
    "description": paths.OPENAPI,
    "health": paths.HEALTH,
    "speech": paths.SPEECH,
    "voices": paths.VOICES,
    "models": paths.MODELS,
}
"""Where a program goes on from `/`."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page. tag: its entity tag (RFC 9110, section 8.8.3)."""

    content: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """The page and its files, in memory."""

    files: Mapping[str, File]

    @classmethod
    def of(cls, settings: Settings) -> HomePage | None:
        """The page of a server with these settings; None if it has none."""
        return cls.load() if settings.page == "yes" else None

    @classmethod
    def load(cls) -> HomePage:
        """The files that are installed with the package."""
        folder = resources.files("speechd.api").joinpath(FOLDER)
        contents = {file.name: file.read_bytes() for file in folder.iterdir() if _suffix(file.name) in MEDIA_TYPES}
        return cls({name: _file(name, content) for name, content in contents.items()})

    async def home(self, request: Request) -> Response:
        """`GET /`: the page for those who take HTML, else a JSON object with links."""
        if "text/html" in request.headers.get("accept", ""):
            response = _answer(request, self.files[PAGE])
        else:
            response = JSONResponse({"name": "speechd", "version": __version__, "links": LINKS})
        response.headers["vary"] = "Accept"
        return response

    async def file(self, request: Request) -> Response:
        """`GET /home/{name}`: a file of the page. Raises `NotFound`."""
        name = request.path_params["name"]
        if name not in self.files:
            raise NotFound(f"The page has no file {shorten(name)}.")
        return _answer(request, self.files[name])


def _answer(request: Request, file: File) -> Response:
    headers = {**HEADERS, "etag": file.tag}
    known = request.headers.get("if-none-match", "")
    if any(tag.strip().removeprefix("W/") in (file.tag, "*") for tag in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


def _file(name: str, content: bytes) -> File:
    return File(content, MEDIA_TYPES[_suffix(name)], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
