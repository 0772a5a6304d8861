"""Where in a text that is still being written a construct begins that more text may close, or turn into another."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.markup import html

_REACH: Final = 400
"""Characters, spaces at the ends of lines included, that a link's text or a formula may have."""

_TARGET: Final = (
    r"\((?:(?:[^()\s]|\([^()\s]{0,200}\)?){0,2000}(?:\s+(?:[\"'(][^\"\n]{0,201}[\"')]?)?)?\s?|/[^/()\n]{0,100}/?)"
)
"""The beginning of what stands behind the text of a link, or behind a word with its pronunciation."""

_UNCLOSED: Final = re.compile(
    # "[text", "[text]", "[text](target", "[text][name", "[text]:"
    rf"[! ]?\[++(?=[^\[\]]{{0,{_REACH}}}(?:\](?:{_TARGET}|\[[^\[\]]{{0,100}}|:\d{{0,4}})?)?\Z)"
    r"|<(?=[/!?]?[^\s<>]{0,2100}\Z|\?xml[^<>]{0,300}\Z)"
    r"|==(?=[^=\n]{0,200}={0,2}\Z)"
    r"|&(?=[#\w]{0,33}\Z)"
    r"|[ ]?【(?=[^【】\n]{0,130}\Z)"
    r"|(?<=\w)[ ]\((?=[A-Za-z. ]{0,23}:?[ ]?(?:[/\[][^()\n]{0,160})?\Z)"
    r"|[\\\r]\Z"
)
"""Each branch begins with a character that seldom begins anything else, and looks ahead no further than it says."""

_NESTED: Final = 8
"""How many unclosed constructs are looked for, one in another; then all of the text may change."""

_FORMULA: Final = re.compile(
    rf"(?:(?<![\w$\\])\$(?!\d[\d.,]{{0,20}}\s+[A-Za-z]{{2}})(?=[^$]{{0,{_REACH}}}\Z)"
    rf"|\$\$(?=[^$]{{0,{2 * _REACH}}}\$?\Z)"
    rf"|\\[(\[](?=(?:[^\\]|\\(?![)\]])){{0,{2 * _REACH}}}\Z)|\\begin\{{(?=(?:[^\\]|\\(?!end)){{0,{2 * _REACH}}}\Z))"
)
_MARKED: Final = re.compile(r"[*_`~=\[<|\\·•\n\r]")
"""What Markdown changes outside formulas, and leaves inside."""


def unclosed(text: str) -> int:
    """The position from which on more text may change what `text` says, by closing or completing what begins there; the
    length of the text if there is none. What lies before may still be part of a line or paragraph that is open."""
    for _ in range(_NESTED):  # what opens somewhere may also be what closes before it
        stop = _first_unclosed(text)
        if stop == len(text):
            return stop
        text = text[:stop]
    return 0


def _first_unclosed(text: str) -> int:
    match = _UNCLOSED.search(text)
    stop = len(text) if match is None else match.start()
    return min(stop, _unclosed_element(text), _unclosed_formula(text))


def _unclosed_formula(text: str) -> int:
    """Where a formula may have begun that holds marks of Markdown, which it would keep."""
    if "$" in text or "\\" in text:
        for match in _FORMULA.finditer(text):
            if _MARKED.search(text, match.end()):
                return match.start()
    return len(text)


def _unclosed_element(text: str) -> int:
    """Where a comment, or an element that is left out with all that it holds, begins and does not end."""
    return html.unclosed_element(text) if "<" in text else len(text)
