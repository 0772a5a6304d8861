"""The ends of sentences, clauses, phrases and words.

The marks mean the same in every language (Unicode's Sentence_Terminal and Terminal_Punctuation, UAX #29 and #44); the
words around them are the language's (`speechd.languages.base.Segmentation`). A language is given by its tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from typing import Final

from speechd.languages.base import Segmentation
from speechd.languages.table import find_language

_CONTEXT: Final = 24
"""Characters before and after a stop that tell whether it ends a sentence."""

_ALONE: Final = 8
"""Characters at the beginning of a sentence within which a number or letter numbers it ("1. First")."""

_CACHED: Final = 32
"""Languages whose patterns are kept; engines may bring more than the table has."""

OPENERS: Final = "\"'“‘«„([¿¡*"
_BULLETS: Final = "•⁃▪◦‣"
_STOP = re.compile(
    r"(?<=[^\s.])\.(?=(?:[ ]\.){3})[ ]"  # a stop before an ellipsis with spaces
    r"|(?P<ellipsis>(?<![^\s])\.(?>(?:[ ]\.)+)\s*+)"
    r"|(?<![.!?…])[.!?…]++[\"'”’»)\]]*+"
    r"(?>(?:[ \u00a0\u202f]»(?=\s))?)(?=\s)\s*+"  # a stop, what closes after it, white space
    rf"|(?P<item>(?<=\S)[ ]++(?=(?:[{_BULLETS}][ ]?)?(?:[a-z]|\d{{1,3}})(?:\.\)|[.)])[ ]?\S))"  # an item of a list
    r"|[。！？｡]++[」』”’）】\"']*+\s*+"
    r"|[।॥؟۔]++[\"'”’»)\]]*+\s*+"
    r"|(?<!\s)[^\S\n]*+\n\s*+"
)
_MARKS: Final = "\u0900-\u0903\u093a-\u094f"
"""Devanagari's vowel signs, which `\\w` does not match."""

_WORD_BEFORE = re.compile(rf"[\w{_MARKS}.'’ªº°-]{{1,{_CONTEXT}}}$")
_ITEM = re.compile(rf"(?:[{_BULLETS}][ ]?)?([a-z]|\d{{1,3}})(\.\)|[.)])")
"""What numbers an item of a list: "2.", "b)"."""

_NUMERO: Final = frozenset(("n°", "nº", "n.º", "№", "no", "nos"))
"""How "number" is written in many languages."""

_INITIAL: Final = re.compile(r"[A-Z]\.")
_NUMERAL: Final = re.compile(r"[$£€]?\d|(?!I(?!\w))[IVXLC]+(?!\w)")
_POINT: Final = re.compile(r"(?:[NSEW]|[NS][EW])[ ]of(?!\w)")
_DEGREES: Final = re.compile(r"\d[ ]?°[CFK]?$")
_DOTTED: Final = re.compile(r"(?:[^\W\d]{1,3}\.)+[^\W\d]{1,3}")
"""An abbreviation with full stops: "U.S", "B.Sc"."""

_CODE: Final = re.compile(r"[A-Z]{1,3}-?\d")
"""What is numbered with letters: "No. C2766"."""

_HEAD: Final = 80
"""Characters at the beginning of a sentence that are looked at."""

_PHRASE: Final = 5
"""Words. What has fewer may be the beginning of a sentence, and not one by itself: "At 5 p.m. Mr. Lee left."."""
_FIRST_WORD = re.compile(r"([^\W\d_]+)(['’](?=[^\W\d_]))?")
_SPACE = re.compile(r"(?<![\d\s])\s++|(?<!\s)\s++(?!\d)")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？｡।॥؟۔][\"'”’»)\]」』）】]*(?:[ \u00a0\u202f][»\"])?$")
_ENDS_CLAUSE = re.compile(r"[,;:—–，、；：)\]][\"'”’»)\]」』）】]*$")


