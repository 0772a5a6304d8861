"""Texts to speak: English sentences of many lengths, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

OPENINGS: Final = ("Later that day", "In the small town", "By the river", "After all these years", "Without a word")
SUBJECTS: Final = ("the old captain", "a quiet teacher", "her younger brother", "the whole orchestra", "my neighbour")
VERBS: Final = ("remembered", "carried", "described", "painted", "borrowed", "repaired")
OBJECTS: Final = ("a letter from home", "the broken clock", "seven yellow flowers", "an unfinished story", "the map")
ENDINGS: Final = (
    "before anyone noticed",
    "as the rain began",
    "with great care",
    "and smiled",
    "until the lights came on",
)

MEDIAN: Final = 180
SIGMA: Final = 0.8
LONGEST: Final = 1500
"""Characters of a request, lognormal: most are a few sentences, some a page."""

LENGTHS: Final = {"short": 60, "medium": 250, "long": 1000}
"""Characters of texts of a size."""


def sentence(random: random.Random) -> str:
    """One sentence of 40 to 100 characters."""
    opening, subject, verb, object, ending = map(random.choice, (OPENINGS, SUBJECTS, VERBS, OBJECTS, ENDINGS))
    return f"{opening}, {subject} {verb} {object} {ending}."


def text(random: random.Random, length: int) -> str:
    """Whole sentences, of `length` characters together or somewhat more."""
    sentences = [sentence(random)]
    while sum(map(len, sentences)) < length:
        sentences.append(sentence(random))
    return " ".join(sentences)


def sized(name: str) -> str:
    """The text of a size of `LENGTHS`, always the same."""
    return text(random.Random(0), LENGTHS[name])


def varied(seed: int, median: int = MEDIAN) -> Iterator[str]:
    """Texts without end, of varied length."""
    choice = random.Random(seed)
    while True:
        yield text(choice, min(LONGEST, round(median * choice.lognormvariate(0.0, SIGMA))))
