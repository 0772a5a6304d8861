"""Spanish, French, Italian, Portuguese: written → spoken. One set of rules over the forms of each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.languages.base import Language
from speechd.text.normalization.rules import Rule, apply, either, rule
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_NUMBER: Final = r"(?:\d{1,3}(?>(?:\.\d{3})+|(?: \d{3})+)(?!\d)|\d++)(?>(?:[,.]\d++)?)"
_SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=\d))?"
_DOMAINS: Final = "com|org|net|es|fr|it|pt|br|eu|io"
_VOWELS: Final = "aeiouy"


class RomanceRules:
    """The rules of one language, which must have `written` forms."""

    def __init__(self, language: Language) -> None:
        if language.written is None:
            raise ValueError(f"the language {language.tag} has no written forms")
        self._forms = language.written
        self._open_abbreviations = language.segmentation.open_abbreviations
        self._verbalizer = Verbalizer(language)
        self.rules: Final = tuple(self._all_rules())

    def verbalize(self, text: str) -> str:
        """`text`, in the form of `typography.unify`, in words."""
        return apply(self.rules, text, self._verbalizer)

    def _measure(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        unit = unit_of(match)
        if unit is None:
            return match[0]
        return self._low(match, verbalizer) + verbalizer.measure(_value(match["sign"] + match["number"]), unit)

    def _low(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        """The lower end of a range, if it is one."""
        return f"{verbalizer.number(_value(match['low']))} {self._forms.range} " if match["low"] else ""

    def _money(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        amount = self._amount(_value(match["number"]), match["currency"], match["large"], verbalizer)
        return self._low(match, verbalizer) + amount

    def _amount(self, value: str, currency: str, large: str | None, verbalizer: Verbalizer) -> str:
        one, many, hundredths = self._forms.currencies[currency]
        if large:
            of = self._forms.elided_of if self._forms.elided_of and many[0] in _VOWELS else self._forms.large_number_of
            return f"{verbalizer.counting(value, many)} {large} {of}{many}"
        whole, _, cents = value.partition(".")
        if not hundredths or len(cents) != 2:
            return f"{verbalizer.counting(value, many)} {one if value == '1' else many}"
        single = whole == "1" or (whole == "0" and self._forms.singular_zero)
        spoken = f"{verbalizer.counting(whole, one)} {one if single else many}"
        return f"{spoken} {hundredths.format(verbalizer.cardinal(cents))}" if int(cents) else spoken

    def _date(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        from babel.dates import get_month_names  # its tables take time to load, and most texts have no such date

        day, month = int(match["day"]), int(match["month"])
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return match[0]
        spoken = self._forms.first if day == 1 else verbalizer.cardinal(str(day))
        month_name = get_month_names("wide", locale=verbalizer.locale)[month]
        return self._forms.of.join((spoken, month_name, verbalizer.cardinal(match["year"])))

    def _time(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        if int(match[1]) > 24 or int(match[2]) > 59:
            return match[0]
        hour, minute = self._hour(int(match[1]), verbalizer), verbalizer.cardinal(match[2])
        return hour if match[2] == "00" else self._forms.clock.format(hour=hour, minute=minute)

    def _hour(self, hour: int, verbalizer: Verbalizer) -> str:
        if self._forms.hour is None:
            return verbalizer.cardinal(str(hour))
        noun = self._forms.hour[hour > 1]
        return f"{verbalizer.counting(str(hour), noun)} {noun}"

    def _ordinal(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        ordinal = verbalizer.ordinal(int(match[1]))
        ending = match[0][len(match[1]) :]
        feminine = f"{ordinal[:-1]}a" if ending.endswith("ª") else ordinal
        return self._forms.special_ordinals.get(ending, feminine)

    def _address(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        forms = self._forms
        marks = {".": forms.dot, "/": forms.signs["/"], "@": forms.signs["@"], "-": forms.hyphen}
        pieces = re.findall(r"[^\W\d_]+|\d+|.", match[1])
        return " ".join(
            verbalizer.digits(piece) if piece.isdecimal() else piece if piece.isalpha() else marks.get(piece, "")
            for piece in pieces
        )

    def _range(self, match: re.Match[str], verbalizer: Verbalizer) -> str:
        return f"{verbalizer.number(_value(match[1]))} {self._forms.range} "

    def _may_end_sentence(self, abbreviation: str) -> bool:
        return abbreviation.removesuffix(".").lower() in self._open_abbreviations

    def _all_rules(self) -> Iterator[Rule]:
        """All rules, in order of precedence."""
        yield from self._addresses_and_abbreviations()
        yield from self._dates_and_times()
        yield from self._amounts()
        yield from self._numbers()
        yield from self._signs()

    def _addresses_and_abbreviations(self) -> Iterator[Rule]:
        abbreviations = self._forms.abbreviations
        yield rule(
            r"(?:https?://)?(?:www\.)?((?<![\w@.-])[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,4}"
            rf"\.(?:{_DOMAINS})(?:/[\w./-]{{0,200}}\w)?)(?![\w@])",
            self._address,
            hint=".",
        )
        yield rule(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", self._address, hint="@")
        yield rule(rf"(?<![\w.]){either(abbreviations)}(?=[ ]\w)", lambda m, _: abbreviations[m[0]])
        if last := [written for written in abbreviations if self._may_end_sentence(written)]:
            yield rule(rf"(?<![\w.]){either(last)}(?=[\"')\s]*$)", lambda m, _: f"{abbreviations[m[0]]}.", hint=".")

    def _dates_and_times(self) -> Iterator[Rule]:
        yield rule(
            r"(?<![\w/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])",
            self._date,
        )
        yield rule(r"(?<![\w-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\w-])", self._date, hint="-")
        yield rule(r"(?<![\w.,:])(\d{1,2})(?::|[ ]?h[ ]?)(\d{2})(?:[ ]?h)?(?![\w:]|[.,]\d)", self._time)

    def _amounts(self) -> Iterator[Rule]:
        currency = f"(?P<currency>{either(self._forms.currencies)})"
        amount = rf"(?P<number>{_NUMBER})"
        low = rf"(?:(?P<low>{_NUMBER})(?:[ ]?[€$£¥])?[ ]?[-–][ ]?(?=\d))?"
        large = rf"(?:[ ](?P<large>{self._forms.large_numbers})(?!\w))?"
        yield rule(rf"(?<![\w.,]){low}{amount}{large}[ ]?(?:de |d')?{currency}(?!\d)", self._money)
        yield rule(rf"(?<![\w.,]){currency}[ ]?{low}{amount}{large}", self._money)
        yield rule(
            rf"(?<![\w.,/])(?P<sign>{_SIGN}){low}{amount}[ ]?(?:{SYMBOL})(?![\w°²³^]|/\d)",
            self._measure,
        )

    def _numbers(self) -> Iterator[Rule]:
        fractions = self._forms.fractions
        yield rule(rf"(?<![\w.,])(\d{{1,6}}){self._forms.ordinals}(?!\w)", self._ordinal)
        yield rule(rf"[{''.join(fractions)}]", lambda m, _: f" {fractions[m[0]]} ")
        yield rule(rf"(?<![\w.,-])({_NUMBER})[ ]?[-–][ ]?(?=\d)", self._range)
        yield rule(rf"(?<![\w.,]){_SIGN}{_NUMBER}(?!\w)", _number)
        yield rule(r"\d{1,4000}", lambda m, v: f" {v.number(m[0])} ")

    def _signs(self) -> Iterator[Rule]:
        signs, currencies = self._forms.signs, self._forms.currencies
        yield rule(either(set(signs) - {"/"}), lambda m, _: f" {signs[m[0]]} ")
        yield rule(r"(?<=\w)[ ]?/[ ]?(?=\w)", f" {signs['/']} ", hint="/")
        yield rule(either(currencies), lambda m, _: f" {currencies[m[0]][1]} ")


def _value(written: str) -> str:
    """Write "1.234,5" and "1 234,5" as "1234.5"; a point that groups no thousands is a decimal one."""
    whole = re.sub(r"(?<=\d)[. ](?=\d{3}(?!\d))", "", written)
    return whole.replace(",", ".")


def _number(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return verbalizer.number(_value(match[0]))
