"""The words of numbers in a Romance language, which agree with what they count."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from speechd.languages.base import Agreement, Language, WrittenForms
from speechd.text.normalization.rules import either
from speechd.text.normalization.verbalizer import Verbalizer

_MILLIONS: Final = re.compile(r"(.*\b)(\w*(?:llón|llones|lhão|lhões|lione|lioni|llions?|lliards?|liard[io]))\b")
"""Words for a million and more, which are nouns: nothing before the last of them agrees with what is counted."""

_VOWELS: Final = "aeiouyàâéèêëîïôöùûüœæáíóúh"


class RomanceVerbalizer(Verbalizer):
    """Says numbers, ordinals, fractions and amounts in one language, which must have `written` forms and an
    `agreement`."""

    def __init__(self, language: Language) -> None:
        super().__init__(language)
        if language.written is None or language.agreement is None:
            raise ValueError(f"the language {language.tag} has no written forms")
        self.forms: Final[WrittenForms] = language.written
        self._agreement: Final[Agreement] = language.agreement
        words = language.segmentation
        self._function_words = words.starters | words.conjunctions | words.proclitics | language.agreement.functions
        self._function_words -= language.agreement.nouns

    def is_feminine(self, noun: str) -> bool:
        """Whether a noun, singular or plural, is taken for a feminine one: by its ending, or by a list."""
        noun = noun.lower()
        return noun not in self._agreement.masculine and re.fullmatch(self._agreement.feminine, noun) is not None

    def is_counted(self, amount: str, word: str) -> bool:
        """Whether `word` behind a number may be the noun that it counts."""
        if word.lower() in self._function_words:
            return False
        return amount == "1" or re.search(self._agreement.plural, word.lower()) is not None

    def names(self, word: str) -> bool:
        """Whether a number behind `word` names and does not count: "página 1"."""
        return word.lower() in self._agreement.named

    def in_gender(self, number: str, *, feminine: bool) -> str:
        """The words of a number as they stand before a masculine or feminine noun; millions are masculine."""
        head, large, tail = self._behind_millions(number)
        genders = self._agreement.genders
        return head + large + self._gendered.sub(lambda match: genders[match[0]][feminine], tail)

    def cardinal(self, digits: str) -> str:
        """A whole number of ASCII digits, which may begin with zeros (they are dropped)."""
        words = super().cardinal(digits)
        for wrong, right in self._agreement.repairs.items():
            words = words.replace(wrong, right)
        return words

    def counting(self, amount: str, noun: str) -> str:
        """A number as it stands before the noun that it counts: "un kilómetro", "una hora", "veintiún euros"."""
        number = self.number(amount)
        return number if "." in amount else self.in_gender(number, feminine=self.is_feminine(noun.split()[0]))

    def counted(self, amount: str, noun: str) -> str:
        """A number and the noun that it counts: "un'ora", "un millón de euros"."""
        number = self.counting(amount, noun)
        if self.is_millions(amount):
            return f"{number} {self.of(noun)}{noun}"
        for form, nouns, other in self._agreement.before:
            if number == form and re.match(nouns, noun.lower()):
                number = other
        return f"{number} {noun}".replace("' ", "'")

    def measure(self, amount: str, unit: str) -> str:
        """An amount of a CLDR unit: "1.5" and "length-kilometer" as "uno coma cinco kilómetros"."""
        name = self.unit(amount, unit)
        if unit == "concentr-percent":
            return f"{self.number(amount)} {name}"
        return self.counted(amount, name)

    def is_millions(self, amount: str) -> bool:
        """Whether an amount is so many millions, which take a preposition before what is counted."""
        return len(amount) > 6 and amount.endswith("000000")

    def of(self, noun: str) -> str:
        """What stands between "millions" or a fraction and a noun, with its space."""
        forms = self.forms
        return forms.elided_of if forms.elided_of and noun[:1].lower() in _VOWELS else forms.large_number_of

    def gendered_ordinal(self, number: int, *, feminine: bool = False, short: bool = False) -> str:
        """An ordinal number. short: the form before a masculine noun, where there is one ("primer")."""
        words = self.ordinal(number)
        forms = self.forms.ordinals
        if feminine:
            return forms.feminine.get(words) or re.sub(forms.feminine_ending[0], forms.feminine_ending[1], words)
        for long, before_noun in forms.short.items() if short else ():
            if words.endswith(long):
                return words.removesuffix(long) + before_noun
        return words

    def ordinal(self, number: int) -> str:
        """An ordinal number, masculine."""
        parts = self.forms.ordinals.parts
        if not parts:
            return super().ordinal(number)
        if number in parts:
            return parts[number]
        if number > 1000 and number % 1000 == 0:
            return self.cardinal(str(number // 1000)).replace(" ", "") + parts[1000]
        for size in (1000, 100, 10):
            if number > size:
                return self._joined_ordinal(number // size * size if size < 1000 else 1000, number % size)
        return super().ordinal(number)

    def _joined_ordinal(self, large: int, small: int) -> str:
        joined = self.forms.ordinals.joined.get(large)
        if joined is None:
            return f"{self.ordinal(large)} {self.ordinal(small)}"
        return (joined + self.ordinal(small)).replace("oo", "o")

    def fraction(self, numerator: int, denominator: int) -> str | None:
        """ "3/4" as a fraction, None where it is none that has words."""
        if not (numerator > 0 and denominator > 1):
            return None
        count = self.in_gender(self.cardinal(str(numerator)), feminine=False)
        part = self.part(denominator, plural=numerator > 1)
        return (
            f"{count} {part}"
            if part
            else f"{self.cardinal(str(numerator))} {self.forms.over} {self.cardinal(str(denominator))}"
        )

    def share(self, numerator: int, denominator: int) -> str:
        """ "3/4" before "partes": "tres cuartas"."""
        count = self.in_gender(self.cardinal(str(numerator)), feminine=True)
        part = self.gendered_ordinal(denominator, feminine=True)
        return f"{count} {part}{'s' * (numerator > 1)}"

    def part(self, denominator: int, *, plural: bool) -> str:
        """The noun of a fraction: "tercios"; "" where the language says "over"."""
        forms = self.forms
        if denominator in forms.parts:
            return forms.parts[denominator][plural]
        is_round = denominator <= 10 or denominator % 100 == 0 or not forms.elevenths
        if not is_round:
            return self._eleventh(denominator, plural=plural)
        words = self.ordinal(denominator)
        return re.sub(forms.plural_part[0], forms.plural_part[1], words) if plural else words

    def _eleventh(self, denominator: int, *, plural: bool) -> str:
        words = self.cardinal(str(denominator))
        template = self.forms.elevenths
        if template.startswith(" "):
            return words + template
        if denominator > 100:
            return ""
        return _joined(words, template) + "s" * plural

    def _behind_millions(self, number: str) -> tuple[str, str, str]:
        found = _MILLIONS.match(number)
        return (found[1], found[2], number[found.end() :]) if found else ("", "", number)

    @cached_property
    def _gendered(self) -> re.Pattern[str]:
        end = "$" if self._agreement.final else r"(?![^\W\d_])"
        return re.compile(rf"(?<![^\W\d_]){either(self._agreement.genders)}{end}")


def _joined(words: str, ending: str) -> str:
    """ "treinta" and "avo" as one word, without one of two equal vowels."""
    stem = words.removesuffix("o") if words.endswith("uno") else words.removesuffix("a")
    return stem + ending
