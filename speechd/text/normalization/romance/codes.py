"""Telephone numbers and other digits that count nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.text.normalization.romance.addresses import version_words
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, rule

_GROUPS: Final = r"(?:\(\d{1,4}\)|\d{1,12})(?>(?:[ ]?[ .-]?[ ]?(?:\(\d{1,4}\)|\d{1,12})){0,8})"
_END: Final = r"(?![\w])(?!,\d)"


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    forms = words.forms.telephones
    extension = rf"(?P<extension>,?[ ](?:{forms.extension.partition('|')[0]})\.?[ ]?(?=\d))"
    say = lambda m, _: _digits(m, words)  # noqa: E731
    yield rule(r"(?<![\w#])#(?=\d)", f"{words.forms.signs['№']} ", hint="#")
    yield rule(rf"{extension}(?P<number>\d{{1,6}}){_END}", lambda m, _: _extension(m, words))
    yield rule(
        rf"(?<![\w.,])(?P<plus>\+)[ ]?(?P<number>\d{{1,3}}(?=[ (-])[ -]?{_GROUPS}|\d{{8,15}}){_END}", say, hint="+"
    )
    cue = rf"(?i:(?<!\w)(?P<cue>(?:{forms.cues})\.?:?[ ]{{1,2}}))(?P<plus>)"
    yield rule(rf"{cue}(?P<number>(?=(?:\D{{0,3}}\d){{7}}){_GROUPS}){_END}", say)
    for shape in forms.shapes:
        yield rule(rf"(?<![\w.,+/-])(?<!\d )(?P<cue>)(?P<plus>)(?P<number>{shape})(?![\w]|[ -]\d|[.,]\d)", say)
    version = r"(?<![\w.,])(?!\d{1,3}(?:\.\d{3})+(?!\d))(\d{1,6}(?:\.\d{1,6}){2,5})(?![\w,-]|\.\d)"
    yield rule(
        r"(?<![\w.,+-])(\d{1,7}(?:-\d{1,7}){3,6}(?:-[xX])?)(?![\w-])", lambda m, _: _groups(m[1], words), hint="-"
    )
    yield rule(r"(?<![\w-])-(\d{1,4})-(?![\w-])", lambda m, _: f", {m[1]}, ", hint="-")  # between dashes
    yield rule(version, lambda m, _: version_words(m[1], words))


def _digits(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """The digits in their groups, with a short pause behind each."""
    groups = re.findall(r"\d+", match["number"])
    spoken = [_group(group, words) for group in groups]
    cue = match.groupdict().get("cue") or ""
    if match["plus"]:
        country = (
            words.cardinal(groups[0])
            if len(groups[0]) == 2 and not words.forms.telephones.country_in_digits
            else words.digits(groups[0])
        )
        spoken = [f"{words.forms.telephones.plus} {country}", *spoken[1:]]
    return cue + ", ".join(spoken)


def _groups(written: str, words: RomanceVerbalizer) -> str:
    return ", ".join(map(words.digits, re.findall(r"\d+", written)))


def _group(group: str, words: RomanceVerbalizer) -> str:
    if words.forms.telephones.pairs and len(group) == 2 and group[0] != "0":
        return words.cardinal(group)
    return words.digits(group)


def _extension(match: re.Match[str], words: RomanceVerbalizer) -> str:
    return f", {words.forms.telephones.extension.rpartition('|')[2]} {words.digits(match['number'])}"
