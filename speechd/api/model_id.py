"""The field that names a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from speechd.api.available import OPENAI_MODELS
from speechd.api.fields import Text


@dataclass(frozen=True, slots=True)
class ModelId:
    """The id of a model. Which ones there are depends on the engine."""

    def read(self, name: str, value: object) -> str | None:
        return Text(256).read(name, value) or None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": 256}

    def values(self) -> str:
        names = ", ".join(f"`{id}`" for id in OPENAI_MODELS)
        return f"an id of `GET /v1/models`: the engine's, such as `kokoro` in any spelling, or {names}"
