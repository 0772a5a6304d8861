"""Numbers that are left when all with a unit are read: ordinals, fractions, ranges, counts; and signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.romance.written import NUMBER, SIGN, START, value
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.units import SYMBOL, unit_of

_FRACTIONS: Final[Mapping[str, tuple[int, int]]] = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip

_NO_FRACTIONS: Final = frozenset({(24, 7), (9, 11), (11, 9)})
"""Round the clock, and dates that are names."""

_DEGREE_BEFORE: Final = re.compile(
    r"(?i:(?<!\w)(?:a|à|di|de|hace|ai|dai|da|hasta|entre|y|e|et|gradi|grados|graus)[ ])$"
)
_VERB: Final = re.compile(r"(?:[^m]ent|[aeiu]ron|[aí]an|aban|ían|[aeiu]ram|vam|iam|rono|vano|rano|ait|[óé]|ou)$")
"""The ending of a verb behind a fraction: "1/3 votaron"."""

_NOUN: Final = r"[ ](?=(?P<noun>[^\W\d_]{2,40}))"


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language, but for those of ordinal numbers."""
    yield from _fractions_of_units(words)
    yield from _fractions(words)
    yield from _differences(words)
    yield from _ranges(words)
    yield from _counts(words)
    yield from _signs(words)


def ordinals(words: RomanceVerbalizer) -> Iterator[Rule]:
    """Ordinal numbers, which come before degrees."""
    forms = words.forms.ordinals
    number = r"(?<![\w.,])(?P<number>\d{1,3}(?>(?:[. ]?\d{3}){0,5})(?!\d))"
    yield rule(
        rf"{number}\.?(?P<ending>{forms.feminine_endings})s?(?!\w)", lambda m, _: _ordinal(m, words, feminine=True)
    )
    yield rule(rf"{number}\.?(?P<ending>{forms.masculine})s?(?!\w)", lambda m, _: _ordinal(m, words, feminine=False))
    if forms.degree:
        yield rule(r"(?<![\w.,/-])(?P<number>\d{1,3})(?P<ending>°)(?![\w°'])", lambda m, _: _degree(m, words), hint="°")


def _ordinal(match: re.Match[str], words: RomanceVerbalizer, *, feminine: bool) -> str:
    number = int(re.sub(r"\D", "", match["number"]))
    if not 0 < number < 10**15:
        return match[0]
    special = words.forms.ordinals.special.get(match["ending"])
    return special or words.gendered_ordinal(number, feminine=feminine, short=match["ending"] in ("er", "r"))


