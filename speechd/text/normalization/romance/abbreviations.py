"""Abbreviations: "Sr. López", "p. ej.", "etc."."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, either, rule

_LAST: Final = re.compile(r"[\"')\s]*$")


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    spoken, numbered = words.forms.abbreviations, words.forms.number_abbreviations

    def say(match: re.Match[str], _: object) -> str:
        written = re.sub(r"\. ?(?=\w)", ". ", match[0]) if match[0] not in spoken else match[0]
        ends = written[-1] == "." and _LAST.match(match.string, match.end()) is not None
        return spoken[written] + "." * ends

    # "p. ej." is also written "p.ej.".
    written = either({*spoken, *(text for text in spoken)}).replace(r"\.\ ", r"\.[ ]?")
    yield rule(rf"(?<![\w.]){written}(?![\w])(?!\.\w)", say)
    if numbered:
        yield rule(rf"(?<![\w.]){either(numbered)}[ ]?(?=\d)", lambda m, _: f"{numbered[m[0].rstrip()]} ")
