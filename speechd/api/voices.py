"""`GET /v1/audio/voices` and `POST /v1/audio/voices/combine`, as other self-hosted servers have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from speechd.api.fields import Boolean, Text, wrong_type
from speechd.api.media_type import require_json
from speechd.api.voice_name import MAX_LENGTH
from speechd.engines.base import Engine, SupportsPacks
from speechd.errors import InvalidRequest, NotFound
from speechd.text.markup.tags import Alias
from speechd.voices import Blend, Catalogue, Voice

LEGACY: Final = "legacy"
"""The parameter of a query that asks for bare ids instead of objects."""

PACK_MEDIA_TYPE: Final = "application/octet-stream"
"""`Content-Type` of a voice pack."""


@dataclass(frozen=True, slots=True)
class VoiceEndpoints:
    """The voices of an engine. named: those of the names file."""

    engine: Engine
    catalogue: Catalogue
    named: Mapping[str, Alias] = field(default_factory=dict)

    async def voices(self, request: Request) -> JSONResponse:
        """`GET /v1/audio/voices`: the voices that can be spoken; with `?legacy=true` their ids alone."""
        legacy = request.query_params.get(LEGACY)
        if legacy is not None and Boolean().read(LEGACY, legacy):
            return JSONResponse({"voices": [*self.named, *(voice.id for voice in self.catalogue)]})
        named = [self._named(name, meant) for name, meant in self.named.items()]
        return JSONResponse({"voices": [*named, *(described(voice, self.catalogue) for voice in self.catalogue)]})

    async def combine(self, request: Request) -> Response:
        """`POST /v1/audio/voices/combine`: the pack of a blend, for the folder `voices` of a server's model."""
        require_json(request)
        blend = self._blend(b"".join([piece async for piece in request.stream()]))
        engine = self.engine
        if not isinstance(engine, SupportsPacks):
            raise NotFound(f"The engine '{engine.name}' has no voice packs to combine.", code="no_voice_packs")
        name = quote(f"{blend}.pt", safe="+-()")
        return Response(
            engine.pack(blend),
            media_type=PACK_MEDIA_TYPE,
            headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"},
        )

    def _named(self, name: str, meant: Alias) -> dict[str, object]:
        blend = self.catalogue.parse(meant.voice)
        first = described(blend.parts[0][0], self.catalogue)
        return first | {"id": name, "name": name, "display_name": name, "voice": str(blend), "aliases": []}

    def _blend(self, body: bytes) -> Blend:
        try:
            wanted = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"The body is no JSON: {error}", code="invalid_json") from None
        if isinstance(wanted, list) and wanted:
            wanted = "+".join(Text(MAX_LENGTH).read("voices", each) for each in wanted)
        if not isinstance(wanted, str):
            raise wrong_type("voices", "a string, or an array of strings", wanted)
        return self.catalogue.parse(Text(MAX_LENGTH).read("voices", wanted))


def described(voice: Voice, catalogue: Catalogue) -> dict[str, object]:
    """What clients are told of a voice. Both `id` and `name` are what a request names; people read `display_name`."""
    return {
        "id": voice.id,
        "name": voice.id,
        "display_name": voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "quality": voice.quality,
        "aliases": catalogue.aliases_of(voice),
    }
