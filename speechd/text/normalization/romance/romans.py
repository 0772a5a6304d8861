"""Roman numerals: "siglo XIX", "Louis XIV", "II Guerra Mundial"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.text.normalization.romance.calendar import MONTHS
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, either, rule

_AFTER: Final = r"(?![\w'’]|-\w|\.\w)"
_NUMERAL: Final = rf"(?=[IVXLCDM])M{{0,3}}(?:CM|CD|D?C{{0,3}})(?:XC|XL|L?X{{0,3}})(?:IX|IV|V?I{{0,3}}){_AFTER}"
_RANGED: Final = r"(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?=[-–][IVXLC]{1,7}(?![\w'’]))"
"""The first of two with a hyphen between them."""
_SMALL_NUMERAL: Final = r"(?=[ivxl])(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})(?!\w)"
_PLAIN: Final = rf"(?=[IVX]{{2}})X{{0,3}}(?:IX|IV|V?I{{0,3}}){_AFTER}"
"""Of two letters or more, which are hardly ever anything else."""
_BARE: Final = r"(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})"

_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman(numeral: str) -> int:
    """The number that a Roman numeral, in capitals, stands for."""
    values = [_VALUES[letter] for letter in numeral]
    return sum(-now if now < after else now for now, after in zip(values, [*values[1:], 0], strict=True))


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    romans = words.forms.romans
    if words.locale == "fr":
        century = rf"(?<![\w.-])({_BARE})({romans.endings})[ ]s\.(?=[ ][^\W\d_A-Z]|[,;:)])"
        yield rule(century, lambda m, _: f"{_raised(m, words)} siècle", hint=" s.")
    pair = rf"(?<![\w.-])({_BARE})({romans.endings})[-–](?={_BARE}(?:{romans.endings})(?!\w))"
    yield rule(pair, lambda m, _: f"{_raised(m, words)} {words.forms.range} ")
    yield rule(rf"(?<![\w.-])({_BARE})({romans.endings})(?!\w)", lambda m, _: _raised(m, words))
    if romans.numbered_by_ordinal:
        pattern = rf"(?<!\w)((?:{romans.numbered_by_ordinal})[ ])({_NUMERAL})"
        yield rule(pattern, lambda m, _: m[1] + words.gendered_ordinal(roman(m[2])))
    link = r"[ ]?[-–/][ ]?|,?[ ](?:y|e|a|al|et|au|ou|o|à|ao|aos)[ ]"
    first = rf"(?P<first>(?![CDLM](?!\w))(?:{_NUMERAL}|{_RANGED})|{_SMALL_NUMERAL})"
    second = f"(?:(?P<link>{link})(?P<second>{_NUMERAL}))?"
    yield rule(rf"(?<!\w)(?P<noun>(?:{romans.numbered})[ ]){first}{second}", lambda m, _: _numbered(m, words))
    ruler = rf"(?<!\w)({either(romans.rulers)}[ ])(?![CDLM](?!\w)|[IVX]\.[ ]?[A-ZÀ-Þ])({_NUMERAL})"
    yield rule(ruler, lambda m, _: _ruler(m, words))
    if romans.before_noun:
        pattern = rf"(?<![\w.-])(?P<numeral>{_PLAIN})(?=[ ](?P<noun>[^\W\d_]{{4,40}}))"
        yield rule(pattern, lambda m, _: _before_noun(m, words))
    yield rule(rf"(?<![\w.-]){_PLAIN}", lambda m, _: _cardinal(m[0], words))


def _cardinal(numeral: str, words: RomanceVerbalizer) -> str:
    return words.cardinal(str(roman(numeral.upper())))


def _raised(match: re.Match[str], words: RomanceVerbalizer) -> str:
    feminine = re.fullmatch(words.forms.ordinals.feminine_endings, match[2]) is not None
    return words.gendered_ordinal(roman(match[1]), feminine=feminine)


def _numbered(match: re.Match[str], words: RomanceVerbalizer) -> str:
    link = f" {words.forms.range} " if (match["link"] or "").strip() in ("-", "–") else match["link"]
    second = link + _cardinal(match["second"], words) if match["second"] else ""
    noun = match["noun"].rstrip()
    return f"{words.forms.romans.spelled.get(noun, noun)} {_cardinal(match['first'], words)}{second}"


def _ruler(match: re.Match[str], words: RomanceVerbalizer) -> str:
    number, name = roman(match[2]), match[1].rstrip()
    if number > words.forms.romans.last_ordinal:
        return match[1] + _cardinal(match[2], words)
    return match[1] + words.gendered_ordinal(number, feminine=words.is_feminine(name))


def _before_noun(match: re.Match[str], words: RomanceVerbalizer) -> str:
    if not words.is_counted("1", match["noun"]):
        return match[0]
    if match["noun"].lower() in MONTHS[words.locale].split():
        return _cardinal(match["numeral"], words)
    feminine = words.is_feminine(match["noun"])
    return words.gendered_ordinal(roman(match["numeral"]), feminine=feminine, short=not feminine)
