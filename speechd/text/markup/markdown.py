"""Markdown into blocks of plain text: what people write of CommonMark, GitHub's tables and footnotes included.

Everything here is linear: patterns start at a character that can start nothing else, or their repetitions are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from speechd.text.markup.marks import PRONUNCIATION

WRAP_LENGTH: Final = 50
"""Characters. A shorter line that is followed by a capital stands alone (a verse, an address); a longer one wraps."""

_FENCE = re.compile(r"\s{0,3}(?:`{3,}|~{3,})")
_THEMATIC_BREAK = re.compile(r"\s{0,3}(?:[-*_=~][ \t]*){3,}$")
_TABLE_DELIMITER = re.compile(r"(?=[^|]*\|)[\s|:-]+$")
_DEFINITION = re.compile(r"\s{0,3}\[\^?[^\[\]]{1,100}\]:\s")
_QUOTE = re.compile(r"(?:\s{0,3}>)+\s?")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_HEADING_END = re.compile(r"\s#+\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪·]\s+(?:\[[ xX]\]\s+)?|(?=\d{1,3}[.)]\s+\D))")
_STOPPED = re.compile(r"[.!?…:;,。！？；：、।॥؟۔][\"'”’»)\]」』]*$")

_IMAGE_OR_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,300})\]\((?!/[^/()\n]{1,100}/\))[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?"
    r"(?:\s+[\"'(][^\"\n]{0,200}[\"')])?\s?\)"
)
_TAG: Final = "(?!(?:pause|voice|rate):)"  # no text of a link
_REFERENCE = re.compile(rf"\[({_TAG}[^\[\]\n]{{1,300}})\]\[{_TAG}[^\[\]\n]{{0,100}}\]", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\n]{1,50}\]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^\s<>@:]{0,100}[@:][^\s<>]{1,2000})>")
_ESCAPE = re.compile(r"\\([\\`*_#+.!|>~-])")
_EMPHASIS = re.compile(
    r"(?<!\\)(?:\*{2,}|(?<![\w)\]*\s])\*(?=[^\s*])|(?<!\S)\*(?=[^\s*\d])|(?<=[^\s*])\*(?![\w(\[*])"  # no products
    r"|(?<![\w_])_++|(?<!_)_++(?!\w)|~~|`+)"
)


class BlockReader:
    """Reads Markdown in pieces that end where a blank line does. State: whether a fenced code block is open."""

    def __init__(self) -> None:
        self._fenced = False

    def blocks(self, text: str) -> Iterator[str]:
        """Paragraphs, headings, list items, table rows and lines of code, in order, without their marks.

        Each ends with "\\n\\n" where a paragraph ends, or with "\\n" where a line stands alone.
        """
        paragraph: list[str] = []
        for line in text.split("\n"):
            if _FENCE.match(line):
                yield from _paragraph(paragraph)
                self._fenced = not self._fenced
            elif self._fenced:
                if line.strip():
                    yield _ended(line.strip()) + "\n"
            elif not line.strip() or any(
                silent.match(line) for silent in (_THEMATIC_BREAK, _TABLE_DELIMITER, _DEFINITION)
            ):
                yield from _paragraph(paragraph)
            else:
                yield from _line(line, paragraph)
        yield from _paragraph(paragraph)


def _line(line: str, paragraph: list[str]) -> Iterator[str]:
    """One line outside code: ends the paragraph and stands alone, or joins it."""
    line = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
    if heading := _HEADING.match(line):
        yield from _paragraph(paragraph)
        yield _ended(_inline(_HEADING_END.sub("", line[heading.end() :]))) + "\n\n"
    elif line.count("|") >= 2:
        yield from _paragraph(paragraph)
        cells = (_inline(cell) for cell in line.split("|"))
        yield _ended(", ".join(cell for cell in cells if cell)) + "\n"
    elif item := _ITEM.match(line):
        yield from _paragraph(paragraph, end="\n")
        paragraph.append(line[item.end() :].strip())
        paragraph.append("")  # marks a list item: its paragraph ends as a sentence
    else:
        paragraph.append(line.strip())


def _paragraph(lines: list[str], end: str = "\n\n") -> Iterator[str]:
    """The gathered lines as one block, and forget them."""
    if not lines:
        return
    item = len(lines) > 1 and lines[1] == ""
    text = lines[0]
    for before, line in pairwise(lines):
        if line:
            alone = not item and len(before) < WRAP_LENGTH and not line[0].islower()
            text += ("\n" if alone else " ") + line
    lines.clear()
    text = _inline(text)
    yield (_ended(text) if item else text) + end


def _inline(text: str) -> str:
    """A paragraph without Markdown's marks: links speak their text, images their description, code its content."""
    if "[" in text:
        text = _FOOTNOTE.sub("", text)
        text = _IMAGE_OR_LINK.sub(r"\1", text)
        text = _REFERENCE.sub(r"\1", text)
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
    pieces = []
    position = 0
    for kept in PRONUNCIATION.finditer(text):
        pieces += [_unmarked(text[position : kept.start()]), kept[0]]
        position = kept.end()
    return "".join([*pieces, _unmarked(text[position:])]).strip()


def _unmarked(text: str) -> str:
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", text))


def _ended(line: str) -> str:
    """`line`, ended like a sentence."""
    return line if not line or _STOPPED.search(line) else line + "."
