"""Where formulas of TeX stand in a text: what Markdown, sentences and rules of other kinds must leave whole."""

from __future__ import annotations

import re
from typing import Final

_INSIDE: Final = r"(?:[^$\n]|\n(?![ \t]*\n))"
_ENVIRONMENTS: Final = "(?:equation|align|gather|multline|eqnarray|displaymath|math)[*]?"
_DISPLAYED: Final = (
    rf"\$\$(?!\$){_INSIDE}{{1,800}}\$\$"
    rf"|\\begin\{{{_ENVIRONMENTS}\}}(?:[^\n]|\n(?![ \t]*\n)){{1,800}}?\\end\{{{_ENVIRONMENTS}\}}"
    r"|\\\[(?:[^\\\n]|\n(?![ \t]*\n)|\\[^\]\n]){1,800}?\\\]"
)
FORMULA: Final = re.compile(
    rf"{_DISPLAYED}"
    r"|\\\((?:[^\\\n]|\\[^)\n]){1,500}?\\\)"
    r"|(?<![\w$\\])\$(?=[^\s$])(?!\d[\d.,]{0,20}[ ]+[A-Za-z]{2})(?:(?=[^$\n]{0,200}[\\^_={}])"
    r"|(?=[A-Za-z(+|-]|\d{1,4}[A-Za-z](?!\w))(?![^$\n]{0,60}[A-Za-z]{3}))[^$\n]{1,200}(?<=[^\s$])\$(?![\w$])"
)
"""`$$…$$`, `\\[…\\]`, `\\(…\\)`, and `$…$` that can be no sums of money. Within a paragraph."""

_DISPLAY: Final = re.compile(_DISPLAYED)


def on_one_line(text: str) -> str:
    """`text`, with each displayed formula on one line."""
    if "$$" not in text and "\\[" not in text and "\\begin" not in text:
        return text
    return _DISPLAY.sub(lambda match: match[0].replace("\n", " "), text)
