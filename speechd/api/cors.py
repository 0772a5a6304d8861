"""CORS (Fetch, "CORS protocol"): which web pages may read the responses, and what a preflight is answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from speechd.errors import Forbidden, InvalidRequest, SpeechdError, shorten

METHODS: Final = ("GET", "POST")
"""What pages may use; HEAD needs no preflight."""

MAX_AGE_S: Final = 86_400
"""For how long a browser may keep the answer to a preflight; none keeps it for longer than a day."""

SETTING: Final = "SPEECHD_CORS_ORIGINS (--cors-origins)"
"""The setting with the pages that may call, as messages name it."""


class Cors(CORSMiddleware):
    """Starlette's middleware, with the errors of this server, and with pages that come from a public address."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        """origins: of pages that may call; "*" for all."""
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            allow_private_network=True,  # Private Network Access, of Chromium: those that may call at all
            expose_headers=["*"],
            max_age=MAX_AGE_S,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight; an error where a page may not do what it asks for."""
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        error = self._error(request_headers)
        headers = {name: value for name, value in response.headers.items() if name not in ("content-length", "vary")}
        return JSONResponse(error.envelope(), error.status, {**headers, "content-type": "application/json"})

    def _error(self, request_headers: Headers) -> SpeechdError:
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return InvalidRequest(f"Web pages may use {' and '.join(METHODS)}.")
        return not_allowed(origin)


def not_allowed(origin: str) -> Forbidden:
    """The error for a page of this origin, which may not call."""
    return Forbidden(
        f"Pages of {shorten(origin)} may not call this server: put the page's origin into {SETTING} to allow it.",
        code="origin_not_allowed",
    )
