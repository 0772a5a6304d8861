"""ElevenLabs' HTTP endpoints: speech of a whole text, with or without timestamps, and the list of voices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from speechd.api.extensions import Reply
from speechd.api.fields import missing
from speechd.api.live.elevenlabs_messages import (
    DEFAULT_FORMAT,
    output_format,
    refuse_dictionaries,
    text_of,
    voice_speed,
)
from speechd.api.media_type import require_json
from speechd.api.schema import SpeechRequest, json_object, parse
from speechd.api.speech import SpeechEndpoint
from speechd.errors import NotFound, shorten
from speechd.voices import Voice

WORDS: Final = frozenset(("word",))


@dataclass(frozen=True, slots=True)
class ElevenLabsEndpoints:
    """The endpoints of one worker."""

    speech: SpeechEndpoint

    async def convert(self, request: Request) -> ASGIApp:
        """`POST /v1/text-to-speech/{voice}`: audio, sent whole."""
        return await self._respond(request, stream=False, timed=False)

    async def stream(self, request: Request) -> ASGIApp:
        """`POST /v1/text-to-speech/{voice}/stream`: audio, as it is made."""
        return await self._respond(request, stream=True, timed=False)

    async def convert_timed(self, request: Request) -> ASGIApp:
        """`POST /v1/text-to-speech/{voice}/with-timestamps`: a JSON object with all audio and its characters."""
        return await self._respond(request, stream=False, timed=True)

    async def stream_timed(self, request: Request) -> ASGIApp:
        """`POST /v1/text-to-speech/{voice}/stream/with-timestamps`: lines of JSON, as they are made."""
        return await self._respond(request, stream=True, timed=True)

    async def voices(self, request: Request) -> JSONResponse:
        """`GET /v1/voices`."""
        return JSONResponse({"voices": self._voices()})

    async def voices_v2(self, request: Request) -> JSONResponse:
        """`GET /v2/voices`: all of them on one page."""
        voices = self._voices()
        told = {"has_more": False, "total_count": len(voices), "next_page_token": None}
        return JSONResponse({"voices": voices} | told)

    async def voice(self, request: Request) -> JSONResponse:
        """`GET /v1/voices/{voice}`. Raises `NotFound`."""
        id = request.path_params["voice"]
        for voice in self.speech.available.catalogue:
            if voice.id == id:
                return JSONResponse(described(voice))
        raise NotFound(f"There is no voice '{shorten(id)}'.", param="voice_id", code="voice_not_found")

    async def _respond(self, request: Request, *, stream: bool, timed: bool) -> ASGIApp:
        require_json(request)
        fields = json_object(b"".join([piece async for piece in request.stream()]))
        asked = openai_fields(fields, request.path_params["voice"], request.query_params)
        body = orjson.dumps(asked | {"stream": stream})
        wanted = parse(body, self.speech.available)
        return self.speech.respond(request, body, _timed(wanted) if timed else wanted)

    def _voices(self) -> list[dict[str, object]]:
        return [described(voice) for voice in self.speech.available.catalogue]


def openai_fields(fields: Mapping[str, Any], voice: str, query: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `POST /v1/audio/speech` that ask for the same. Raises `InvalidRequest`."""
    refuse_dictionaries(fields)
    text = text_of(fields)
    if text is None:
        raise missing("text")
    format, rate = output_format(query.get("output_format", DEFAULT_FORMAT))
    asked = {
        "input": text,
        "voice": voice,
        "response_format": format,
        "sample_rate": rate,
        "speed": voice_speed(fields),
        "lang_code": fields.get("language_code") or None,
        "seed": fields.get("seed"),
    }
    if fields.get("apply_text_normalization") == "off":
        asked["normalization_options"] = {"normalize": False}
    return {name: value for name, value in asked.items() if value is not None}


def described(voice: Voice) -> dict[str, object]:
    """A voice as ElevenLabs' clients are told of it."""
    return {
        "voice_id": voice.id,
        "name": voice.id,
        "category": "premade",
        "description": voice.name,
        "labels": {"language": voice.language, "gender": voice.gender},
        "preview_url": None,
        "settings": None,
    }


def _timed(wanted: SpeechRequest) -> SpeechRequest:
    return replace(wanted, extension=replace(wanted.extension, reply=Reply.ELEVENLABS, granularities=WORDS))
