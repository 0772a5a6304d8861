"""Voices: ids with language and gender, weighted blends of them, and OpenAI's voice names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """An id in the catalogue. language: BCP 47 in lower case; gender: "female" or "male"."""

    id: str
    name: str
    language: str
    gender: str


@dataclass(frozen=True, slots=True)
class Blend:
    """One voice, or several with weights that sum to 1. `parts` is never empty and its voices are distinct."""

    parts: tuple[tuple[Voice, float], ...]

    @property
    def language(self) -> str:
        """The language of the heaviest voice (the first of equals)."""
        return max(self.parts, key=lambda part: part[1])[0].language

    def __str__(self) -> str:
        """Canonical form: equal blends have equal strings, e.g. "af_bella(0.6667)+af_sky(0.3333)" or "af_heart"."""
        if len(self.parts) == 1:
            return self.parts[0][0].id
        return "+".join(f"{voice.id}({weight:.4f})" for voice, weight in self.parts)
