"""Which sentences of a text that is still being written are certain: nothing that may follow changes them.

What may follow is tried: a sentence is certain if it is the same in front of each of some short texts that stand for
all others, and something to be spoken already follows it in its paragraph, so that it is known not to be the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from speechd.text.blocks import Block
from speechd.text.boundaries import OPENERS, segmentation, sentence_starts
from speechd.text.markup.wrapping import SHAPES, Shape

WORDS: Final = (
    "",
    "aq",
    "AQ",
    "5",
    ".",
    "-5",
    " a",
    " A",
    ". A",
    ".a",
    ".5",
    ") A",
    "'s a",
    "' a",
    '" a',
    '" A',
    "! A",
)
"""What may follow within a paragraph, as far as the ends of sentences know it. "aq": no word that was begun becomes one
of a language's by it, as Spanish "es" becomes "esa"."""

_SHILLINGS = re.compile(r"\ds\.\s\d{1,2}\Z")
_NUMBER_LINE = re.compile(r"\n\s*\d{1,6}\s*\Z")
_CELLS: Final = " | a | b |"

_FIRST_WORD = re.compile(rf"[{re.escape(OPENERS)}]*([^\W\d_]{{1,20}})\Z")
"""A word that may go on, and what opens before it."""

_CUE: Final = "00:00:01,000 --> 00:00:02,000\na"


class Place(NamedTuple):
    """A place in blocks: before the character `offset` of the block of this number."""

    block: int
    offset: int


def continuations(text: str) -> list[tuple[str, Shape | None]]:
    """What may follow this text of one paragraph, or one item, and change what it is: more text, or the shape that more
    lines may give it."""
    following: list[tuple[str, Shape | None]] = []
    is_one_line = "<" not in text and len(text.splitlines()) < 2
    if not is_one_line or "|" in text:
        following.append((_CELLS, None))
    if not is_one_line:
        following += (("", shape) for shape in SHAPES)
    if _SHILLINGS.search(text):
        following.append(("d ", None))
    if _NUMBER_LINE.search(text):
        following.append((_CUE if text.endswith("\n") else f"\n{_CUE}", None))
    return following


def words_after(text: str, language: str) -> tuple[str, ...]:
    """What may follow within a paragraph, as far as the ends of sentences know it. text: what stands behind the end in
    question; the word that it begins with may become another."""
    begun = _FIRST_WORD.match(text)
    if begun is None:
        return WORDS
    start, words = begun[1].lower(), segmentation(language)
    kinds = (words.starters, " a"), (words.continuations, " a"), (words.abbreviations, ". A")
    return *WORDS, *(
        f"{word[len(start) :]}{more}"
        for kind, more in kinds
        if (word := next((word for word in kind if word.startswith(start) and word.isalpha()), None))
    )


def end_of(blocks: Sequence[Block]) -> Place | None:
    """The place behind the last sentence of blocks, or behind the pause that is the last; None without any."""
    if not blocks:
        return None
    if not isinstance(blocks[-1], str):
        return Place(len(blocks), 0)
    return Place(len(blocks) - 1, len(blocks[-1].rstrip()))


def continues(blocks: Sequence[Block], beginning: Sequence[Block], end: Place) -> bool:
    """Whether `blocks` begin as `beginning` does up to `end`, and something to be spoken follows in the same
    paragraph."""
    if len(blocks) <= end.block or not begin_as(blocks, beginning, end):
        return False
    block = blocks[end.block]
    if not isinstance(block, str):
        return False
    rest = block[end.offset :]
    space = rest[: len(rest) - len(rest.lstrip())]
    return "\n\n" not in space and any(map(str.isalnum, rest))


def begin_as(blocks: Sequence[Block], beginning: Sequence[Block], end: Place) -> bool:
    """Whether `blocks` begin as `beginning` does up to `end`."""
    if list(blocks[: end.block]) != list(beginning[: end.block]):
        return False
    if not end.offset:
        return True
    block, said = (each[end.block] if end.block < len(each) else None for each in (blocks, beginning))
    return isinstance(block, str) and isinstance(said, str) and block.startswith(said[: end.offset])


def certain_starts(views: Sequence[str], stop: int, language: str) -> list[int] | None:
    """Where the sentences of a text start, up to `stop`, which the first begins at 0, if that is so in all these views
    of it; None if one does not start at `stop`, or not in all of them."""
    found: list[int] | None = None
    for view in views:
        starts = []
        for start in sentence_starts(view, language):
            if start > stop:
                break
            starts.append(start)
        if starts[-1:] != [stop] or (found is not None and starts != found):
            return None
        found = starts
    return found


def after(blocks: Sequence[Block], place: Place) -> list[Block]:
    """The blocks behind a place."""
    if place == (0, 0):
        return list(blocks)
    block = blocks[place.block] if place.block < len(blocks) else ""
    rest = block[place.offset :].lstrip() if isinstance(block, str) else block
    return [*([rest] if rest else []), *blocks[place.block + 1 :]]
