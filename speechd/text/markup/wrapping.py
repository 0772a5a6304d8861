"""The lines of a paragraph: wrapped prose becomes one line again, and what stands alone stays alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

WRAP_LENGTH: Final = 50
"""Characters. A longer line goes on in the next one; a shorter one before a capital may stand alone."""

_SHORTEST_COLUMN: Final = 28
"""Characters. Columns of print are hardly narrower."""

_STOPPED = re.compile(r"[.!?…:;。！？；：।॥؟۔][\"'”’»)\]」』*_]*$")
_OPEN_END = re.compile(
    r"(?:(?<![\w'])(?:the|an?|of|in|on|at|by|to|for|with|from|and|or|but|nor|as|than|that|which|who|whom|whose|when|while|"
    r"if|because|although|into|onto|over|under|about|between|through|during|after|before|against|without|within|until|"
    r"since|is|are|was|were|has|have|had|will|would|can|could|should|may|might|must|my|your|his|her|its|our|"
    r"their|this|these|those|some|any|every|each|more|most|very|"
    r"el|la|los|las|un|una|de|del|y|o|que|en|con|por|para|le|les|des|du|et|ou|dans|sur|avec|pour|il|lo|gli|di|della|che|"
    r"e|o|os|as|um|uma|do|da|dos|das|em|no|na|com|"
    r"New|San|Los|Saint|South|North|East|West|United|Great|Sir|Lady|Lord|"
    r"[Pp]resident|[Ss]enator|[Gg]eneral|[Cc]olonel|[Cc]aptain|[Kk]ing|[Qq]ueen|[Pp]rofessor|[Dd]octor|[Mm]r|[Mm]rs|"
    r"[Mm]s|[Dd]r|[Pp]rof|[Ss]t|[Mm]r\.|[Mm]rs\.|[Mm]s\.|[Dd]r\.|[Pp]rof\.|[Ss]t\.)|,)$"
)
"""Words with which no line ends that stands alone."""

_CLAUSE = re.compile(
    r"(?:^|[\"'“‘])(?:I|He|She|It|We|They|You|There|This|That)[ ]|[ ](?:is|are|was|were|has|have|had|will|would|can"
    r"|could|did|does)[ ]"
)
_HYPHENATED = re.compile(r"(?<=[^\W\d_]{2})-$")
_COMPOUND_HEADS: Final = frozenset(
    "well self ex half all high low long short old new non anti pre post co re semi multi two three four five six "
    "seven "
    "eight nine ten twenty thirty forty fifty sixty seventy eighty ninety one first second third cross left right hard "
    "soft full part time part-time so ready able much little fast slow open close ever never free world state north "
    "south east west mother father sister brother editor commander attorney runner passer middle twentieth nineteenth "
    "man hand heart mind far best better ill good kind blue red black white green dark light large small real single "
    "double triple big deep wide last next follow up down in out on off by over under".split()
)
_COMPOUND_TAILS: Final = frozenset(
    "known based free like old year years term level class time made born minded looking called winning being to in of "
    "up down out off law hearted headed handed eyed haired sided scale size sized friendly related style century "
    "ridden "
    "elect general laws chief away by the and".split()
)


class Shape(NamedTuple):
    """What all lines of a paragraph together say of how they are joined. is_prose: they are a column of print.
    is_stopped: the last one ends with a stop."""

    is_prose: bool
    is_stopped: bool


SHAPES: Final = (Shape(True, True), Shape(False, True), Shape(False, False))
"""All that make a difference."""


def lines_of(paragraph: Sequence[str], shape: Shape | None = None) -> str:
    """A paragraph's lines, joined where they are wrapped: by a space, or a comma where a verse may end; a line that
    stands alone keeps its line break. shape: the paragraph's, if that is not the one of these lines alone."""
    prose, ended = shape or Shape(_is_prose(paragraph), _STOPPED.search(paragraph[-1]) is not None)
    text = paragraph[0]
    for before, line in pairwise(paragraph):
        if _HYPHENATED.search(before) and line[:1].isalpha():
            text = _hyphenated(text, line)
        elif line[:1].islower() or prose or len(before) >= WRAP_LENGTH or _OPEN_END.search(before):
            text += f" {line}"
        elif not _STOPPED.search(before) and ended and _CLAUSE.search(before):
            text += f", {line}" if before[-1] not in ",-—–" else f" {line}"
        else:
            text += f"\n{line}"
    return text


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether most lines go on in small letters and are about as long as the longest: a column of print."""
    if len(lines) < 3:
        return False
    longest = max(map(len, lines))
    small = sum(line[:1].islower() for line in lines[1:])
    even = sum(len(line) >= 0.7 * longest for line in lines[:-1])
    return longest >= _SHORTEST_COLUMN and 2 * small >= len(lines) - 1 and even >= 0.75 * (len(lines) - 1)


def _hyphenated(text: str, line: str) -> str:
    """A word that the line's end parts: whole again, but for the hyphens that it has anywhere."""
    word = re.split(r"[^\w-]", text[-40:-1])[-1].lower()
    head = word.rpartition("-")[2]
    tail = re.match(r"[^\W\d_]*", line)
    kept = (
        not line[0].islower()
        or head != word
        or head in _COMPOUND_HEADS
        or (tail is not None and tail[0].lower() in _COMPOUND_TAILS)
    )
    return text + line if kept else text[:-1] + line
