"""The values of SSML's attributes: pauses, rates, volumes, languages, and ways to say a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from speechd.languages.table import CODES, find_language
from speechd.text.markup.marks import PAUSE_LIMIT_S
from speechd.text.markup.tags import RATES

BREAK_S: Final[Mapping[str, float]] = {
    "none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.5, "strong": 1.0, "x-strong": 1.5,
}  # fmt: skip
"""Seconds of silence for each strength of a break."""

RATE: Final[Mapping[str, float]] = {
    "x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.5,
}  # fmt: skip
"""The factor for each name of a rate."""

VOLUME: Final[Mapping[str, float]] = {
    "silent": 0.0, "x-soft": 0.25, "soft": 0.5, "medium": 1.0, "default": 1.0, "loud": 1.4, "x-loud": 2.0,
}  # fmt: skip
"""The factor on the samples for each name of a volume: some 6 dB apart below the usual one, and 3 dB above it."""

MAX_VOLUME: Final = 4.0
"""The greatest factor, 12 dB."""

BREAK_RULE: Final = f"has a time of 0s to {PAUSE_LIMIT_S:g}s, or in ms, or a strength: {', '.join(BREAK_S)}"
RATE_RULE: Final = f"has a rate from {RATES[0]:g} to {RATES[1]:g}, in percent, or one of {', '.join(RATE)}"
VOLUME_RULE: Final = f"has a volume in dB up to +12dB, from 0 to 100, or one of {', '.join(VOLUME)}"

SPELLED: Final = ("characters", "spell-out", "spell", "verbatim", "letters", "digits", "telephone")
READ: Final = ("cardinal", "number", "date", "time", "currency", "unit", "fraction", "measure", "address", "name")
KINDS: Final = (*SPELLED, "ordinal", *READ)
"""Values of `interpret-as`. What is not spelled is read as it is written: dates, times and money are known by sight."""

_TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(ms|s)", re.IGNORECASE)
_NUMBER = re.compile(r"([+-])?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})(%|dB)?", re.IGNORECASE)


def pause_s(time: str | None, strength: str | None) -> float | None:
    """The seconds of a break; None for a value that is none."""
    if time is None:
        return BREAK_S.get(strength or "medium")
    match = _TIME.fullmatch(time.strip())
    seconds = float(match[1]) / (1000 if match[2].lower() == "ms" else 1) if match else PAUSE_LIMIT_S + 1
    return seconds if seconds <= PAUSE_LIMIT_S else None


def rate(value: str | None, outer: float) -> float | None:
    """The rate of an element within one of rate `outer`; None for a value that is none. A percentage with a sign is of
    the rate around it, one without of the voice's own."""
    if value is None or value in RATE:
        return outer if value is None else RATE[value]
    match = _NUMBER.fullmatch(value.strip())
    if match is None or (match[3] or "%") != "%" or (match[1] and not match[3]):
        return None
    number = float(match[2]) / (100 if match[3] else 1)
    if match[1]:
        number = outer * (1 + number if match[1] == "+" else 1 - number)
    return number if RATES[0] <= number <= RATES[1] else None


def volume(value: str | None, outer: float) -> float | None:
    """The factor on the samples of an element within one of `outer`; None for a value that is none."""
    if value is None or value in VOLUME:
        return outer if value is None else VOLUME[value]
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        return None
    number = float(f"{match[1] or ''}{match[2]}")
    if match[3] and match[3].lower() == "db":
        factor = 10.0 ** (number / 20)
    elif match[1] and match[3]:
        factor = outer * (1 + number / 100)
    elif match[1]:
        return None
    else:
        factor = number / 100 if number <= 100 else MAX_VOLUME + 1
    return factor if 0 <= factor <= MAX_VOLUME else None


def language(tag: str) -> str:
    """The language of `xml:lang`, as the engine names it: by the tag, or by the language alone ("fr-CA" is "fr-fr")."""
    code = tag.strip().lower().replace("_", "-")
    known = set(CODES.values())
    if code in known:
        return code
    return CODES.get(code) or CODES.get(code.partition("-")[0]) or code


def said_as(text: str, kind: str, language: str) -> str | None:
    """What is spoken of a text; None for a kind that there is not."""
    kind = kind.strip().lower()
    if kind in SPELLED:
        return _spelled(text)
    if kind == "ordinal" and text.isdecimal() and text.isascii() and len(text) <= 9:
        return _ordinal(int(text), language) or text
    return text if kind in KINDS else None


def _spelled(text: str) -> str:
    """The characters one by one. Capitals are read as letters everywhere, and small ones as words ("a")."""
    return " ".join(
        character.upper() if len(character.upper()) == 1 else character for character in text if not character.isspace()
    )


@lru_cache(64)
def _ordinal(number: int, tag: str) -> str | None:
    from num2words import num2words

    numbers = find_language(tag).numbers
    return str(num2words(number, lang=numbers.num2words, to="ordinal")) if numbers else None
