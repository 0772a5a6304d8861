"""HTML in running text: elements become lines and characters (tags and character references of the HTML standard).

Text is read as HTML only where it is unmistakable: known tags, comments, character references. So "1 < 2" stays.
Tags of SSML that somebody wrote into plain text are known, too, and `<break>` is a pause.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Final

from speechd.text.markup.characters import LINE_BREAK

_BLOCK: Final = (
    "p|div|br|hr|li|ul|ol|dl|dt|dd|tr|table|thead|tbody|h[1-6]|pre|blockquote|section|article|header|footer|nav|main|"
    "html|body"
)
_INLINE: Final = (
    "a|abbr|b|bdi|bdo|big|button|caption|center|cite|code|del|details|em|figcaption|figure|font|form|i|iframe|img|"
    "input|ins|kbd|label|link|mark|meta|option|q|s|samp|script|select|small|span|strike|strong|style|sub|summary|sup|"
    "svg|path|time|title|tt|u|var|video|audio|source|wbr|speak|voice|prosody|say-as|phoneme|emphasis|td|th|"
    "break|think|thinking|lang|desc|w|token|lookup|lexicon|metadata|[a-z]{1,20}:[a-z][a-z-]{0,30}"  # of SSML too
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PROLOG = re.compile(r"<\?xml[^<>]{0,300}\?>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_SENTENCE_END = re.compile(r"</s[ \t]*>(?=[ \t]*<s[\s>])", re.IGNORECASE)

_BREAK_TAG = re.compile(r"<break\b([^<>]{0,100})>", re.IGNORECASE)
_BREAK_TIME = re.compile(r"time\s?=\s?[\"']?(\d{0,6}(?:\.\d{1,6})?)(ms|s)", re.IGNORECASE)
_BREAK_STRENGTH = re.compile(r"strength\s?=\s?[\"']?([a-z-]{1,10})", re.IGNORECASE)
_STRENGTHS: Final[Mapping[str, int]] = {
    "none": 0, "x-weak": 100, "weak": 200, "medium": 400, "strong": 700, "x-strong": 1000,
}  # fmt: skip
"""Milliseconds of the pauses that SSML 1.1 names (§ 3.2.3) and leaves to the speaker."""

_SCRIPT = re.compile(r"<(su[pb])\b[^<>\n]{0,200}>([^<>\n]{0,80})</\1\s*>", re.IGNORECASE)
_RAISED: Final = str.maketrans("0123456789+-−ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿⁱ")
_LOWERED: Final = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")

_UNSPOKEN: Final = tuple(
    (re.compile(start, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for start, end in (
        ("<!--", "-->"),
        *((rf"<{name}\b[^<>]*>", f"</{name}>") for name in ("script", "style", "head", "think", "thinking")),
    )
)
"""Start and end of what is left out with all that it contains: a language model's thoughts, too."""

_UNCLOSED_TAG = re.compile(rf"</?(?:{_BLOCK}|{_INLINE}|head)[\s/][^<>]*\Z", re.IGNORECASE)


_NESTED_TAG = re.compile(rf"</?(?:{_BLOCK}|{_INLINE}|head)[\s/][^<>]*(?:<|\Z)", re.IGNORECASE)
"""A tag that has not ended, though another may have begun in it."""


def to_text(text: str) -> str:
    """`text` with "\\n" for the tags of block elements, and without other tags, comments, scripts and styles."""
    if "<" in text:
        text = _PROLOG.sub("", _without_elements(text))
        text = _SCRIPT.sub(_script, text)
        text = _BREAK_TAG.sub(_break, _SENTENCE_END.sub(" ", text))
        text = _CELL_END.sub(" | ", text)
        text = _BLOCK_TAG.sub("\n", text)
        text = _INLINE_TAG.sub("", text)
    if "&" in text:
        text = LINE_BREAK.sub("\n", _REFERENCE.sub(lambda match: html.unescape(match[0]), text))
    return text


def ends_inside_element(text: str) -> bool:
    """Whether what follows `text` may still be part of a tag, a comment, a script or a style that began in it."""
    if "<" not in text:
        return False
    text = _without_elements(text)
    return any(start.search(text) for start, _ in _UNSPOKEN) or _UNCLOSED_TAG.search(text) is not None


def unclosed_element(text: str) -> int:
    """The position of the first tag, comment, script or other unspoken element that may not have ended; the length of
    the text without one."""
    tag = _NESTED_TAG.search(text)
    unclosed = len(text) if tag is None else tag.start()
    if not any(start.search(_without_elements(text)) for start, _ in _UNSPOKEN):
        return unclosed
    ends = [max((match.end() for match in end.finditer(text)), default=0) for _, end in _UNSPOKEN]
    found = (start.search(text, at) for (start, _), at in zip(_UNSPOKEN, ends, strict=True))
    starts = [match.start() for match in found if match is not None]
    return min(unclosed, *(starts or [0]))


def _script(match: re.Match[str]) -> str:
    """Raised and lowered figures as Unicode has them; letters ("20th") as they are."""
    inner = html.unescape(match[2]).strip()
    if not inner or not all(character in "0123456789+-−" or inner in "ni" for character in inner):
        return match[2]
    return inner.translate(_RAISED if match[1].lower() == "sup" else _LOWERED)


def _break(match: re.Match[str]) -> str:
    """SSML's `<break>` as a pause: of its time, else of its strength."""
    time = _BREAK_TIME.search(match[1])
    if time and time[1]:
        return f" [pause:{time[1]}{time[2]}] "
    strength = _BREAK_STRENGTH.search(match[1])
    milliseconds = _STRENGTHS.get(strength[1].lower() if strength else "medium", _STRENGTHS["medium"])
    return f" [pause:{milliseconds}ms] "


def _without_elements(text: str) -> str:
    """Comments, scripts and styles away, contents included.

    Only the text before the last end mark is searched: there every start finds an end, so no search is in vain.
    """
    for start, end in _UNSPOKEN:
        last = max((match.end() for match in end.finditer(text)), default=0)
        text = (
            re.sub(f"{start.pattern}.*?{end.pattern}", " ", text[:last], flags=re.DOTALL | re.IGNORECASE) + text[last:]
        )
    return text
