"""Text that is still being written, as sentences: each as soon as nothing that may follow can change it.

    fed text ── `unclosed` ──▶ what no open mark can change ── `certainty` ──▶ sentences of which the next has begun

The sentences are those of the same text read whole, however it comes in pieces. What is kept is the block (paragraph,
item) that is still open; of a long one its beginning and its last sentences, which tell how it goes on.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

from speechd.text.blocks import Block, blocks_of
from speechd.text.boundaries import clause_ends, phrase_ends, sentence_starts, word_ends
from speechd.text.certainty import Place, after, begin_as, certain_starts, continuations, continues, end_of, words_after
from speechd.text.cuts import PRONUNCIATION_LENGTH, best_cut, pieces
from speechd.text.looks import LONG, STOP, Looks
from speechd.text.markup import html
from speechd.text.markup.characters import without_unspoken
from speechd.text.markup.document import BLANK_OVERLAP, last_blank_line, read_marks
from speechd.text.markup.markdown import BlockReader, begins_block
from speechd.text.markup.unclosed import unclosed
from speechd.text.markup.wrapping import Shape
from speechd.text.sentences import SENTENCE_LIMIT

CONTEXT: Final = 60
"""Characters of a long block that are kept of its beginning, and before what is not certain; at least."""

KEPT: Final = 400
"""Characters of a block that are kept as they are."""

_TRIES: Final = 4
_LINES: Final = 8
_BLOCK_BEGINNING: Final = 24
"""Characters of a line that tell what begins with it."""

_SPACE = re.compile(r"\s+")
_ANYWHERE = re.compile(r"(?<=\w)(?=\w)")
_NUMBER_LINE = re.compile(r"(?:\A|\n)[ \t]*\d{1,6}[ \t]*\n\Z")


class Sentence(NamedTuple):
    """One sentence, with the white space after it."""

    text: str


@dataclass(frozen=True, slots=True)
class Certain:
    """Text that has become certain. blocks: what it says, sentences apart where they must not be looked for again.
    source, start: what was fed of it, and where that begins in all that was fed."""

    blocks: tuple[Block | Sentence, ...]
    source: str
    start: int


class LiveText:
    """Finds what is certain in text that is fed.

    State: `_said`, of the open block what is certain, as far as it is kept; `_known`, the blocks that it is; `_end`,
    where it ends in them; `_rest`, the text behind it, which begins at `_start` of all that was fed; `_goes_on`,
    whether the block begins within a line.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._reader = BlockReader()
        self._said, self._rest = "", ""
        self._known: Sequence[Block] = ()
        self._end = Place(0, 0)
        self._start = 0
        self._goes_on = False
        self._looks = Looks()

    @property
    def fed(self) -> int:
        """Characters that were fed."""
        return self._start + len(self._rest)

    def feed(self, text: str) -> Iterator[Certain]:
        """Add text. What is certain with it."""
        seen = len(self._rest)
        self._rest += text
        if (found := self._block_end(seen)) is not None:
            yield self._take(*found)
        while self._looks.is_worth_it(len(self._said), self._rest) and (certain := self._look()) is not None:
            yield certain

    def break_off(self, at: int, *, goes_on: bool) -> Iterator[Certain]:
        """Make certain what stands before this character of all that was fed, as it is, and what then is. goes_on: what
        follows on the line is of the same one; otherwise it is as if it began one."""
        rest = self._rest[: max(0, at - self._start)]
        is_line = bool(rest) and not rest.endswith("\n")
        certain = self._take(len(rest), "\n\n")
        self._goes_on = goes_on and is_line
        if is_line and certain.blocks and isinstance(last := certain.blocks[-1], str):
            certain = replace(certain, blocks=(*certain.blocks[:-1], f"{last.rstrip()} "))
        yield certain
        yield from self.feed("")

    def finish(self) -> Certain:
        """The rest; no more text comes."""
        return self._take(len(self._rest), "\n\n")

    def clause_end(self) -> int | None:
        """Up to which of the characters fed the text can be broken off so that whole words are spoken: behind a clause,
        else a phrase, else a word; None where that says nothing."""
        text = self._said + self._rest
        first, stop = len(self._said), unclosed(text)
        stop += len(text[stop:]) - len(text[stop:].lstrip())
        rest = text[first:stop]
        number = f"{rest}5"  # which may go on
        ends = (
            clause_ends(rest, len(rest), self._language),
            phrase_ends(number, len(number), self._language),
            word_ends(number, len(number)),
        )
        for positions in ends:
            for at in reversed([at for at in positions if rest[at - 1].isspace()][-_TRIES:]):
                if unclosed(text[: first + at]) == first + at and self._says(text[: first + at]):
                    return self._start + at
        return None

    def _says(self, text: str) -> bool:
        """Whether there is something to speak in this beginning of the open block, behind what was certain."""
        blocks = after(self._blocks(text), self._end)
        return any(isinstance(block, str) and any(map(str.isalnum, block)) for block in blocks)

    def _blocks(self, text: str, shape: Shape | None = None) -> list[Block]:
        """The blocks of the open block, if this were all of it. shape: as more lines may make it."""
        reader = BlockReader(fenced=self._reader.fenced, shape=shape)
        return list(blocks_of(read_marks(text, reader, goes_on=self._goes_on)))

    def _block_end(self, seen: int) -> tuple[int, str] | None:
        """Where in the rest the last block ends that is certain to end, and how (see `BlockReader.blocks`). seen:
        characters of the rest that were looked at before."""
        at = last_blank_line(self._rest, max(0, seen - BLANK_OVERLAP))
        if at is not None and not html.ends_inside_element(self._said + self._rest[:at]):
            return at, "\n\n"
        stop = len(self._rest)
        for _ in range(_LINES):
            stop = self._rest.rfind("\n", 0, stop)
            if stop < 0 or stop + 1 < seen - _BLOCK_BEGINNING:
                return None
            if (end := self._line_end(stop + 1, is_new=stop >= seen)) is not None:
                return stop + 1, end
        return None

    def _line_end(self, at: int, *, is_new: bool) -> str | None:
        """How the block ends that ends with the line before this place in the rest; None if it may go on. is_new: the
        line's end was not looked at before; otherwise what follows it was not."""
        line = without_unspoken(self._rest[at : at + _BLOCK_BEGINNING].partition("\n")[0])
        end = begins_block(line)
        if end is None and not is_new:
            return None
        text = self._said + self._rest[:at]
        if _NUMBER_LINE.search(text) or unclosed(text) < len(text):
            return None
        return "\n\n" if self._is_between(text.removesuffix("\n").removesuffix("\r")) else end

    def _is_between(self, text: str) -> bool:
        """Whether the last line of this stands alone."""
        reader = BlockReader(fenced=self._reader.fenced)
        first = 0 if "```" in text or "~~~" in text else text.rfind("\n") + 1
        read_marks(text[first:], reader, goes_on=self._goes_on and not first)
        return reader.fenced or reader.is_between

    def _take(self, at: int, end: str) -> Certain:
        """The rest up to this place, where a block ends."""
        text, source, start = self._said + self._rest[:at], self._rest[:at], self._start
        if end == "\n":
            text = text.rstrip("\r\n")  # or it would end with a blank line
        fenced = self._reader.fenced
        blocks = list(blocks_of(read_marks(text, self._reader, end=end, goes_on=self._goes_on)))
        if not self._go_on(blocks):
            self._reader.fenced = fenced
            self._part()
            return self._take(at, end)
        certain = Certain(tuple(after(blocks, self._end)), source, start)
        self._rest = self._rest[at:]
        self._start, self._goes_on = start + at, False
        self._said, self._known, self._end = "", (), Place(0, 0)
        self._looks.restart(0)
        return certain

    def _go_on(self, blocks: Sequence[Block]) -> bool:
        """Whether blocks of the open block begin with what is certain of it. If not, its end is no place in them."""
        return begin_as(blocks, self._known, self._end)

    def _part(self) -> None:
        """Read what follows the certain text by itself: both together do not begin with what was certain."""
        read_marks(self._said, self._reader, goes_on=self._goes_on)  # which may open or close a code block
        self._goes_on = not self._said.endswith("\n")
        self._said, self._known, self._end = "", (), Place(0, 0)
        self._looks.restart(0)

    def _look(self) -> Certain | None:
        """What is certain now of the open block."""
        text = self._said + self._rest
        text = text[: unclosed(text)]
        first = len(self._said)
        whole = self._blocks(text)
        if not self._go_on(whole):  # what is to come may settle it
            if len(self._rest) < KEPT:
                return None
            self._part()
            return self._look()
        views = [whole, *(self._blocks(text + more, shape) for more, shape in continuations(text))]
        places = [match.end() for match in STOP.finditer(text, first) if match.end() < len(text)]
        if len(places) > _TRIES:  # beginnings of a text that stay as they are do so up to some place
            stop = bisect_left(places, True, key=lambda at: not self._holds(text[:at], views))
            places = places[max(0, stop - _TRIES) : stop]
        for at in reversed(places):
            if (certain := self._certain(text, at, views)) is not None:
                return certain
        return self._long(text, views)

    def _holds(self, text: str, views: Sequence[Sequence[Block]]) -> bool:
        blocks = self._blocks(text)
        end = end_of(blocks)
        return end is None or all(continues(view, blocks, end) for view in views)

    def _certain(self, text: str, at: int, views: Sequence[Sequence[Block]]) -> Certain | None:
        """The sentences up to this place, if they are certain."""
        blocks = self._blocks(text[:at])
        end = end_of(blocks)
        if end is None or end <= self._end or not all(continues(view, blocks, end) for view in views):
            return None
        if not end.offset:
            return self._give(text, at, after(views[0][: end.block], self._end), end)
        first = self._end.offset if end.block == self._end.block else 0
        seen = [block[first:] for view in views if isinstance(block := view[end.block], str)]
        lead = len(seen[0]) - len(seen[0].lstrip()) if first else 0
        seen = [view.lstrip() if first else view for view in seen]
        length = end.offset - first - lead
        stop = length + len(seen[0][length:]) - len(seen[0][length:].lstrip())
        if end.block == len(views[0]) - 1:
            said = seen[0].rstrip()
            if not text.rstrip().endswith("."):
                said = said.removesuffix(".")  # a line that stands alone got it
            said += " " if text[-1].isspace() else ""
            seen += [said + more for more in words_after(said[stop:], self._language)]
        starts = certain_starts(seen, stop, self._language)
        if starts is None:
            return None
        parts = [seen[0][start:stop] for start, stop in pairwise([0, *starts])]
        sentences = [Sentence(piece) for part in parts for piece in pieces(part, SENTENCE_LIMIT, self._language)]
        return self._give(text, at, [*after(views[0][: end.block], self._end), *sentences], end)

    def _long(self, text: str, views: Sequence[Sequence[Block]]) -> Certain | None:
        """The first piece of a sentence that is too long to be waited for (see `speechd.text.sentences`)."""
        index, first = self._end
        block = views[0][index] if index < len(views[0]) else ""
        if not isinstance(block, str):
            return None
        rest = block[first:].lstrip() if first else block
        if len(rest) < LONG or next(sentence_starts(rest, self._language), LONG) < LONG:
            return None
        cut = best_cut(rest[: SENTENCE_LIMIT + PRONUNCIATION_LENGTH], SENTENCE_LIMIT, self._language)
        end = Place(index, len(block) - len(rest) + len(rest[:cut].rstrip()))
        places = range(len(self._said), len(text))
        at = places[0] + bisect_left(places, end, key=lambda at: end_of(self._blocks(text[:at])) or Place(0, 0))
        blocks = self._blocks(text[:at])
        if end_of(blocks) != end or not all(continues(view, blocks, end) for view in views):
            return None
        at += len(text[at:]) - len(text[at:].lstrip())
        return self._give(text, at, [Sentence(rest[:cut])], end)

    def _give(self, text: str, at: int, blocks: Sequence[Block | Sentence], end: Place) -> Certain:
        """These blocks, which the open block's text is up to a place, as certain from now on."""
        first = len(self._said)
        certain = Certain(tuple(blocks), text[first:at], self._start)
        self._said, self._end = self._context(text[:at], end)
        self._known = self._blocks(self._said)
        self._rest, self._start = self._rest[at - first :], self._start + at - first
        self._looks.restart(len(self._said))
        return certain

    def _context(self, said: str, end: Place) -> tuple[str, Place]:
        """What is kept of the beginning of a block: all of it, or its first and its last sentences."""
        if len(said) <= KEPT or "\n" in said:
            return said, end
        for pattern in (STOP, _SPACE, _ANYWHERE):
            places = [match.end() for match in pattern.finditer(said)]
            heads = (at for at in places if at >= CONTEXT and unclosed(said[:at]) == at)
            tails = (at for at in reversed(places) if at <= len(said) - CONTEXT and unclosed(said[:at]) == at)
            head, tail = next(heads, len(said)), next(tails, 0)
            if head < tail:
                kept = said[:head] + said[tail:]
                kept_end = end_of(self._blocks(kept))
                return (said, end) if kept_end is None else (kept, kept_end)
        return said, end
