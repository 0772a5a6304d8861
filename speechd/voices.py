"""Voices: ids with language and gender, weighted blends of them, and the catalogue of those that an engine has."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from speechd.errors import InvalidRequest

MAX_PARTS: Final = 8
"""Voices in one blend. Beyond a handful every blend sounds like the average of all."""

WEIGHTS: Final = (0.001, 1000.0)
"""Least and greatest weight of a voice in a blend: no sum of them overflows, no share vanishes."""

NOTHING: Final = 1e-9
"""The share of a blend up to which a voice counts as cancelled out by itself: rounding leaves less."""

# Not a sign within the brackets of a weight.
_PLUS = re.compile(r"\+(?![^()]*\))")
_MINUS = re.compile(r"-(?![^()]*\))")

_WEIGHT = re.compile(r"\([^()]*\)\s*\Z")
_PART = re.compile(r"(?P<id>[^()+\s]+)\s*(?:\(\s*(?P<weight>[^()]{1,20})\))?")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of an engine. name: for people, and not unique; language: BCP 47 in lower case; gender: "female" or
    "male"; quality: the grade that its makers give it, "A" to "F", None where they give none."""

    id: str
    name: str
    language: str
    gender: str
    quality: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Blend:
    """One voice with the weight 1, or several: the weight of one that is subtracted is negative, and without regard to
    signs they sum to 1. `parts` is never empty, its voices are distinct, and at least one is not subtracted."""

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
        if len(self.parts) == 1 and self.parts[0][1] == 1.0:
            return self.parts[0][0].id
        signed = (f"{'-' if weight < 0 else '+'}{voice.id}({abs(weight):.4f})" for voice, weight in self.parts)
        return "".join(signed).removeprefix("+")


class Catalogue:
    """The voices that can be asked for, in the order in which they were given. An engine fills it.

    A voice is found by its id, by a further name, and by its name for people where no other voice has that; in any
    letter case. To iterate gives the voices that can be spoken here.
    """

    def __init__(
        self,
        voices: Iterable[Voice],
        aliases: Mapping[str, str] | None = None,
        examples: Sequence[str] = (),
        *,
        unlisted: Collection[str] = (),
    ) -> None:
        """aliases: further names → ids; examples: up to two ids that messages name, by default the first ones.
        unlisted: ids of voices that lack something here: they are found, for the engine to say what, but not listed."""
        self._voices = {voice.id: voice for voice in voices}
        self._aliases = dict(aliases or {})
        self._listed = [voice for voice in self._voices.values() if voice.id not in unlisted]
        listed = [voice.id for voice in self._listed]
        self._examples = (*(id for id in examples if id in listed), *listed)[:2] or (*examples, "")
        self._by_folded = self._folded()

    def __iter__(self) -> Iterator[Voice]:
        return iter(self._listed)

    @property
    def aliases(self) -> tuple[str, ...]:
        """The further names by which voices can be asked for (Kokoro's: OpenAI's voices)."""
        return tuple(self._aliases)

    @property
    def default(self) -> str:
        """The id of the voice that speaks where none is asked for."""
        return self._examples[0]

    def aliases_of(self, voice: Voice) -> list[str]:
        """The further names of this voice."""
        return [alias for alias, id in self._aliases.items() if id == voice.id]

    def has(self, name: str) -> bool:
        """Whether a single voice has this id or name."""
        return self._known(name.strip()) is not None

    def parse(self, text: str) -> Blend:
        """The blend that `text` names: "af_heart", "alloy", "af_bella(2)+af_sky(1)", "af_bella - af_sky(0.2)".

        Weights are relative, 1 where absent; a voice named twice has the sum of its weights. Raises `InvalidRequest`.
        """
        terms = self._terms(text)
        if len(terms) > MAX_PARTS:
            raise _invalid(f"a blend has at most {MAX_PARTS} voices, and this one has {len(terms)}")
        weights: dict[str, float] = defaultdict(float)
        total = 0.0
        for sign, written in terms:
            voice, weight = self._part(written)
            weights[voice.id] += sign * weight
            total += weight
        shares = {id: weight / total for id, weight in weights.items() if abs(weight) > NOTHING * total}
        if not any(share > 0 for share in shares.values()):
            raise _invalid(f"nothing is left of '{text[:64]}' but what is subtracted")
        if len(weights) == 1:  # however often it is named, it is that voice
            shares = dict.fromkeys(shares, 1.0)
        in_order = sorted(shares.items(), key=lambda part: (part[1] < 0, part[0]))
        return Blend(tuple((self._voices[id], share) for id, share in in_order))

    def _terms(self, text: str) -> list[tuple[int, str]]:
        """The voices of a blend as they are written, each with its sign."""
        terms: list[tuple[int, str]] = []
        for added in _PLUS.split(text):
            is_one = self.has(_WEIGHT.sub("", added))  # an id may have a hyphen
            first, *subtracted = [added] if is_one else _MINUS.split(added)
            terms += [(1, first.strip()), *((-1, written.strip()) for written in subtracted)]
        return terms

    def _part(self, text: str) -> tuple[Voice, float]:
        if (voice := self._known(text)) is not None:
            return voice, 1.0
        match = _PART.fullmatch(text)
        if match is None:
            first, last = self._examples[0], self._examples[-1]
            raise _invalid(f"{text[:64]!r} is no voice; a voice is written '{first}', a blend '{first}(2)+{last}(1)'")
        return self._voice(match["id"]), 1.0 if match["weight"] is None else _weight(match["weight"])

    def _voice(self, id: str) -> Voice:
        voice = self._known(id)
        if voice is None:
            names = " or ".join(f"'{name}'" for name in self._nearest(id[:64]))
            raise _invalid(
                f"there is no voice '{id[:64]}'. Did you mean {names}? GET /v1/audio/voices lists all",
                code="voice_not_found",
            )
        return voice

    def _known(self, name: str) -> Voice | None:
        """The voice of this id or name, None if there is none. Raises `InvalidRequest` if there are several."""
        if (voice := self._voices.get(self._aliases.get(name, name))) is not None:
            return voice
        ids = self._by_folded.get(name.casefold(), ())
        if len(ids) > 1:
            raise _invalid(f"'{name}' is the name of several voices: {', '.join(ids)}", code="voice_not_found")
        return self._voices[ids[0]] if ids else None

    def _folded(self) -> Mapping[str, Sequence[str]]:
        """Ids by what names them without regard to case: names, before them further names, before them ids."""
        names: dict[str, list[str]] = defaultdict(list)
        ids: dict[str, list[str]] = defaultdict(list)
        for voice in self._listed:
            names[voice.name.casefold()].append(voice.id)
        for id in self._voices:
            ids[id.casefold()].append(id)
        aliases = {alias.casefold(): [id] for alias, id in self._aliases.items() if id in self._voices}
        return {**names, **aliases, **ids}

    def _nearest(self, id: str) -> Iterable[str]:
        """Up to three names that are similar, or examples of names."""
        # People leave the prefix out ("bela"), so names count as ids do.
        known = {voice.name.lower(): voice.id for voice in self} | {
            name: name for name in (*(voice.id for voice in self), *self._aliases)
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