def _degree(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """ "3° piano" is an ordinal number, "a 3° di latitudine" an angle or a temperature."""
    noun = re.match(r"[ ]([^\W\d_]+)(?![\w'])", match.string[match.end() : match.end() + 24])
    elided = re.match(r"[ ][^\W\d_]+'", match.string[match.end() : match.end() + 24])
    before = _DEGREE_BEFORE.search(match.string[max(0, match.start() - 8) : match.start()])
    if int(match["number"]) == 0 or elided or (before and not noun) or (noun and not words.is_counted("1", noun[1])):
        return match[0]
    return _ordinal(match, words, feminine=False)


def _fractions(words: RomanceVerbalizer) -> Iterator[Rule]:
    characters = "".join(_FRACTIONS)
    noun = r"(?P<noun>[ ](?P<word>[^\W\d_]{2,40}))?"
    yield rule(
        rf"(?<![\w.,])(?:(?P<whole>\d{{1,4}})[ ]?)?(?P<sign>[{characters}]){noun}", lambda m, _: _fraction(m, words)
    )
    yield rule(rf"[{characters}]", lambda m, _: f" {words.fraction(*_FRACTIONS[m[0]])} ")
    grouped = r"\d{1,3}(?:\.\d{3}){1,4}|\d{1,7}"
    parts = rf"(?P<numerator>{grouped})/(?P<denominator>{grouped})(?![\w/]|[.,]\d)"
    yield rule(
        rf"(?<![\w.,/:-])(?:(?P<whole>\d{{1,4}})[ ])?{parts}{noun}",
        lambda m, _: _fraction(m, words),
        hint="/",
    )


def _fraction(match: re.Match[str], words: RomanceVerbalizer) -> str:
    groups = match.groupdict()
    if sign := groups.get("sign"):
        numerator, denominator = _FRACTIONS[sign]
    else:
        numerator, denominator = (int(match[name].replace(".", "")) for name in ("numerator", "denominator"))
    spoken = None if (numerator, denominator) in _NO_FRACTIONS else words.fraction(numerator, denominator)
    is_mark = denominator in (10, 20) and denominator > numerator > (1 if words.locale == "fr" else denominator // 2)
    if is_mark and not match["noun"] and not groups["whole"]:
        return f"{words.cardinal(str(numerator))} {words.forms.over} {words.cardinal(str(denominator))}"
    if spoken is None or numerator == denominator or _names(match, numerator, denominator, words):
        over = " " if (numerator, denominator) in _NO_FRACTIONS else f" {words.forms.signs['/']} "
        if numerator == denominator:
            over = f" {words.forms.over} "  # a rating
        return words.cardinal(str(numerator)) + over + words.cardinal(str(denominator)) + (match["noun"] or "")
    is_noun = match["word"] and words.is_counted("1", match["word"]) and not _VERB.search(match["word"])
    noun = match["word"] if is_noun else ""
    behind = match["noun"] or ""
    half = (numerator, denominator) == (1, 2)
    feminine = bool(noun) and words.is_feminine(noun)
    if groups["whole"]:
        part = words.forms.half_behind[feminine] if half else spoken
        whole = (
            words.in_gender(words.cardinal(groups["whole"]), feminine=feminine)
            if noun
            else words.cardinal(groups["whole"])
        )
        return f"{whole} {words.forms.and_half} {part}{behind}"
    if noun in ("parte", "partes") and denominator > 2 and not words.forms.elided_of:
        return words.share(numerator, denominator) + behind
    if not noun:
        return spoken + behind
    return f"{words.forms.half[feminine]}{behind}" if half else f"{spoken} {words.of(noun)}{noun}"


def _names(match: re.Match[str], numerator: int, denominator: int, words: RomanceVerbalizer) -> bool:
    """Whether "39/2015" is a name, as laws have it, or a range of years: "2019/20"."""
    if 1900 <= numerator <= 2100 or 1900 <= denominator <= 2100:
        return True
    before = re.search(r"([^\W\d_]+)[ ]$", match.string[max(0, match.start() - 24) : match.start()])
    return before is not None and (words.names(before[1]) or before[1].lower() in words.forms.numero)


def _fractions_of_units(words: RomanceVerbalizer) -> Iterator[Rule]:
    parts = r"(?P<numerator>\d{1,3})/(?P<denominator>\d{1,3})"
    pattern = rf"(?<![\w.,/:-])(?:(?P<whole>\d{{1,4}})[ ])?{parts}[ ]?(?:{SYMBOL})(?![\w°²³^'/])"
    yield rule(pattern, lambda m, _: _fraction_of_unit(m, words), hint="/")


def _fraction_of_unit(match: re.Match[str], words: RomanceVerbalizer) -> str:
    unit = unit_of(match)
    numerator, denominator = int(match["numerator"]), int(match["denominator"])
    spoken = words.fraction(numerator, denominator)
    if unit is None or spoken is None:
        return match[0]
    half, name = (numerator, denominator) == (1, 2), words.unit("1", unit)
    feminine = words.is_feminine(name.split()[0])
    if match["whole"]:
        whole = words.in_gender(words.cardinal(match["whole"]), feminine=feminine)
        part = words.forms.half_behind[feminine] if half else f"{spoken} {words.of(name).rstrip()}"
        return f"{whole} {words.forms.and_half} {part} {name}"
    return f"{words.forms.half[feminine]} {name}" if half else f"{spoken} {words.of(name)}{name}"


def _differences(words: RomanceVerbalizer) -> Iterator[Rule]:
    """A hyphen in a sum is a minus: "5 - 3 = 2"."""
    minus = f" {words.forms.minus_sign} "
    yield rule(r"(?<=[\dx)])[ ]?[-−–][ ]?(?=[\dx(][\w ,.+*×()-]{0,60}=)", minus, hint="=")
    times = words.forms.signs["×"]
    yield rule(rf"{START}(\d{{1,4}})x(?!\w)", lambda m, _: f"{words.counted(m[1], words.forms.times)}", hint="x")
    if million := words.forms.large_letters.get("M"):
        yield rule(r"(?<=\d)[ ]?M(?=[ ](?:de[ ]|d'|di[ ]))", f" {million}", hint="M")
    if score := words.forms.score:
        result = r"(?P<home>\d{1,2})[ ]?[x×][ ]?(?P<away>\d{1,2})(?![\w%]|[.,]\d|[ ](?:cm|mm|m)(?!\w))"
        lost = "venc|ganh|perd|derrot|empat|placar|gole|vitória|bateu|superou|partida|jogo|final|resultado"
        played = rf"(?:(?<=[a-zà-ÿ][ ])(?P<named>)|(?P<told>(?:{lost})[^.!?\d]{{0,60}})){result}"
        yield rule(played, lambda m, _: _score(m, score), hint="x")
    yield rule(r"(?<=\d)[ ]?[x×][ ]?(?=\d)", f" {times} ")
    yield rule(r"(?<!\w)'(?=\d\d(?!\d))", "", hint="'")
    ratio = r"(?<![\w:])(?:1:(?=\d{1,7}(?![\d:]))|(\d):(?=\d(?![\d:-])))"
    yield rule(ratio, lambda m, _: f"{m[1] or 1} {words.forms.range} ", hint=":")
    yield rule(r"(?<![\w:])(\d{1,3}):(?=\d{1,3}(?![\d:]))", r"\1, ", hint=":")  # chapter and verse
    yield rule(r"(?<=[\d)]) − (?=[\d(])", minus, hint="−")
    yield rule(r"(?<=[=+×÷*][ ]\d)[ ][-–][ ](?=\d)", minus)


def _score(match: re.Match[str], to: str) -> str:
    """The result of a match: "por 3x1", and "Flamengo 2 x 1 Vasco", but not "um tabuleiro 8x8"."""
    if match["told"] is not None:
        return f"{match['told']}{match['home']} {to} {match['away']}"
    word = match.string[max(0, match.start() - 24) : match.start()].split()[-1]
    behind = re.match(r"[ ][A-ZÀ-Þ]", match.string[match.end() : match.end() + 2])
    return f"{match['home']} {to} {match['away']}" if word[0].isupper() and behind else match[0]


def _ranges(words: RomanceVerbalizer) -> Iterator[Rule]:
    pattern = rf"(?<![\w.,-])({NUMBER})[ ]?[-–—][ ]?(?=\d{{1,15}}(?![\w/-]))"
    yield rule(pattern, lambda m, _: f"{_number(m[1], words)} {words.forms.range} ")
    pattern = rf"(?<![\w.,-])({NUMBER})[-–](?=\d)"
    yield rule(pattern, lambda m, _: f"{_number(m[1], words)}, ")


def _counts(words: RomanceVerbalizer) -> Iterator[Rule]:
    before = r"(?:(?<!\w)(?P<before>[^\W\d_]{1,20})[ ])?"
    thousands = r"(?:[ ](?P<thousands>mil|mila|mille)(?!\w))?"
    yield rule(rf"{before}{START}(?P<number>{NUMBER}){thousands}{_NOUN}", lambda m, _: _count(m, words))
    yield rule(rf"{START}{SIGN}{NUMBER}(?!\w)", lambda m, _: _number(m[0], words))
    yield rule(r"(?<![\w.,])\d++[.,]\d++(?=[^\W\d_])", lambda m, _: f"{_number(m[0], words)} ")
    yield rule(r"\d{1,4000}", lambda m, _: f" {words.number(m[0])} ")


def _count(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """A number before a word, which agrees with it where it is what is counted."""
    before = f"{match['before']} " if match["before"] else ""
    thousands = f" {match['thousands']}" if match["thousands"] else ""
    amount, noun = value(match["number"], thousands_comma=_has_thousands(match, words)), match["noun"]
    if re.fullmatch(words.forms.large_numbers, noun):
        return f"{before}{words.counting(amount, noun)}{thousands} "
    if (match["before"] and words.names(match["before"])) or not words.is_counted("2" if thousands else amount, noun):
        return f"{before}{words.number(amount)}{thousands} "
    if words.is_millions(amount) and not thousands:
        return f"{before}{words.number(amount)} {words.of(noun)}"
    spoken = words.counted(amount, noun).removesuffix(noun)
    return f"{before}{spoken.rstrip()}{thousands} " if thousands else before + spoken


def _has_thousands(match: re.Match[str], words: RomanceVerbalizer) -> bool:
    return words.forms.thousands_comma or match["number"].endswith(",000")


def _number(written: str, words: RomanceVerbalizer) -> str:
    return words.number(value(written, thousands_comma=words.forms.thousands_comma))


def _signs(words: RomanceVerbalizer) -> Iterator[Rule]:
    signs, currencies = words.forms.signs, words.forms.currencies
    yield rule(either(set(signs) - {"/"}), lambda m, _: f" {signs[m[0]]} ")
    yield rule(r"(?<=\w)[ ]?/[ ]?(?=\w)", f" {signs['/']} ", hint="/")
    symbols = {written for written in currencies if not written.isalpha()}
    yield rule(either(symbols), lambda m, _: f" {currencies[m[0]].many} ")
