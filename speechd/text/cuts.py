"""Cuts of text: a head of about so many characters, at the best boundary, and the rest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from speechd.text.boundaries import clause_ends, ends_clause, phrase_ends, sentence_ends, word_ends
from speechd.text.markup.marks import PRONUNCIATION

SHORTEST_HEAD: Final = 0.4
"""Share of the limit. A better boundary before this point is not worth the shorter head."""

TOLERANCE: Final = 0.4
"""Share of the target by which a head may be shorter or longer, so that it ends with a clause."""

SHORTEST_TAIL: Final = 12
"""Characters. A shorter rest is not worth a segment of its own."""

PART_SHARE: Final = 0.8
"""Of what text is cut to be within: the share that its parts have at most, on average, so that clauses can end them."""

LONGEST_WORD: Final = 80
"""Characters. What has no boundary for longer is no word that must stay whole, and would be a segment of any length."""

PRONUNCIATION_LENGTH: Final = 170
"""Characters. The longest `[word](/ipa/)` is a little shorter."""

_TRAILING_NUMBER = re.compile(r"\d(?:[.,:/\u00a0 -]?\d){0,40}$")
_NUMBER_LENGTH: Final = 82
"""Characters that `_TRAILING_NUMBER` matches at most."""

_MARKS: Final = ("strong", "weak", "none")
"""With what a clause ends, the best place for a cut first; "none" before a conjunction."""

_STRONG = re.compile(r"[;:—–；：][\"'”’»)\]」』）】]*$")

_CONTEXT: Final = 24
"""Characters before a cut within which its mark, and what closes after it, are looked for."""

_ZWJ: Final = "\u200d"
_VIRAMAS: Final = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d"


def split(text: str, limit: int, language: str) -> tuple[str, str]:
    """A head of at most `limit` (>= 1) characters at the best boundary, and the rest; white space between them goes.

    Sentence before clause before phrase before word. A word is cut only where it is longer than `limit` by itself,
    between graphemes.
    """
    at = best_cut(text, limit, language)
    return text[:at].rstrip(), text[at:].lstrip()


def split_near(text: str, target: int, limit: int, language: str) -> tuple[str, str]:
    """A head of about `target` and at most `limit` characters, and the rest, which is to be no tiny one: up to the
    nearest end of a sentence, else of a clause, a phrase or a word. Without one nearby, as `split` does; the head is
    then longer than `target` only for a word of at most `LONGEST_WORD` characters."""
    least, most = round(target * (1 - TOLERANCE)), min(limit, round(target * (1 + TOLERANCE)))
    for positions in _boundaries(text[: most + PRONUNCIATION_LENGTH], most, language):
        near = [at for at in positions if least <= len(text[:at].rstrip()) <= most and len(text) - at >= SHORTEST_TAIL]
        if near:
            at = min(near, key=lambda at: abs(len(text[:at].rstrip()) - target))
            return text[:at].rstrip(), text[at:].lstrip()
    return split(text, min(limit, max(target, LONGEST_WORD)), language)


def pieces(text: str, limit: int, language: str) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters and white space, each cut as `split` does; joined they are it."""
    start = 0
    while len(text) - start > limit:
        at = start + best_cut(text[start : start + limit + PRONUNCIATION_LENGTH], limit, language)
        yield text[start:at]
        start = at
    if start < len(text):
        yield text[start:]


def best_cut(text: str, limit: int, language: str) -> int:
    """The best position at which to cut `text` so that at most `limit` characters and white space stand before it."""
    if len(text) <= limit:
        return len(text)
    text = text[: limit + PRONUNCIATION_LENGTH]
    least = int(limit * SHORTEST_HEAD)
    for positions, shortest in zip(_boundaries(text, limit, language), (*[least] * 5, 1), strict=True):
        for at in reversed(positions):
            if max(1, shortest) <= len(text[:at].rstrip()) <= limit:
                return at
    return _cut_in_word(text, limit)


def _boundaries(text: str, limit: int, language: str) -> Iterator[list[int]]:
    """Positions after which `text[: limit + 1]` can be cut, the best first: ends of sentences; of clauses with a strong
    mark, with a weaker one, and before a conjunction; of phrases; of words."""
    stop = limit + 1
    whole = [match.span() for match in PRONUNCIATION.finditer(text)] if "](/" in text else []

    def untorn(ends: Iterator[int]) -> list[int]:
        return [at for at in ends if not any(start < at < end for start, end in whole)]

    yield untorn(sentence_ends(text, stop, language))
    marks = [(at, _mark(text[:at].rstrip())) for at in untorn(clause_ends(text, stop, language))]
    for wanted in _MARKS:
        yield [at for at, mark in marks if mark == wanted]
    yield untorn(phrase_ends(text, stop, language))
    yield untorn(word_ends(text, stop))


def _mark(head: str) -> str:
    """With which of `_MARKS` the text ends."""
    if not ends_clause(head):
        return "none"
    return "strong" if _STRONG.search(head[-_CONTEXT:]) else "weak"


def _cut_in_word(text: str, limit: int) -> int:
    """A cut inside a word: before a `[word](/ipa/)` or number that would be torn, else between graphemes."""
    torn = text[:limit].rfind("[")
    if torn > 0 and "](/" in text[torn:] and not PRONUNCIATION.match(text[:limit], torn):
        return torn
    number = _TRAILING_NUMBER.search(text[max(0, limit - _NUMBER_LENGTH) : limit])
    if number and text[limit].isdecimal() and (start := limit - len(number[0])) > 0:
        return start
    at = limit
    while at > 1 and (unicodedata.category(text[at])[0] == "M" or text[at] == _ZWJ or text[at - 1] in _ZWJ + _VIRAMAS):
        at -= 1
    return at if at > 1 else limit
