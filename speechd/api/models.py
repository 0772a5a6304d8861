"""`GET /v1/models`, `GET /v1/models/{id}` and `GET /v1/audio/voices`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from speechd.api.schema import Available
from speechd.errors import NotFound, shorten

CREATED: Final = 1_735_689_600
"""Unix seconds, 2025-01-01: about when Kokoro-82M v1.0 came out. OpenAI's `Model` must have a date of creation."""


@dataclass(frozen=True, slots=True)
class ModelEndpoints:
    """What there is to speak with."""

    available: Available

    async def models(self, request: Request) -> JSONResponse:
        """`GET /v1/models`: OpenAI's list of models."""
        return JSONResponse({"object": "list", "data": [self._describe(id) for id in self.available.models]})

    async def model(self, request: Request) -> JSONResponse:
        """`GET /v1/models/{id}`: one of them. Raises `NotFound`."""
        id = request.path_params["id"]
        if id not in self.available.models:
            raise NotFound(f"The model '{shorten(id)}' does not exist here.", param="model", code="model_not_found")
        return JSONResponse(self._describe(id))

    async def voices(self, request: Request) -> JSONResponse:
        """`GET /v1/audio/voices`: all voices; a convention of self-hosted servers."""
        voices = [
            {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
            for voice in self.available.catalogue
        ]
        return JSONResponse({"voices": voices})

    def _describe(self, id: str) -> dict[str, object]:
        return {"id": id, "object": "model", "created": CREATED, "owned_by": self.available.models[id]}
