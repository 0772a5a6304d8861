"""The language of a request: its tag, a code of it, or its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from speechd.api.fields import JsonSchema, Text
from speechd.errors import InvalidRequest
from speechd.languages.table import CODES, LANGUAGES

ENGLISH: Final = "en"
"""English of any country: that of the voice, if it speaks English."""

AUTO: Final = "auto"
"""The language of the voice, as if none was named."""

NAMES: Final[Mapping[str, str]] = {
    **{language.name.lower(): tag for tag, language in LANGUAGES.items()},
    "english": ENGLISH,
    "chinese": "zh",
    "mandarin": "zh",
    "portuguese": "pt-br",
}
"""Names in English, in lower case → the language."""

MEANINGS: Final[Mapping[str, str]] = {
    **{tag: tag for tag in LANGUAGES},
    **CODES,
    **NAMES,
    ENGLISH: ENGLISH,
    AUTO: "",
    "": "",
}
"""All that may be written, in lower case → the language; "" for the voice's own."""


@dataclass(frozen=True, slots=True)
class LanguageCode:
    """A language by its tag, by Kokoro's letter, by a short form or by its name; letter case and `_` for `-` make no
    difference, and a country that is not known counts for none ("es-MX")."""

    def read(self, name: str, value: object) -> str | None:
        code = Text(32).read(name, value).lower().replace("_", "-")
        language = MEANINGS.get(code, MEANINGS.get(code.partition("-")[0] or code))
        if language is None:
            raise InvalidRequest(
                f"Invalid '{name}': '{code}'. Supported values are: {', '.join(codes())}.",
                param=name,
                code="invalid_value",
            )
        return language or None

    def schema(self) -> JsonSchema:
        return {"type": "string", "enum": list(MEANINGS)}

    def values(self) -> str:
        return ", ".join(f"`{code}`" for code in codes()) + ", or the language's name in English"


def codes() -> list[str]:
    """The tags and codes."""
    return sorted({*CODES, *CODES.values(), ENGLISH})


def spoken_names(languages: Collection[str]) -> list[str]:
    """All that may be written where these languages are spoken."""
    return [name for name, tag in MEANINGS.items() if tag in languages or tag in ("", ENGLISH)]


def spoken(wanted: str | None, of_voice: str) -> str:
    """The tag of the language that is spoken when this one is wanted of a voice that has that one."""
    if wanted is None or (wanted == ENGLISH and of_voice.startswith(f"{ENGLISH}-")):
        return of_voice
    return CODES[ENGLISH] if wanted == ENGLISH else wanted
