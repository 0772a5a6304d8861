"""Facts about a language: its names, words and conventions. Data alone; the rules that use it are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple


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
    closing: those of both behind which any capitalised word starts a sentence, but for `continuations` ("EST") and,
    near the beginning of a sentence, for titles ("At 5 p.m. Mr. Lee left").
    starters: words with which sentences often begin; "l'" stands for an elided word that another one follows.
    measures: those of `open_abbreviations` that a number stands before; any capitalised word starts a sentence behind
    them ("5 min.").
    continuations: words that go on, though capitalised, behind a word of `closing`.
    conjunctions: words before which a clause may end.
    proclitics: words spoken in one breath with the next one, so that no cut may follow them.
    """

    abbreviations: frozenset[str] = frozenset()
    open_abbreviations: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    starters: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    continuations: frozenset[str] = frozenset()
    conjunctions: frozenset[str] = frozenset()
    proclitics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberWords:
    """The words for numbers and units that num2words and Unicode's CLDR do not give.

    num2words: the language's code there. locale: CLDR's, as babel takes it ("pt", "en_GB").
    point, minus: the words for the decimal separator and the sign.
    fraction_in_digits: whether each digit of a fraction is read by itself ("point two five").
    omitted: words that num2words puts in and the language does without.
    """

    num2words: str
    locale: str
    point: str
    minus: str
    fraction_in_digits: bool = False
    omitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How numbers agree with the noun that they count. All words are in small letters.

    genders: the words of numbers that have two forms → before a masculine, before a feminine noun.
    final: whether only the last word of a number has them ("vingt et une mille" is none).
    before: (form, regular expression of the beginning of a noun, form before such a noun): "un", "s[^aeiou]", "uno".
    feminine: a regular expression that feminine nouns, singular or plural, match as a whole. masculine: nouns that it
    matches too. plural: a regular expression found in every noun that stands behind a number greater than one.
    functions: words that are no nouns, beside those of `Segmentation`. nouns: those of `Segmentation` that are nouns.
    named: words behind which a number names and does not count: "página 1".
    repairs: words that num2words gives → those that are right.
    """

    genders: Mapping[str, tuple[str, str]]
    final: bool = False
    before: tuple[tuple[str, str, str], ...] = ()
    feminine: str
    masculine: frozenset[str] = frozenset()
    plural: str = ""
    functions: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    repairs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalForms:
    """How ordinal numbers are written and said.

    masculine, feminine_endings: what follows the digits, as regular expressions. degree: whether "°" may stand for "º".
    parts: number → ordinal, of which the others are put together; empty where num2words knows them all. joined: tens →
    the form that is one word with the units behind it ("decimo").
    special: ending → ordinal, where it is another word ("2nd").
    feminine: masculine ordinal → feminine. feminine_ending: else, a regular expression and what replaces it.
    short: ending of an ordinal → its form before a masculine noun ("primero" → "primer"), where "1er" is written.
    """

    masculine: str
    feminine_endings: str
    degree: bool = False
    parts: Mapping[int, str] = field(default_factory=dict)
    joined: Mapping[int, str] = field(default_factory=dict)
    special: Mapping[str, str] = field(default_factory=dict)
    feminine: Mapping[str, str] = field(default_factory=dict)
    feminine_ending: tuple[str, str] = (r"o\b", "a")
    short: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RomanForms:
    """How Roman numerals are said.

    numbered: nouns, as a regular expression, that a numeral follows ("siglo"): it is a cardinal number.
    numbered_by_ordinal: those behind which it is an ordinal number ("secolo XIX").
    rulers: names and titles behind which it is an ordinal number up to `last_ordinal`, and a cardinal one beyond.
    before_noun: whether one before a noun is an ordinal number that agrees with it ("II Guerra").
    spelled: abbreviations among `numbered` → words.
    endings: what makes an ordinal number of a numeral of I, V and X, as a regular expression ("XIXe").
    """

    numbered: str
    numbered_by_ordinal: str = ""
    rulers: frozenset[str]
    last_ordinal: int
    before_noun: bool = True
    endings: str = "[ºª]"
    spelled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockForms:
    """How times of day are written and said.

    template: `str.format` template of {hour} and {minute}. hour: singular and plural of the noun that always follows
    the hour. seconds: template of what {second} adds. feminine: whether the hour is a feminine number.
    letters: whether "9h" and "9h30" are times. cues: words, as a regular expression, behind which "9.15" is one.
    halves: names for "a.m." and "p.m.": morning, afternoon, evening, or () where they are not written.
    """

    template: str
    hour: tuple[str, str] | None = None
    seconds: str
    feminine: bool = True
    letters: bool = True
    cues: str
    halves: tuple[str, str, str] | tuple[()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneForms:
    """How telephone numbers are written.

    cues: words, as a regular expression, behind which digits are one. shapes: regular expressions of digits that are
    one wherever they stand. pairs: whether they are read two by two. country_in_digits: whether a country's code of two
    digits is read digit by digit. extension: abbreviations, and the word after "|".
    """

    cues: str
    shapes: tuple[str, ...]
    pairs: bool = False
    plus: str
    country_in_digits: bool = False
    extension: str


class Currency(NamedTuple):
    """The names of a currency, and of its hundredths, "" if nobody counts them: singular and plural."""

    one: str
    many: str
    hundredth: str = ""
    hundredths: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenForms:
    """The forms that a Romance language writes in signs and digits, and the words that it says for them.

    range: between the ends of a range. of: between day, month and year. first: the first day of a month.
    dot, hyphen, underscore, colon: in addresses. version: before a version number.
    signs: sign → words. minus_sign: between operands. per: before a unit ("per square metre").
    currencies: symbol or code → names. and_hundredths: between an amount and its hundredths. names_hundredths: whether
    these are named.
    rates: what stands behind the slash of a price → words ("19,99 €/mes"). score: between the figures of "3 x 1", ""
    where they are no score.
    times: what "3x" counts.
    large_numbers: "million" and the like, as a regular expression. large_letters: their abbreviations before a currency
    ("M€"). large_number_of: what stands between them and what they count; elided_of: its form before a vowel.
    singular_zero: whether 0 takes the singular ("zéro euro"). thousands_comma: whether "100,000" may be thousands.
    numero: words behind which "39/15" is no fraction ("número").
    parts: denominator → singular and plural of a part. elevenths: the ending of those beyond ten, which begins with a
    space where it is a word; "" where they are ordinal numbers. plural_part: a regular expression and what replaces it
    in the plural of others. over: where there is no part. half: "half" before a masculine and a feminine noun;
    half_behind: behind a whole number.
    and_half: between a whole number and a part.
    units: symbols of units → CLDR's names, beside those that all languages have.
    abbreviations: as written → as spoken; one that ends in a full stop keeps it at the end of a sentence.
    number_abbreviations: those that are abbreviations only before a number.
    """

    range: str
    of: str
    first: str
    dot: str
    hyphen: str
    underscore: str
    colon: str
    version: str
    clock: ClockForms
    telephones: TelephoneForms
    signs: Mapping[str, str]
    minus_sign: str
    per: str
    currencies: Mapping[str, Currency]
    and_hundredths: str
    names_hundredths: bool = True
    rates: Mapping[str, str] = field(default_factory=dict)
    score: str = ""
    times: str = ""
    large_numbers: str
    large_letters: Mapping[str, str] = field(default_factory=dict)
    large_number_of: str
    elided_of: str = ""
    singular_zero: bool = False
    thousands_comma: bool = False
    ordinals: OrdinalForms
    romans: RomanForms
    numero: frozenset[str]
    parts: Mapping[int, tuple[str, str]]
    elevenths: str = ""
    plural_part: tuple[str, str] = (r"$", "s")
    over: str
    half: tuple[str, str]
    half_behind: tuple[str, str]
    and_half: str
    units: Mapping[str, str] = field(default_factory=dict)
    abbreviations: Mapping[str, str]
    number_abbreviations: Mapping[str, str] = field(default_factory=dict)


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
    yes_no: what a tick and a cross in a table say.
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
    normalization: Literal["english", "romance", "hindi", "japanese", "mandarin", ""] = ""
    yes_no: tuple[str, str] = ("", "")
    day_first: bool = True
    segmentation: Segmentation = Segmentation()
    numbers: NumberWords | None = None
    agreement: Agreement | None = None
    written: WrittenForms | None = None