def ends_sentence(text: str, language: str, after: str = "") -> bool:
    """Whether `text` ends with a mark that ends sentences, and what closes after it; `after` follows."""
    text = text[-_CONTEXT:]
    if not _ENDS_SENTENCE.search(text):
        return False
    joined = f"{text} {after[:_CONTEXT]}"
    stops = [match for match in _STOP.finditer(joined) if match.end() >= len(text)]
    return not after or all(_ends(joined, 0, match, segmentation(language)) for match in stops[:1])


def ends_clause(text: str) -> bool:
    """Whether `text` ends with a mark that ends clauses, and what closes after it."""
    return _ENDS_CLAUSE.search(text[-_CONTEXT:]) is not None


def sentence_starts(text: str, language: str) -> Iterator[int]:
    """The positions at which sentences start, but for the first. White space belongs to the sentence before it, and a
    line break ends a sentence."""
    words = segmentation(language)
    start = 0
    for match in _STOP.finditer(text):
        if match.end() < len(text) and _ends(text, start, match, words):
            start = match.end()
            yield start


def sentence_ends(text: str, stop: int, language: str) -> Iterator[int]:
    """The positions up to `stop` behind sentences and the white space after them; `text` is one sentence's or more."""
    words = segmentation(language)
    return (match.end() for match in _STOP.finditer(text[:stop]) if _ends(text, 0, match, words))


def clause_ends(text: str, stop: int, language: str) -> Iterator[int]:
    """The positions up to `stop` behind clauses: after a mark, or before a conjunction."""
    return (match.end() for match in _clause(language).finditer(text[:stop]))


def phrase_ends(text: str, stop: int, language: str) -> Iterator[int]:
    """The positions up to `stop` behind words, but those that lean on the next one; no number is parted."""
    return (match.end() for match in _phrase(language).finditer(text[:stop]))


def word_ends(text: str, stop: int) -> Iterator[int]:
    """The positions up to `stop` behind words; no number is parted."""
    return (match.end() for match in _SPACE.finditer(text[:stop]))


@lru_cache(_CACHED)
def segmentation(language: str) -> Segmentation:
    """The words of a language, with those of the one that it is mixed with if it has letters of its own (`latin`)."""
    known = find_language(language)
    return _merged(known.segmentation, find_language(known.latin).segmentation) if known.latin else known.segmentation


def _merged(one: Segmentation, other: Segmentation) -> Segmentation:
    return Segmentation(
        **{field.name: getattr(one, field.name) | getattr(other, field.name) for field in fields(Segmentation)}
    )


@lru_cache(_CACHED)
def _clause(language: str) -> re.Pattern[str]:
    conjunctions = "|".join(sorted(segmentation(language).conjunctions)) or "(?!)"
    return re.compile(rf"[,;:—–][\"'”’»)\]]*+\s++|[)\]”»]\s++|\s—\s*|—|[，、；：]|(?<!\s)\s++(?=(?:{conjunctions})\s)")


@lru_cache(_CACHED)
def _phrase(language: str) -> re.Pattern[str]:
    proclitics = "".join(rf"(?<!\b{word})" for word in sorted(segmentation(language).proclitics))
    return re.compile(rf"(?<!\s){proclitics}(?:(?<!\d)\s++|\s++(?!\d))")


