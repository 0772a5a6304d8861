"""Sizes: feet and inches, the sides of things, and whether a measure stands before a noun."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import NUMBER, START, Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_ARTICLES: Final = frozenset("a an A An".split())
_DETERMINERS: Final = frozenset(
    "the this that each every another one two three four five six my your his her its our their The This Each "
    "Every".split()
)
_NO_NOUNS: Final = frozenset(
    "of is was are were and or in on at to from for by with that which who wide long tall deep high thick away apart "
    "between below above per each have has had will would can as than into under over up down through across remaining "
    "left later earlier ago before after when while if but off out around along past it we they he she you i".split()
)


def is_attributive(match: re.Match[str], *, only_articles: bool = False) -> bool:
    """Whether the measure stands before a noun: "a 10 ft ladder", and not "10 ft high". only_articles: whether nothing
    but "a" and "an" tell."""
    after = re.match(r"\.?[ -]([A-Za-z][a-z]{0,20})", match.string[match.end() : match.end() + 24])
    before = match.string[max(0, match.start() - 10) : match.start()].split(" ")
    if after is None or len(before) < 2 or before[-1]:
        return False
    if before[-2] in _ARTICLES:
        return not only_articles or after[1].lower() not in _NO_NOUNS
    return not only_articles and before[-2] in _DETERMINERS and after[1].lower() not in _NO_NOUNS


def _feet(match: re.Match[str], verbalizer: Verbalizer) -> str:
    inches = f" {verbalizer.measure(match[2], 'length-inch')}" if match[2] else ""
    return verbalizer.measure(match[1], "length-foot") + inches


def _minutes(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Minutes and seconds: a foot has no more than twelve inches."""
    return f"{verbalizer.measure(match[1], 'duration-minute')} {verbalizer.measure(match[2], 'duration-second')}"


def _height(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A person's height without its last sign: "he is 5'10"."""
    return f"{verbalizer.cardinal(match[1])} foot {verbalizer.cardinal(match[2])}"


def _pan(match: re.Match[str], verbalizer: Verbalizer) -> str:
    sizes = [reading.number(size, verbalizer) for size in re.findall(r"[\d.]+", match[0])]
    return " by ".join(sizes) + (" inch" if match.string[match.end() : match.end() + 1] == " " else " inches")


_BEFORE_INCHES = re.compile(
    rf"(?:^|,[ ]|(?<!\w)(?:{'|'.join(_ARTICLES | _DETERMINERS)}|of|with|into|about|two|to|by|and|or|cut|for)[ ])$"
)
_QUOTE = re.compile(r"(?<!\d)\"")


def _inches(match: re.Match[str], _: Verbalizer) -> str:
    """Inches, where the sign closes no quotation: "a 12" ruler", and not "I am 12" and left"."""
    before, after = match.string[: match.start()], re.match(r"[ ]([a-z]+)", match.string[match.end() :])
    if len(_QUOTE.findall(before)) % 2 or (after and after[1] in _NO_NOUNS):
        return match[0]
    if "/" not in match[1] and not _BEFORE_INCHES.search(before):
        return match[0]
    return f"{match[1]}{'-' if after else ' '}inch"


_SIDES: Final = "[ ]?(?:ft|in|m|cm|mm|km|yd|mi|feet|inches|meters|metres)[.]?"

SIDES: Final[tuple[Rule, ...]] = (
    rule(r"(?<![\w.,/])(\d{1,4})'[ ]?[x×][ ]?(\d{1,4})'(?!\w)", r"\1 ft × \2 ft", hint="'"),
    rule(rf"(?<=\d)({_SIDES})[ ]?[x×][ ]?(?={NUMBER}{_SIDES}(?!\w))", r"\1 by ", hint=" "),
)
INCHES: Final[tuple[Rule, ...]] = (
    rule(r"(?<![\w.,/\"])\d{1,3}(?:\.\d{1,2})?\"(?:[ ]?[x×][ ]?\d{1,3}(?:\.\d{1,2})?\"){1,2}", _pan, hint='"'),
    rule(r"(?<![\w.,-])(\d{1,3})[-–](?=\d{1,3}[ ]in\.)", r"\1 to ", hint=" in."),
    rule(rf"{START}({NUMBER})[ ]in(?=[ ][=×])", lambda m, v: v.measure(reading.ungrouped(m[1]), "length-inch")),
    rule(rf"{START}(\d{{1,3}})['’][ ]?(1[2-9]|[2-5]\d)(?:\"|'')", _minutes),
    rule(rf"{START}(\d{{1,2}})['’][ ]?(\d{{1,2}})(?:\"|'')", _feet),
    rule(rf"{START}([3-8])['’](\d|1[01])(?![\w'\"’]|[.,]\d)", _height, hint="'"),
    rule(rf"{START}(\d{{1,2}})[ ]?(?:ft|feet)\.?[ ](\d{{1,2}})[ ]?in(?:\.(?=[ ]?[,;a-z]))?(?!\w)", _feet, hint="in"),
    rule(
        rf"(?<![\w.,/\"])({NUMBER})\"(?=[ ](?P<noun>screen|display|pipe|monitor|TV)?"
        r"(?:(?<=[a-z])|x|by|of|wide|tall|long|deep|thick)(?!\w))",
        lambda m, v: (
            f"{reading.number(m[1], v)} {v.unit('1' if m['noun'] else reading.ungrouped(m[1]), 'length-inch')}"
        ),
    ),
    rule(r"(?<![\w.,\"])((?:\d{1,3}[ ])?\d/\d{1,2})\"", _inches, hint="/"),
    rule(rf"(?<![\w.,/\"])({NUMBER})\"(?=[ ][a-z])", _inches, hint='"'),
)
