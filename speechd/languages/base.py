"""Facts about a language: its names, words and conventions. Data alone; the rules that use it are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, which white space separates."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmentation:
    """Words that tell where sentences end and where one may be cut.

    Abbreviations are without their final full stop; all words are in lower case, but for abbreviations that are always
    written in capitals ("MM"). All words of `ambiguous` are in one of the two sets before it.

    abbreviations: never the last word of a sentence ("Dr. Smith").
    open_abbreviations: the last word only where a capitalised word of `starters` follows ("at 5 p.m. Then").
    ambiguous: those that are words, too: they end a sentence unless a number or a small letter follows ("It is a no.").
    starters: words with which sentences often begin; "l'" stands for an elided word that another one follows.
    conjunctions: words before which a clause may end.
    proclitics: words spoken in one breath with the next one, so that no cut may follow them.
    """

    abbreviations: frozenset[str] = frozenset()
    open_abbreviations: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()
    starters: frozenset[str] = frozenset()
    conjunctions: frozenset[str] = frozenset()
    proclitics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberWords:
    """The words for numbers and units that num2words and Unicode's CLDR do not give.

    num2words: the language's code there. locale: CLDR's, as babel takes it ("pt", "en_GB").
    point, minus: the words for the decimal separator and the sign.
    fraction_in_digits: whether each digit of a fraction is read by itself ("point two five").
    omitted: words that num2words puts in and the language does without.
    one: the endings of numbers that end in 1, each with its form before a masculine and before a feminine noun.
    feminine: a regular expression that the first word of a feminine unit or currency matches as a whole.
    """

    num2words: str
    locale: str
    point: str
    minus: str
    fraction_in_digits: bool = False
    omitted: tuple[str, ...] = ()
    one: tuple[tuple[str, str, str], ...] = ()
    feminine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenForms:
    """The forms that a Romance language writes in signs and digits, and the words that it says for them.

    range: between the ends of a range. of: between day, month and year. first: the first day of a month.
    clock: `str.format` template of {hour} and {minute}. dot, hyphen: in addresses.
    signs: sign → words. currencies: symbol → singular, plural, and template of the hundredths ("" if it has none).
    large_numbers: "million" and the like, as a regular expression. large_number_of: what stands between them and the
    currency; elided_of: its form before a vowel.
    hour: singular and plural of the noun that a time has after its hour, if it has one.
    singular_zero: whether 0 takes the singular ("zéro euro").
    ordinals: what follows the digits of an ordinal, as a regular expression. special_ordinals: where num2words has
    another word than that says: ending → ordinal.
    abbreviations: as written → as spoken. fractions: character → words.
    """

    range: str
    of: str
    first: str
    clock: str
    dot: str
    hyphen: str
    signs: Mapping[str, str]
    currencies: Mapping[str, tuple[str, str, str]]
    large_numbers: str
    large_number_of: str
    elided_of: str = ""
    hour: tuple[str, str] | None = None
    singular_zero: bool = False
    ordinals: str
    special_ordinals: Mapping[str, str] = field(default_factory=dict)
    abbreviations: Mapping[str, str]
    fractions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """A language that text may be in.

    tag: BCP 47 (RFC 5646), lower case ("en-us"); it names the language everywhere in the server.
    name: in English. codes: other codes that a request may use for it ("en").
    kokoro_code: the first letter of the ids of its Kokoro voices, and Kokoro's own code for it; "" if it has none.
    misaki: how misaki, Kokoro's G2P, reads it; "" if it does not. misaki_packages: what that needs beside misaki, as
    pip takes it.
    espeak_voice: espeak-ng's voice file, None if espeak-ng cannot read it. espeak_characters_per_s: characters that
    espeak-ng speaks in a second at its default rate.
    latin: the tag of the language that words in Latin letters are taken to be in, where it is another one.
    warm_up: two sentences spoken before a server is ready. They have numbers, which need the rules of written forms;
    English also a word that no lexicon has, which needs espeak-ng.
    normalization: the rules that turn written forms into words; "" where the engine's G2P reads numbers itself.
    day_first: whether dates in digits begin with the day.
    """

    tag: str
    name: str
    codes: tuple[str, ...] = ()
    kokoro_code: str = ""
    misaki: Literal["english", "espeak", "japanese", "mandarin", ""] = ""
    misaki_packages: str = ""
    espeak_voice: str | None = None
    espeak_characters_per_s: float = 15.0
    latin: str = ""
    warm_up: str = ""
    normalization: Literal["english", "romance", ""] = ""
    day_first: bool = True
    segmentation: Segmentation = Segmentation()
    numbers: NumberWords | None = None
    written: WrittenForms | None = None
