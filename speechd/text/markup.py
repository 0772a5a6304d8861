"""Written documents into plain text: Markdown, HTML, emoji and control characters away, pauses found.

Everything here is linear: patterns start at a character that can start nothing else, or their repetitions are bounded.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

PAUSE_LIMIT_S: Final = 30.0
"""Seconds. The longest pause that one `[pause:…]` asks for; longer ones are cut to this."""

WRAP_LENGTH: Final = 50
"""Characters. A shorter line that is followed by a capital stands alone (a verse, an address); a longer one wraps."""

PRONUNCIATION: Final = re.compile(r"\[(?P<word>[^\[\]\n]{1,60})\]\(/(?P<ipa>[^/()\n]{1,100})/\)")
"""`[word](/ipa/)`: a word with its own pronunciation. Bounded, so that it fits a passage whole."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence asked for by `[pause:0.5s]`. duration_s: 0 ... `PAUSE_LIMIT_S`."""

    duration_s: float


_PAUSE = re.compile(r"\[pause:[ ]?(\d{1,6}(?:\.\d{0,6})?|\.\d{1,6})[ ]?(ms|s)?\]", re.IGNORECASE)

# Lone surrogates, controls and invisible formats. ZWNJ and ZWJ stay: Indic and Persian spelling needs them.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff0-\ufffd\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
# Pictographs and what joins them (variation selectors, keycaps, a joiner before it).
# The musical sharp and flat stay.
_EMOJI = re.compile(
    r"\u200d?[\u2300-\u23ff\u2500-\u266c\u2670-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff][\ufe0e\ufe0f]?|[\ufe00-\ufe0f\u20e3]"
)
_EMOTICON = re.compile(r"(?<!\S)(?:[:;=8xX][-']?[)(DPpOo|/\\*]|<3|\^_\^|¯\\_\(ツ\)_/¯)(?!\S)")
_LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNSPOKEN_ELEMENTS: Final = ("script", "style", "head")
_BLOCK_TAGS: Final = (
    "p|div|br|hr|li|ul|ol|dl|dt|dd|tr|table|thead|tbody|h[1-6]|pre|blockquote|section|article|header|footer|nav|main|"
    "html|body"
)
_INLINE_TAGS: Final = (
    ""
    "a|abbr|b|bdi|bdo|big|button|caption|center|cite|code|del|details|em|figcaption|figure|font|form|i|iframe|img|input|ins|kbd|label|link|mark|"
    ""
    "meta|option|q|s|samp|script|select|small|span|strike|strong|style|sub|summary|sup|svg|path|time|title|tt|u|var|video|audio|source|wbr|"
    "speak|voice|prosody|say-as|phoneme|emphasis"
)
_CELL_TAG = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK_TAGS})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE_TAGS}|td|th)(?:[\s/][^<>]*)?>", re.IGNORECASE)

_FENCE = re.compile(r"\s{0,3}(?:`{3,}|~{3,})")
_RULE = re.compile(r"\s{0,3}(?:[-*_=~][ \t]*){3,}$")
_TABLE_RULE = re.compile(r"(?=[^|]*\|)[\s|:-]+$")
_DEFINITION = re.compile(r"\s{0,3}\[\^?[^\[\]]{1,100}\]:\s")
_QUOTE = re.compile(r"(?:\s{0,3}>)+\s?")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_HEADING_END = re.compile(r"\s#+\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•‣◦▪·]\s+(?:\[[ xX]\]\s+)?|(?=\d{1,3}[.)]\s+\D))")
_STOPPED = re.compile(r"[.!?…:;,。！？；：、।॥؟۔][\"'”’»)\]」』]*$")

