"""Which phonemes are which word's, found out after the fact: no reader of Kokoro's languages says.

Where there are as many stretches of phonemes between blanks as words, they are each other's. Otherwise readers have
joined words ("of the") or parted them; then each word is read alone, and what that gives is aligned with the phonemes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from speechd.engines.base import WordTokens
from speechd.text.alignment import Range, assignment
from speechd.text.markup import PRONUNCIATION
from speechd.text.spans import words

_STRETCH: Final = re.compile(r"\S+")
_PUNCTUATION: Final = ';:,.!?¡¿—…"«»“”()'
_STRESS: Final = "ˈˌ"
"""Signs that stand before the sound that they are of; all others stand behind it."""


def word_tokens(text: str, phonemes: str, read: Callable[[str], str]) -> tuple[WordTokens, ...]:
    """The words of `text` with their phonemes. read: reads a word alone, as it read `text` to give `phonemes`."""
    places = words(text)
    stretches = [core for match in _STRETCH.finditer(phonemes) if (core := _sounds(match))]
    if len(stretches) != len(places):
        stretches = _aligned(text, places, phonemes, read)
    return tuple(WordTokens(*place, *stretch) for place, stretch in zip(places, stretches, strict=True))


def _sounds(stretch: re.Match[str]) -> Range | None:
    """The stretch without punctuation around it; None for nothing else."""
    text = stretch[0]
    heard = [index for index, character in enumerate(text) if character not in _PUNCTUATION]
    return (stretch.start() + heard[0], stretch.start() + heard[-1] + 1) if _has_sound(text) else None


def _aligned(text: str, places: Sequence[Range], phonemes: str, read: Callable[[str], str]) -> list[Range]:
    heard = [index for index, phoneme in enumerate(phonemes) if _is_sound(phoneme)]
    alone = [list(filter(_is_sound, reading)) for reading in _readings(text, places, read)]
    owners = [owner for owner, sounds in enumerate(alone) for _ in sounds]
    ranges = assignment([phonemes[index] for index in heard], [sound for sounds in alone for sound in sounds])
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for place, (index, range) in enumerate(zip(heard, ranges, strict=True)):
        if owners:
            owner = owners[_middle(range, place, ranges) if range[0] < range[1] else max(0, range[0] - 1)]
            first.setdefault(owner, index)
            last[owner] = index + 1
    return _complete(phonemes, [(first.get(owner), last.get(owner)) for owner, _ in enumerate(places)])


def _middle(range: Range, place: int, ranges: Sequence[Range]) -> int:
    """The source of one of several phonemes that have the same ones: in proportion to where it stands among them."""
    if range[1] - range[0] == 1:
        return range[0]
    start = place
    while start and ranges[start - 1] == range:
        start -= 1
    stop = place
    while stop < len(ranges) and ranges[stop] == range:
        stop += 1
    return range[0] + (place - start) * (range[1] - range[0]) // (stop - start)


def _complete(phonemes: str, found: Sequence[tuple[int | None, int | None]]) -> list[Range]:
    """The stretches with the signs around their sounds; of words without any, nothing where the word before ends."""
    stretches: list[Range] = []
    reached = 0
    for start, stop in found:
        if start is None or stop is None:
            stretches.append((reached, reached))
            continue
        first, last = start, stop
        while first > reached and phonemes[first - 1] in _STRESS:
            first -= 1
        while last < len(phonemes) and _is_sign_behind(phonemes[last]):
            last += 1
        stretches.append((max(first, reached), max(last, reached)))
        reached = stretches[-1][1]
    return stretches


def _readings(text: str, places: Sequence[Range], read: Callable[[str], str]) -> list[str]:
    given = {match.span("word"): match[0] for match in PRONUNCIATION.finditer(text)} if "](/" in text else {}
    once = cache(read)
    return [once(given.get(place, text[place[0] : place[1]])) for place in places]


def _has_sound(text: str) -> bool:
    return any(map(_is_sound, text))


def _is_sign_behind(phoneme: str) -> bool:
    return not (_is_sound(phoneme) or phoneme.isspace() or phoneme in _PUNCTUATION or phoneme in _STRESS)


def _is_sound(phoneme: str) -> bool:
    """Whether it is a sound, and no sign of stress, length or tone."""
    return phoneme.isalnum() and phoneme not in "ˈˌːʰʲ↓→↗↘"
