"""The little LaTeX that people write in running text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_COMMANDS: Final[Mapping[str, str]] = {
    "times": "times", "cdot": "times", "div": "divided by", "pm": "plus or minus", "leq": "less than or equal to",
    "le": "less than or equal to", "geq": "greater than or equal to", "ge": "greater than or equal to",
    "neq": "not equal to", "ne": "not equal to", "approx": "approximately", "infty": "infinity", "sum": "sum",
    "prod": "product", "int": "integral", "partial": "partial", "to": "to", "rightarrow": "to", "Rightarrow": "implies",
    "in": "in", "ldots": "and so on", "dots": "and so on", "lim": "limit", "left": "", "right": "", "mathrm": "",
    "text": "", "mathbf": "", "mathbb": "", "quad": "", "ln": "natural log", "log": "log",
}  # fmt: skip

_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,100})\}\{([^{}]{1,100})\}")
_ROOT = re.compile(r"\\sqrt\{([^{}]{1,100})\}")
_SUBSCRIPT = re.compile(r"_\{?([A-Za-z0-9]{1,20})\}?")
_COMMAND = re.compile(r"\\([A-Za-z]{1,20})[ ]?")
_LETTERS = re.compile(r"(?<![\w\\])[A-Za-z]{2}(?![\w(])")


def _formula(match: re.Match[str], _: Verbalizer) -> str:
    """A formula as words and the signs that later rules speak."""
    text = _LETTERS.sub(lambda pair: " ".join(pair[0]), next(filter(None, match.groups())))
    text = _ROOT.sub(r" square root of \1 ", _FRACTION.sub(r" \1 over \2 ", text))
    text = _COMMAND.sub(lambda command: f" {_COMMANDS.get(command[1], command[1])} ", text)
    text = _SUBSCRIPT.sub(r" sub \1", text)
    text = re.sub(r"(?<=\d)(?=[A-Za-z])", " ", text)
    text = re.sub(r"(?<=\w)[ ]?-[ ]?(?=\w)", " minus ", text)
    bare = re.sub(r"(?<!\^)[{}]", " ", text)
    return f" {bare.strip()} "


RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"\$\$([^$]{1,500})\$\$"
        r"|\\\(([^()\\]{1,500}(?:\\[A-Za-z][^()\\]{0,500}){0,20})\\\)"
        r"|(?<![\w$])\$((?=[^$\n]{0,200}[\\^_={}]|[A-Za-z]\$)[^\s$][^$\n]{0,200}(?<!\s))\$(?![\w$])",
        _formula,
    ),
)