_IMAGE_OR_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,300})\]\((?!/[^/()\n]{1,100}/\))[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?:\s+[\"'(][^\"\n]{0,200}[\"')])?\s?\)"
)
_REFERENCE = re.compile(r"\[((?!pause:)[^\[\]\n]{1,300})\]\[(?!pause:)[^\[\]\n]{0,100}\]", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\n]{1,50}\]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)?[^\s<>@:]{0,100}[@:][^\s<>]{1,2000})>")
_ESCAPE = re.compile(r"\\([\\`*_#+.!|>~-])")
_EMPHASIS = re.compile(
    r"(?<!\\)(?:\*{2,}|(?<![\w)\]*\s])\*(?=[^\s*])|(?<!\S)\*(?=[^\s*\d])|(?<=[^\s*])\*(?![\w(\[*])"  # no products
    r"|(?<![\w_])_++|(?<!_)_++(?!\w)|~~|`+)"
)


def parse(input: str) -> Iterator[str | Pause]:
    """The text to speak and the pauses in it, in order.

    A string ends with "\\n\\n" where a paragraph ends, with "\\n" where a line stands alone (a list item, a table row);
    inside it, a line break is such an end too. `[word](/ipa/)` is left as it is.
    """
    for block in _blocks(_clean(input)):
        position = 0
        for match in _PAUSE.finditer(block):
            if before := block[position : match.start()]:
                yield before
            seconds = float(match[1]) / (1000 if (match[2] or "").lower() == "ms" else 1)
            yield Pause(min(seconds, PAUSE_LIMIT_S))
            position = match.end()
        if rest := block[position:]:
            yield rest


def plain(text: str) -> str:
    """`text` with each `[word](/ipa/)` as its word, for engines that know no IPA."""
    return PRONUNCIATION.sub(r"\g<word>", text)


def _clean(input: str) -> str:
    """Without HTML, emoji, control characters; lines end with "\\n"."""
    text = _LINE_BREAK.sub("\n", input)
    if "<" in text:
        text = _without_elements(text)
        text = _CELL_TAG.sub(" | ", text)
        text = _BLOCK_TAG.sub("\n", text)
        text = _INLINE_TAG.sub("", text)
    if "&" in text:
        text = _LINE_BREAK.sub("\n", _ENTITY.sub(lambda match: html.unescape(match[0]), text))
    if not text.isascii():
        text = _EMOJI.sub(" ", text)
    return _EMOTICON.sub("", _INVISIBLE.sub("", text))


def _without_elements(text: str) -> str:
    """Comments, scripts and styles away, contents included.

    Only the text before the last end mark is searched: there every start finds an end, so no search is in vain.
    """
    for start, end in (("<!--", "-->"), *((rf"<{name}\b[^<>]*>", f"</{name}>") for name in _UNSPOKEN_ELEMENTS)):
        last = text.lower().rfind(end) if text.isascii() else text.rfind(end)
        if last >= 0:
            last += len(end)
            text = re.sub(f"{start}.*?{end}", " ", text[:last], flags=re.DOTALL | re.IGNORECASE) + text[last:]
    return text


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs, headings, list items and table rows, each with the line breaks that end it."""
    paragraph: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            yield from _paragraph(paragraph)
            fenced = not fenced
        elif fenced:
            if line.strip():
                yield _end(line.strip()) + "\n"
        elif not line.strip() or _RULE.match(line) or _TABLE_RULE.match(line) or _DEFINITION.match(line):
            yield from _paragraph(paragraph)
        else:
            yield from _line(line, paragraph)
    yield from _paragraph(paragraph)


def _line(line: str, paragraph: list[str]) -> Iterator[str]:
    """One line outside code: ends the paragraph and stands alone, or joins it."""
    line = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
    if heading := _HEADING.match(line):
        yield from _paragraph(paragraph)
        yield _end(_inline(_HEADING_END.sub("", line[heading.end() :]))) + "\n\n"
    elif line.count("|") >= 2:
        yield from _paragraph(paragraph)
        cells = (_inline(cell) for cell in line.split("|"))
        yield _end(", ".join(cell for cell in cells if cell)) + "\n"
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
    yield (_end(text) if item else text) + end


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


def _end(line: str) -> str:
    """`line` ended like a sentence."""
    return line if not line or _STOPPED.search(line) else line + "."
