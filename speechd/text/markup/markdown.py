"""Markdown into blocks of plain text: what people write of CommonMark, GitHub's tables and footnotes included.

Everything here is linear: patterns start at a character that can start nothing else, or their repetitions are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from speechd.text.markup.formulas import FORMULA
from speechd.text.markup.marks import PRONUNCIATION
from speechd.text.markup.notes import without_cues, without_notes
from speechd.text.markup.wrapping import Shape, lines_of

_FENCE = re.compile(r"\s{0,3}(?:`{3,}|~{3,})")
_THEMATIC_BREAK = re.compile(r"\s{0,3}(?:[-*_=~][ \t]*){3,}$")
_TABLE_DELIMITER = re.compile(r"(?=[^|]*\|)[\s|:-]+$")
_DEFINITION = re.compile(r"\s{0,3}\[[^\[\]^][^\[\]]{0,100}\]:\s")
_NOTE = re.compile(r"\s{0,3}\[\^[^\[\]]{1,100}\]:\s+(?=\S)")
_QUOTE = re.compile(r"(?:\s{0,3}>)+\s?")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_HEADING_END = re.compile(r"\s#+\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪·]\s+(?:\[[ xX]\]\s+)?|(?=\d{1,3}[.)]\s+\D|[A-Za-z]\)\s+\w|[ivx]{1,4}\)\s+\w))")
_SURELY_ITEM = re.compile(
    r"[ \t]*(?:[-*+•‣◦▪·]\s+(?:\[[ xX]\]\s+)?(?:[\"'“(*_`~]{0,4})[^\W_]|\d{1,3}[.)]\s+(?:[\"'“(*_`~]{0,4})[^\W\d_])"
)
"""The beginning of a line that is an item of a list, whatever follows."""
_SURELY_BLOCK = re.compile(r"\s{0,3}(?:#{1,6}\s+[^\s#]|`{3}|~{3})")
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
_HIGHLIGHT = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,200})(?<=[^\s=])==(?![=\w])")
_ASIDE = re.compile(
    r"(?:^|(?<=[.!?…:][ \"'”’]))(\*{1,3}|_{1,2})(?=[^\s*_])([^*_\n]{1,80}[\w)\"'”’])\1(?=[ ]+[\"'“‘(]?[A-Z])"
)
_SEPARATOR = re.compile(r"(?<=[^\W_]{2})[ ]{1,3}[·•|‧∙▪][ ]{1,3}(?=\w)")
_UNSPACED = re.compile(
    r"(?<![\w./@:'’-])([^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){0,30}(?<=[a-zß-ÿ]{2})[.!?][\"”’]?)"
    r"(?!(?:Com|Net|Org|Io|Ai|Js|Tv|Gov|Edu|Py)\b)(?=(?:[A-Z][a-z]{1,20}|I|A)(?:[ ,]|['’][a-z]))"
)
_SHILLINGS = re.compile(r"(?<![\w.,])(\d{1,3})s\.[ ](\d{1,2}[½¼¾]?)d(?!\w)")
_VALUE = re.compile(r"(?<![\w|])\|-?[A-Za-z\d+-]{1,8}\|(?![\w|])")
"""A value between bars: "|-3|"."""
_CELLS = re.compile(r"(?<=\S)\t+(?=\S)")


class BlockReader:
    """Reads Markdown in pieces that end where a block does: at a blank line, or before a line that begins another.

    State: `fenced`, whether a fenced code block is open; `is_between`, whether the last piece ended behind a line that
    stands alone, so that what follows changes nothing before it.
    """

    def __init__(self, *, fenced: bool = False, shape: Shape | None = None) -> None:
        """shape: of the last paragraph, where that goes on behind what is read."""
        self.fenced = fenced
        self.is_between = True
        self._shape = shape

    def blocks(self, text: str, *, end: str = "\n\n", goes_on: bool = False) -> Iterator[str]:
        """Paragraphs, headings, list items, table rows and lines of code, in order, without their marks.

        Each ends with "\\n\\n" where a paragraph ends, or with "\\n" where a line stands alone. end: of the last, if it
        is no line that stands alone. goes_on: the first line is the rest of one, so that nothing begins with it.
        """
        paragraph: list[str] = []
        text = without_cues(text)
        lines = (text if self._shape is None else text.rstrip()).split("\n")  # the last paragraph goes on
        if goes_on and not self.fenced and (rest := lines.pop(0).strip()):
            paragraph.append(rest)
        for line in lines:
            if _FENCE.match(line):
                yield from _paragraph(paragraph)
                self.fenced = not self.fenced
            elif self.fenced:
                if line.strip():
                    yield _ended(line.strip()) + "\n"
            elif not line.strip() or any(
                silent.match(line) for silent in (_THEMATIC_BREAK, _TABLE_DELIMITER, _DEFINITION)
            ):
                yield from _paragraph(paragraph)
            else:
                yield from _line(line, paragraph)
        self.is_between = not paragraph
        yield from _paragraph(paragraph, end, self._shape)


def begins_block(line: str) -> str | None:
    """How the paragraph ends before a line of which this is the beginning: with "\\n" if that surely is an item's, with
    "\\n\\n" if a heading's or a fence; None if it is too early to tell, or the line may go on with the paragraph."""
    if _SURELY_ITEM.match(line):
        return "\n"
    return "\n\n" if _SURELY_BLOCK.match(line) else None


