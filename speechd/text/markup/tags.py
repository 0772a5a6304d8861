"""Tags in text, as Kokoro-FastAPI has them: `[voice:am_adam]` and `[rate:0.8]` hold until the next of their kind."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from speechd.errors import InvalidRequest, shorten
from speechd.text.markup.marks import Mark, Prosody, Tag, Voice

RATES: Final = (0.25, 4.0)
"""The least and the greatest rate of a tag or an alias; with the request's speed it is held to these bounds, too."""

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+\-(). ]{0,199}")


class Alias(NamedTuple):
    """What a further name of a voice stands for: a voice or blend, and its own rate, a factor on the request's."""

    voice: str
    rate: float = 1.0


def with_tags(marks: Iterable[Mark], aliases: Mapping[str, Alias]) -> Iterator[Mark]:
    """The marks, with what each tag means in its place. A voice ends the rate before it. Raises `InvalidRequest`."""
    own = 1.0  # the rate of the voice's alias
    for mark in marks:
        if not isinstance(mark, Tag):
            yield mark
        elif mark.name == "voice":
            voice, own = resolved(mark.value, aliases)
            yield Voice(voice)
            yield Prosody(own)
        else:
            yield Prosody(own * _rate(mark.value))


def resolved(name: str, aliases: Mapping[str, Alias]) -> Alias:
    """The voice that a name in a text stands for. Raises `InvalidRequest` for what can be no name."""
    if (alias := aliases.get(name.lower())) is not None:
        return alias
    if not _NAME.fullmatch(name):
        raise InvalidRequest(f"'{shorten(name)}' names no voice.", param="input", code="voice_not_found")
    return Alias(name)


def _rate(value: str) -> float:
    low, high = RATES
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not low <= rate <= high:
        raise InvalidRequest(
            f"[rate:{shorten(value)}] is no rate: write a number from {low:g} to {high:g}.",
            param="input",
            code="invalid_value",
        )
    return rate
