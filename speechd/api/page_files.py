"""The files of a web page: a folder beside this module, as browsers get it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from speechd.errors import NotFound, shorten

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    "": "text/plain",  # licences
}
"""Of the files, by suffix. Files with another are not given."""

HEADERS: Final[Mapping[str, str]] = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
"""Headers of every file. Browsers keep a file, and ask each time whether it has changed: files of two versions of the
server never run together."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file. tag: its entity tag (RFC 9110, section 8.8.3)."""

    content: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class PageFiles:
    """The files of a page. folder: its name. policy: the Content-Security-Policy of every file (W3C CSP 3)."""

    folder: str
    policy: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all files, sorted."""
        return _names(self.folder)

    @property
    def media_types(self) -> list[str]:
        """The media types of the files, sorted."""
        return sorted({MEDIA_TYPES[_suffix(name)] for name in self.names})

    def file(self, name: str) -> PageFile:
        """A file. Raises `NotFound`."""
        if name not in self.names:
            raise NotFound(f"The page has no file {shorten(name)}.")
        return _read(self.folder, name)

    def answer(self, request: Request, name: str) -> Response:
        """The response with a file, or the news that the client's copy of it is the right one. Raises `NotFound`."""
        file = self.file(name)
        headers = {**HEADERS, "content-security-policy": self.policy, "etag": file.tag}
        known = request.headers.get("if-none-match", "")
        if any(tag.strip().removeprefix("W/") in (file.tag, "*") for tag in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)


@cache
def _names(folder: str) -> tuple[str, ...]:
    files = (file.name for file in resources.files("speechd.api").joinpath(folder).iterdir())
    return tuple(sorted(name for name in files if _suffix(name) in MEDIA_TYPES))


@cache
def _read(folder: str, name: str) -> PageFile:
    content = resources.files("speechd.api").joinpath(folder, name).read_bytes()
    return PageFile(content, MEDIA_TYPES[_suffix(name)], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix
