"""`POST /v1/audio/speech`: from the request to who speaks it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp

from speechd.api.available import Available
from speechd.api.call import SpeechCall
from speechd.api.local_speech import LocalSpeech
from speechd.api.media_type import require_json
from speechd.api.overflow.overflow import Overflow
from speechd.api.paths import OVERFLOW_HEADER
from speechd.api.schema import SpeechRequest, parse
from speechd.config.settings import Settings
from speechd.context import RequestContext

READ_TIMEOUT_HEADER: Final = "x-stainless-read-timeout"
"""Header in which OpenAI's SDKs say how many seconds they wait between two reads: to work for longer helps nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEndpoint:
    """The endpoint, in one worker. overflow: None without an upstream server."""

    settings: Settings
    available: Available
    local: LocalSpeech
    overflow: Overflow | None

    async def create(self, request: Request) -> ASGIApp:
        """The response. A place is taken after the body was read, and before any work on the text."""
        require_json(request)
        body = b"".join([piece async for piece in request.stream()])  # which the request does not keep
        return self.respond(request, body, parse(body, self.available))

    def respond(self, request: Request, body: bytes, wanted: SpeechRequest) -> ASGIApp:
        """The response to a request of this body, which asks for `wanted`."""
        call = self._call(request, body, wanted, arrival=time.monotonic())
        local = partial(self.local.respond, call)
        if self.overflow is None or not wanted.is_portable:
            return local()
        return self.overflow.respond(call, local)

    def _call(self, request: Request, body: bytes, wanted: SpeechRequest, arrival: float) -> SpeechCall:
        context = RequestContext.of(request.scope)
        context.voice, context.characters, context.format = str(wanted.blend), len(wanted.input), wanted.format
        return SpeechCall(
            context=context,
            wanted=wanted,
            body=body,
            # A client of HTTP/1.0 knows no chunked transfer: only a length tells it a complete reply from a broken one.
            whole=not wanted.stream or wanted.extension.is_whole or request.scope["http_version"] == "1.0",
            is_forwarded=OVERFLOW_HEADER in request.headers,
            arrival=arrival,
            read_timeout_s=read_timeout_s(request.headers.get(READ_TIMEOUT_HEADER, "")),
            first_audio_s=self.settings.synthesis_timeout_s + self.settings.max_wait_s,
            write_s=self.settings.write_timeout_s,
        )


def read_timeout_s(stated: str) -> float:
    """Seconds that a client states in `READ_TIMEOUT_HEADER`; infinite for what is no number."""
    return float(stated) if stated.replace(".", "", 1).isdecimal() else math.inf
