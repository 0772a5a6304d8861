"""A document as a client writes it: Markdown, HTML, `[pause:0.5s]` and `[word](/ipa/)`. It may come in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.text.markup import html
from speechd.text.markup.characters import LINE_BREAK, without_unspoken
from speechd.text.markup.formulas import on_one_line
from speechd.text.markup.markdown import BlockReader
from speechd.text.markup.marks import PAUSE_LIMIT_S, PRONUNCIATION, Mark, Pause, Phonemes, Tag, Text

_PAUSE_OR_TAG = re.compile(
    r"\[pause:[ ]?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})[ ]?(ms|s)?\]|\[(?P<tag>voice|rate):(?P<value>[^\[\]\n]{0,200})\]",
    re.IGNORECASE,
)

_BREAK: Final = r"(?>\r\n|[\n\r\v\f\x85\u2028\u2029])"
_BLANK_LINE = re.compile(rf"{_BREAK}[ \t]*{_BREAK}")

BLANK_OVERLAP: Final = 100
"""Characters of the piece before that are looked at again, for a blank line that began there."""


class DocumentReader:
    """Makes marks of a text that is fed in pieces: the same marks, however it is cut.

    Text is kept back until a blank line follows it, outside tags, comments, scripts and styles. Whatever comes after
    that changes nothing before it.
    """

    def __init__(self) -> None:
        self._blocks = BlockReader()
        self._kept = ""

    def feed(self, text: str) -> list[Mark]:
        """The marks that are certain with this piece of the text."""
        seen = len(self._kept)
        self._kept += text
        end = last_blank_line(self._kept, max(0, seen - BLANK_OVERLAP))
        if end is None or html.ends_inside_element(self._kept[:end]):
            return []
        certain, self._kept = self._kept[:end], self._kept[end:]
        return read_marks(certain, self._blocks)

    def finish(self) -> list[Mark]:
        """The marks of what is left; no more text comes."""
        rest, self._kept = self._kept, ""
        return read_marks(rest, self._blocks)


def read_marks(text: str, blocks: BlockReader, *, end: str = "\n\n", goes_on: bool = False) -> list[Mark]:
    """The marks of a piece of a document, which begins and ends where a block does. blocks, end, goes_on: as for
    `BlockReader.blocks`."""
    text = on_one_line(without_unspoken(html.to_text(LINE_BREAK.sub("\n", text))))
    return [mark for block in blocks.blocks(text, end=end, goes_on=goes_on) for mark in _marks_of(block)]


def parse(text: str) -> list[Mark]:
    """The marks of a whole text: `Text`, `Phonemes`, `Pause` and `Tag`."""
    reader = DocumentReader()
    return [*reader.feed(text), *reader.finish()]


def last_blank_line(text: str, start: int) -> int | None:
    """The end of the last blank line in `text`, of those that begin at `start` or later."""
    return max((match.end() for match in _BLANK_LINE.finditer(text, start)), default=None)


def _marks_of(block: str) -> Iterator[Mark]:
    """A block's pauses and tags, and what stands between them."""
    position = 0
    for match in _PAUSE_OR_TAG.finditer(block):
        yield from _words(block[position : match.start()])
        position = match.end()
        if match["tag"] is not None:
            yield Tag(match["tag"].lower(), match["value"].strip())
            continue
        seconds = float(match[1]) / (1000 if (match[2] or "").lower() == "ms" else 1)
        yield Pause(min(seconds, PAUSE_LIMIT_S))
    yield from _words(block[position:])


def _words(text: str) -> Iterator[Text | Phonemes]:
    """Text and pronunciations."""
    position = 0
    for match in PRONUNCIATION.finditer(text):
        if before := text[position : match.start()]:
            yield Text(before)
        yield Phonemes(match["word"], match["ipa"])
        position = match.end()
    if rest := text[position:]:
        yield Text(rest)
