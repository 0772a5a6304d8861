"""Cartesia's HTTP endpoints: speech of a whole text, as bytes or as server-sent events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp

from speechd.api.extensions import Reply
from speechd.api.fields import Boolean
from speechd.api.live.cartesia_messages import FLOATS, OutputFormat, optional, required, transcript, voice_fields
from speechd.api.media_type import require_json
from speechd.api.schema import json_object, parse
from speechd.api.speech import SpeechEndpoint
from speechd.errors import InvalidRequest

CONTAINERS: Final = ("raw", "wav", "mp3")

WORDS: Final = frozenset(("word",))


@dataclass(frozen=True, slots=True)
class CartesiaEndpoints:
    """The endpoints of one worker."""

    speech: SpeechEndpoint

    async def bytes(self, request: Request) -> ASGIApp:
        """`POST /tts/bytes`: audio, as it is made."""
        fields = await self._fields(request)
        output = OutputFormat.read(fields, CONTAINERS)
        is_float = output.container == "raw" and output.encoding == FLOATS
        if is_float and request.scope["http_version"] == "1.0":
            raise InvalidRequest("Floats are streamed, which takes HTTP/1.1.", param="output_format")
        return self._respond(request, fields, output, Reply.FLOATS if is_float else Reply.AUDIO)

    async def sse(self, request: Request) -> ASGIApp:
        """`POST /tts/sse`: audio and words, as they are made."""
        fields = await self._fields(request)
        output = OutputFormat.read(fields)
        reply = Reply.CARTESIA_FLOATS if output.encoding == FLOATS else Reply.CARTESIA
        is_timed = optional(fields, "add_timestamps", Boolean(), False)
        return self._respond(request, fields, output, reply, WORDS if is_timed else frozenset())

    def _respond(
        self,
        request: Request,
        fields: Mapping[str, Any],
        output: OutputFormat,
        reply: Reply,
        granularities: frozenset[str] = frozenset(),
    ) -> ASGIApp:
        body = orjson.dumps(openai_fields(fields, output))
        wanted = parse(body, self.speech.available)
        if reply is not Reply.AUDIO:
            wanted = replace(wanted, extension=replace(wanted.extension, reply=reply, granularities=granularities))
        return self.speech.respond(request, body, wanted)

    async def _fields(self, request: Request) -> Mapping[str, Any]:
        require_json(request)
        return json_object(b"".join([piece async for piece in request.stream()]))


def openai_fields(fields: Mapping[str, Any], output: OutputFormat) -> dict[str, Any]:
    """The fields of `POST /v1/audio/speech` that ask for the same. Raises `InvalidRequest`."""
    voice = voice_fields(fields)
    required(fields, "transcript")
    asked = {
        "input": transcript(fields),
        "voice": voice["voice"],
        "response_format": output.format,
        "sample_rate": output.sample_rate,
        "speed": voice["speed"],
        "volume_multiplier": voice["volume"],
        "lang_code": voice["language"],
    }
    if fields.get("normalization") == "off":
        asked["normalization_options"] = {"normalize": False}
    return {name: value for name, value in asked.items() if value is not None}
