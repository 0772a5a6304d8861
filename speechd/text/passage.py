"""A passage, and how far a reader of passages is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from speechd.text.fed_text import Flushed
from speechd.text.markup.marks import NEUTRAL, Pause, Style
from speechd.text.spans import Span


class Boundary(IntEnum):
    """How a passage ends; the greater, the longer the pause that fits after it."""

    WORD = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3


class Urgency(IntEnum):
    """How much text a passage of live text is to be made of."""

    GATHER = 0
    """As much as one of a whole text has: enough, or up to the end of a paragraph, a pause or a flush."""
    SENTENCE = 1
    """Whatever sentences are certain."""
    CLAUSE = 2
    """These, or the clauses or the words that there are, if no sentence is certain."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Spoken text for one segment: stripped, with at least one letter or digit. style: what the markup asks for. spans:
    its words and their places in the input, where the reader traces them."""

    text: str
    boundary: Boundary
    style: Style = NEUTRAL
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """No passage is known yet. needs_text: more must be fed first; else, so much text held nothing to speak that others
    are to go first, and the same call goes on."""

    needs_text: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader is. read: the sentences, pauses, changes of style and flushes that it has looked at. text, end,
    style, after: what it keeps of them, as in `PassageReader`. spans, reached: of its trace."""

    read: int = 0
    text: str = ""
    end: Boundary = Boundary.WORD
    style: Style = NEUTRAL
    after: Pause | Style | Flushed | None = None
    spans: tuple[Span, ...] = ()
    reached: int = 0


BEGINNING: Final = Position()