def _line(line: str, paragraph: list[str]) -> Iterator[str]:
    """One line outside code: ends the paragraph and stands alone, or joins it."""
    line = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
    if heading := _HEADING.match(line):
        yield from _paragraph(paragraph)
        yield _ended(_inline(_HEADING_END.sub("", line[heading.end() :]))) + "\n\n"
    elif item := _ITEM.match(line):
        yield from _paragraph(paragraph, end="\n")
        text = line[item.end() :].strip()
        paragraph.append(text if text.count("|") < 2 else ", ".join(filter(None, map(str.strip, text.split("|")))))
        paragraph.append("")  # marks a list item: its paragraph ends as a sentence
    elif _bars(line) >= 2:
        yield from _paragraph(paragraph)
        cells = (_inline(cell) for cell in line.split("|"))
        yield _ended(", ".join(cell for cell in cells if cell)) + "\n"
    elif note := _NOTE.match(line):
        yield from _paragraph(paragraph)
        paragraph.append(line[note.end() :].strip())
    elif _CELLS.search(line):
        yield from _paragraph(paragraph)
        yield _ended(", ".join(map(_inline, _CELLS.split(line.strip())))) + "\n"
    else:
        paragraph.append(line.strip())


def _bars(line: str) -> int:
    """The bars that may part the cells of a table's row: none in a formula, and no "or" of a program."""
    if line.count("|") < 2 or line.lstrip().startswith("|"):
        return line.count("|")
    return _VALUE.sub("", FORMULA.sub("", line).replace("||", "")).count("|")


def _paragraph(lines: list[str], end: str = "\n\n", shape: Shape | None = None) -> Iterator[str]:
    """The gathered lines as one block, and forget them."""
    if not lines:
        return
    item = len(lines) > 1 and lines[1] == ""
    text = " ".join(filter(None, lines)) if item else lines_of(lines, shape)
    lines.clear()
    text = _inline(text)
    yield (_ended(text) if item else text) + end


def _inline(text: str) -> str:
    """A paragraph without Markdown's marks: links speak their text, images their description, code its content.
    Formulas of TeX stay as they are."""
    return _alternating(FORMULA, text, _plain).strip() if "$" in text or "\\" in text else _plain(text).strip()


def _alternating(kept: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """`text` with what lies between matches of `kept` changed."""
    pieces = []
    position = 0
    for match in kept.finditer(text):
        pieces += [change(text[position : match.start()]), match[0]]
        position = match.end()
    return "".join([*pieces, change(text[position:])])


def _plain(text: str) -> str:
    text = _SHILLINGS.sub(r"\1s.\2d", without_notes(text))
    if "[" in text:
        text = _FOOTNOTE.sub("", text)
        text = _IMAGE_OR_LINK.sub(r"\1", text)
        text = _REFERENCE.sub(r"\1", text)
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
    return _alternating(PRONUNCIATION, text, _unmarked)


def _unmarked(text: str) -> str:
    text = _ASIDE.sub(_aside, _SEPARATOR.sub(", ", _UNSPACED.sub(r"\1 ", _HIGHLIGHT.sub(r"\1", text))))
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", text))


def _aside(match: re.Match[str]) -> str:
    """An emphasised phrase before a sentence ("*smiles* Hello!"), and the pause that the emphasis stands for."""
    return f"{match[1]}{match[2]}{match[1]},"


def _ended(line: str) -> str:
    """`line`, ended like a sentence."""
    return line if not line or _STOPPED.search(line) else line + "."