def _ends(text: str, start: int, stop: re.Match[str], words: Segmentation) -> bool:
    """Whether the stop ends a sentence that began at `start`: what stands before and after it decides."""
    if (next_item := _next_item(text, start, stop.end())) or stop["item"]:
        return next_item
    mark = stop[0].strip()
    if not mark or "\n" in stop[0] or mark[0] not in ".!?…":
        return True
    after = text[stop.end() : stop.end() + _CONTEXT].lstrip(OPENERS)
    lower = after[:1].islower()
    if stop["ellipsis"] or text[stop.start() - 1 : stop.start()] == "[":
        return False  # ". . .", "[...]"
    if mark == "!" and after[:1] in {"=", "×", "÷", "+"}:
        return False  # "5! = 120"
    if mark[0] != ".":
        return not (lower and (mark[0] == "…" or mark[-1] in "\"'”’»)"))
    before = _WORD_BEFORE.search(text, max(start, stop.start() - _CONTEXT), stop.start())
    alone = before is not None and _stands_alone(text, start, before.start())
    if mark != "." and not (mark == ".)" and alone):
        return not lower
    if before is None:
        return True
    rest = text[stop.end() : stop.end() + _CONTEXT]
    if rest.strip() and len(rest) < _CONTEXT and not any(map(str.isalnum, rest)):
        return False  # nothing is said any more
    return _word_ends(before[0], after, words, alone=alone, head=text[start : min(before.start(), start + _HEAD)])


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing but a bullet is between `start` and `end`."""
    return end - start < _ALONE and not text[start:end].strip().strip(_BULLETS).strip()


def _next_item(text: str, start: int, at: int) -> bool:
    """Whether the item of a list that begins at `at` comes next to the one that begins at `start`."""
    this, after = _ITEM.match(text, start), _ITEM.match(text, at)
    if this is None or after is None or this[2] != after[2]:
        return False
    if this[1].isdecimal():
        return after[1].isdecimal() and int(after[1]) == int(this[1]) + 1
    return len(after[1]) == 1 and ord(after[1]) == ord(this[1]) + 1


def _word_ends(word: str, after: str, words: Segmentation, *, alone: bool, head: str) -> bool:
    """Whether `word` with its full stop ends a sentence before `after`. alone: nothing else is in the sentence. head:
    what is in it before the word."""
    word = re.split("['’-]", word.strip("'’-"))[-1]  # "l'ing.", "200-lb."
    forms = {word} if len(word) == 1 else {word, word.lower()}
    if alone and ((word.isdecimal() and len(word) <= 3) or len(word) == 1):
        return False  # "1. First", "A. Smith"
    if after[:1].islower() and not _begins_small(head + word):
        return False
    if not any(map(str.isalpha, word)) or _DEGREES.search(word):
        return True
    if word.lower() in _NUMERO and (after[:1].isdecimal() or _CODE.match(after)):
        return False
    if len(word) == 1 and word.islower() and _INITIAL.match(after):
        return False  # "a. C."
    if not forms.isdisjoint(words.ambiguous) and not _NUMERAL.match(after):
        return not after[:1].islower()
    if not forms.isdisjoint(words.abbreviations):
        return False
    if not forms.isdisjoint(words.closing):
        return not after or (after[:1].isupper() and not _continues(after, words, head))
    if word in words.measures and head.rstrip()[-1:].isdecimal() and not _POINT.match(after):
        return not after or (after[:1].isupper() and not _continues(after, words, head))
    initial = len(word) == 1 and word.isupper()
    if initial or _DOTTED.fullmatch(word) or not forms.isdisjoint(words.open_abbreviations):
        return _starts_sentence(after, words)
    return True


def _begins_small(sentence: str) -> bool:
    """Whether it begins with a small letter, as where all of a text is written so."""
    return next((letter.islower() for letter in sentence if letter.isalnum()), False)


def _continues(text: str, words: Segmentation, head: str) -> bool:
    """Whether `text` goes on with the sentence though it begins with a capital: "p.m. Monday", "At 5 p.m. Mr. Lee"."""
    match = _FIRST_WORD.match(text)
    if match is None:
        return False
    if match[1].lower() in words.continuations:
        return True
    title = match[1].lower() in words.abbreviations and text[match.end() : match.end() + 1] == "."
    return title and len(head.split()) < _PHRASE - 1


def _starts_sentence(text: str, words: Segmentation) -> bool:
    """Whether a sentence visibly starts with `text`, or nothing is there."""
    match = _FIRST_WORD.match(text)
    if match is None or not text[0].isupper():
        return not text
    first, apostrophe = match[1], match[2]
    if len(first) == 1 and text[1:2] == ".":
        return False  # another initial
    return first == "I" or not words.starters.isdisjoint({first.lower(), f"{first.lower()}'" if apostrophe else first})
