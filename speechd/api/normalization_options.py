"""`normalization_options`, the field of Kokoro-FastAPI that says which written forms are turned into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from speechd.api.fields import Boolean, JsonSchema, wrong_type
from speechd.errors import InvalidRequest

NORMALIZE: Final = "normalize"
"""The option that turns all of them off."""

ALWAYS: Final = (
    "url_normalization",
    "email_normalization",
    "optional_pluralization_normalization",
    "phone_normalization",
    "replace_remaining_symbols",
)
"""Options that are always on here while anything is normalised; there they are on by default."""

UNITS: Final = "unit_normalization"
"""The option for units, which is off there by default, so that clients send `false` without meaning it. Here units are
always read."""


@dataclass(frozen=True, slots=True)
class NormalizationOptions:
    """Whether text is normalised. What cannot be turned off by itself is refused."""

    def read(self, name: str, value: object) -> bool:
        if not isinstance(value, dict):
            raise wrong_type(name, "an object", value)
        given = {
            option: Boolean().read(f"{name}.{option}", value[option])
            for option in (NORMALIZE, UNITS, *ALWAYS)
            if value.get(option) is not None
        }
        if given.get(NORMALIZE, True):
            for option in ALWAYS:
                if not given.get(option, True):
                    raise InvalidRequest(
                        f"'{option}' cannot be turned off by itself: '{NORMALIZE}': false turns all of them off.",
                        param=f"{name}.{option}",
                        code="unsupported_parameter",
                    )
        return given.get(NORMALIZE, True)

    def schema(self) -> JsonSchema:
        on = {"anyOf": [{"enum": [True, "true", "1", "yes", "on"]}, {"type": "null"}]}
        switch = {"anyOf": [*Boolean().schema()["anyOf"], {"type": "null"}]}
        return {
            "type": "object",
            "properties": {NORMALIZE: switch, UNITS: switch, **dict.fromkeys(ALWAYS, on)},
        }

    def values(self) -> str:
        return f'`{{"{NORMALIZE}": false}}`, `{{"{NORMALIZE}": true}}`'
