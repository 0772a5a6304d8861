"""The voice of a request, as it is written there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from speechd.api.fields import JsonSchema, Text, missing
from speechd.voices import MAX_PARTS

MAX_LENGTH: Final = 512
"""Characters of a voice or blend: eight long names with their weights."""


@dataclass(frozen=True, slots=True)
class VoiceName:
    """A voice or a blend by name; or, as OpenAI has it for custom voices, an object with its `id`."""

    def read(self, name: str, value: object) -> str | None:
        if not isinstance(value, dict):
            return Text(MAX_LENGTH).read(name, value)
        if value.get("id") is None:
            raise missing(f"{name}.id")
        return Text(MAX_LENGTH).read(f"{name}.id", value["id"])

    def schema(self) -> JsonSchema:
        return _schema({"type": "string", "maxLength": MAX_LENGTH})

    def values(self) -> str:
        return (
            "an id of `GET /v1/audio/voices`, one of OpenAI's names such as `alloy`, "
            '`{"id": "…"}`, or a blend such as `af_bella(2)+af_sky(1)` or `af_bella-af_sky(0.3)`'
        )


def voice_schema(names: Iterable[str]) -> JsonSchema:
    """The schema of a voice on a server where voices have these names."""
    return _schema(blend_schema(names))


def blend_schema(names: Iterable[str]) -> JsonSchema:
    """The schema of a voice or a blend as a string. What is subtracted is left out: it may leave nothing."""
    known = "|".join(name.replace(".", "[.]") for name in names)
    part = rf"({known})(\([1-9]\))?"
    return {"type": "string", "pattern": rf"^{part}(\+{part}){{0,{MAX_PARTS - 1}}}$"}


def combination_schema(names: Sequence[str]) -> JsonSchema:
    """The schema of a blend that is a string, or an array of voices."""
    voices = {"type": "array", "items": {"enum": list(names)}, "minItems": 1, "maxItems": MAX_PARTS}
    return {"anyOf": [blend_schema(names), voices]}


def _schema(name: JsonSchema) -> JsonSchema:
    by_id = {"type": "object", "properties": {"id": name}, "required": ["id"]}
    return {"anyOf": [name, by_id]}
