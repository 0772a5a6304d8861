"""Voices: ids with language and gender, weighted blends of them, and the catalogue of those that an engine has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from speechd.errors import InvalidRequest

MAX_PARTS: Final = 8
"""Voices in one blend. Beyond a handful every blend sounds like the average of all."""

WEIGHTS: Final = (0.001, 1000.0)
"""Least and greatest weight of a voice in a blend: no sum of them overflows, no share vanishes."""

_PART = re.compile(r"(?P<id>[^()+\s]+)\s*(?:\(\s*(?P<weight>[^()]{1,20})\))?")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of an engine. language: BCP 47 in lower case; gender: "female" or "male"."""

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
        return self.heaviest.language

    @property
    def heaviest(self) -> Voice:
        """The voice with the greatest weight (the first of equals)."""
        return max(self.parts, key=lambda part: part[1])[0]

    def __str__(self) -> str:
        """Canonical form: equal blends have equal strings, e.g. "af_bella(0.6667)+af_sky(0.3333)" or "af_heart"."""
        if len(self.parts) == 1:
            return self.parts[0][0].id
        return "+".join(f"{voice.id}({weight:.4f})" for voice, weight in self.parts)


class Catalogue:
    """The voices that can be asked for, in the order in which they were given. An engine fills it."""

    def __init__(
        self, voices: Iterable[Voice], aliases: Mapping[str, str] | None = None, examples: Sequence[str] = ()
    ) -> None:
        """aliases: further names → ids; examples: up to two ids that messages name, by default the first ones."""
        self._voices = {voice.id: voice for voice in voices}
        self._aliases = dict(aliases or {})
        self._examples = (*examples, *self._voices)[:2]

    def __iter__(self) -> Iterator[Voice]:
        return iter(self._voices.values())

    @property
    def aliases(self) -> tuple[str, ...]:
        """The further names by which voices can be asked for (Kokoro's: OpenAI's voices)."""
        return tuple(self._aliases)

    def parse(self, text: str) -> Blend:
        """The blend that `text` names: "af_heart", "alloy", "af_bella(2)+af_sky(1)", "af_bella + af_sky".

        Weights are relative, 1 where absent; a voice named twice has the sum of its weights. Raises `InvalidRequest`.
        """
        texts = text.split("+")
        if len(texts) > MAX_PARTS:
            raise _invalid(f"a blend has at most {MAX_PARTS} voices, and this one has {len(texts)}")
        weights: dict[str, float] = {}
        for part in texts:
            voice, weight = self._part(part.strip())
            weights[voice.id] = weights.get(voice.id, 0.0) + weight
        total = sum(weights.values())
        return Blend(tuple((self._voices[id], weight / total) for id, weight in sorted(weights.items())))

    def _part(self, text: str) -> tuple[Voice, float]:
        match = _PART.fullmatch(text)
        if match is None:
            first, last = self._examples[0], self._examples[-1]
            raise _invalid(f"{text[:64]!r} is no voice; a voice is written '{first}', a blend '{first}(2)+{last}(1)'")
        return self._voice(match["id"]), 1.0 if match["weight"] is None else _weight(match["weight"])

    def _voice(self, id: str) -> Voice:
        voice = self._voices.get(self._aliases.get(id, id))
        if voice is None:
            names = " or ".join(f"'{name}'" for name in self._nearest(id[:64]))
            raise _invalid(
                f"there is no voice '{id[:64]}'. Did you mean {names}? GET /v1/audio/voices lists all",
                code="voice_not_found",
            )
        return voice

    def _nearest(self, id: str) -> Iterable[str]:
        """Up to three names that are similar, or examples of names."""
        # People leave the prefix out ("bela"), so names count as ids do.
        known = {voice.name.lower(): voice.id for voice in self} | {
            name: name for name in (*self._voices, *self._aliases)
        }
        near = difflib.get_close_matches(id.lower(), known, n=3, cutoff=0.5)
        return dict.fromkeys([known[key] for key in near] or (*self._examples[:1], *self.aliases[:1]))


def _weight(text: str) -> float:
    low, high = WEIGHTS
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not low <= weight <= high:  # false for nan too
        raise _invalid(f"the weight {text.strip()!r} is not a number from {low:g} to {high:g}")
    return weight


def _invalid(reason: str, code: str = "invalid_value") -> InvalidRequest:
    return InvalidRequest(f"Invalid 'voice': {reason}.", param="voice", code=code)
