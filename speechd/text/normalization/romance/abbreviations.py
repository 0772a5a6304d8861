"""Abbreviations: "Sr. López", "p. ej.", "etc."."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.units import UNITS

_LAST: Final = re.compile(r"[\"')\s]*$")


_INITIAL: Final = re.compile(r"[A-ZÀ-Þ][\w.]*[ ]$")
_NUMBER: Final = re.compile(r"\d[ ]?$")
_GOES_ON: Final = re.compile(r"[ ]?[,;:)]|[ ][^\W\d_A-ZÀ-Þ]")
_CONTEXT: Final = 24
"""Characters before an abbreviation of one letter, which is none behind a name: "Juan D. Perón"."""


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    spoken = dict(_variants(words.forms.abbreviations))
    numbered = words.forms.number_abbreviations

    def say(match: re.Match[str], _: object) -> str:
        written = match[0]
        before = match.string[max(0, match.start() - _CONTEXT) : match.start()]
        after = match.string[match.end() : match.end() + 2].strip()
        if len(written) == 2 and written[1] == "." and (_INITIAL.search(before) or not after[:1].isalpha()):
            return written
        if written[-1] == "." and written[:-1] in UNITS and _NUMBER.search(before):
            goes_on = _GOES_ON.match(match.string, match.end())
            return written[:-1] if goes_on else written
        ends = written[-1] == "." and _LAST.match(match.string, match.end()) is not None
        return spoken[written] + "." * ends

    yield rule(r"(?<![\w~])~[ ]?(?=\d)", f"{words.forms.signs['≈']} ", hint="~")
    yield rule(rf"(?<![\w.]){either(spoken)}(?!\w)(?!\.\w)", say)
    if number := spoken.get("n°"):
        yield rule(r"(?<!\w)[nN]\.?[°º](?=\d)", f"{number} ")
    if numbered:
        yield rule(
            rf"(?<![\w.]){either(numbered)}[ ]?(?=\d|[IVXLC]+(?!\w))", lambda m, _: f"{numbered[m[0].rstrip()]} "
        )


def _variants(abbreviations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each with its words; those of some length also in small letters, with a capital, and without inner spaces."""
    for written, words in abbreviations.items():
        yield written, words
        if written[-1] == "." and sum(map(str.isalpha, written)) > 1:
            for form in (written.lower(), written[0].upper() + written[1:]):
                if form not in abbreviations:
                    yield form, words
                    yield form.replace(" ", ""), words
            yield written.replace(" ", ""), words
