"""HTML in running text: elements become lines and characters (tags and character references of the HTML standard).

Text is read as HTML only where it is unmistakable: known tags, comments, character references. So "1 < 2" stays.
"""

from __future__ import annotations

import html
import re
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
    "break|lang|desc|w|token|lookup|lexicon|metadata|[a-z]{1,20}:[a-z][a-z-]{0,30}"  # SSML and its vendors'
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PROLOG = re.compile(r"<\?xml[^<>]{0,300}\?>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCK})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE})(?:[\s/][^<>]*)?>", re.IGNORECASE)

_UNSPOKEN: Final = tuple(
    (re.compile(start, re.IGNORECASE), re.compile(end, re.IGNORECASE))
    for start, end in (("<!--", "-->"), *((rf"<{name}\b[^<>]*>", f"</{name}>") for name in ("script", "style", "head")))
)
"""Start and end of what is left out with all that it contains."""

_UNCLOSED_TAG = re.compile(rf"</?(?:{_BLOCK}|{_INLINE}|head)[\s/][^<>]*\Z", re.IGNORECASE)


def to_text(text: str) -> str:
    """`text` with "\\n" for the tags of block elements, and without other tags, comments, scripts and styles."""
    if "<" in text:
        text = _PROLOG.sub("", _without_elements(text))
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
