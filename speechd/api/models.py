"""`GET /v1/models`, `GET /v1/models/{id}`, `GET /v1/audio/models` and `GET /v1/test`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from speechd.api.available import KOKORO, Available
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
        """`GET /v1/models/{id}`: one of them, under any id that a request may have. Raises `NotFound`."""
        id = request.path_params["id"]
        if not self.available.has_model(id):
            raise NotFound(f"The model '{shorten(id)}' does not exist here.", param="model", code="model_not_found")
        return JSONResponse(self._describe(id))

    async def audio_models(self, request: Request) -> JSONResponse:
        """`GET /v1/audio/models`: the list in the form that Open WebUI reads, beside OpenAI's."""
        models = [self._describe(id) | {"name": id} for id in self.available.models]
        return JSONResponse({"object": "list", "data": models, "models": models})

    async def test(self, request: Request) -> JSONResponse:
        """`GET /v1/test`, by which clients know a server with Kokoro's voices."""
        return JSONResponse({"status": "ok"})

    def _describe(self, id: str) -> dict[str, object]:
        models = self.available.models
        owner = models.get(id) or models.get(KOKORO, "openai")
        return {"id": id, "object": "model", "created": CREATED, "owned_by": owner}
