"""Rules: a pattern, and the spoken form of what it matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NamedTuple

from speechd.text.normalization.verbalizer import Verbalizer

Spoken = Callable[[re.Match[str], Verbalizer], str]
"""The spoken form of a match, in the words of a language."""


class Rule(NamedTuple):
    """`pattern` → `spoken`, in a text that holds `hint`.

    Patterns are linear: they begin behind a boundary, and repeat possessively (groups: atomically) or boundedly.
    """

    pattern: re.Pattern[str]
    spoken: Spoken
    hint: str


def rule(pattern: str, spoken: str | Spoken, *, hint: str = "", flags: int = 0) -> Rule:
    """A rule; `spoken` may be a template as in `re.sub`. hint: what every match contains, to skip searches."""
    compiled = re.compile(pattern, flags)
    if isinstance(spoken, str):
        template = spoken
        return Rule(compiled, lambda match, _: match.expand(template), hint)
    return Rule(compiled, spoken, hint)


class Group(NamedTuple):
    """`rules`, in order, that only a text with a match of `needed` needs: one search instead of many."""

    needed: re.Pattern[str]
    rules: tuple[Rule, ...]


def apply_groups(groups: Iterable[Group], text: str, verbalizer: Verbalizer) -> str:
    """`text` after the groups that it needs, in order. What an earlier group makes counts."""
    for needed, rules in groups:
        if needed.search(text):
            text = apply(rules, text, verbalizer)
    return text


def apply(rules: Iterable[Rule], text: str, verbalizer: Verbalizer) -> str:
    """`text` after every rule, in order."""
    for pattern, spoken, hint in rules:
        if hint in text:
            text = pattern.sub(partial(_spoken, spoken, verbalizer), text)
    return text


def _spoken(spoken: Spoken, verbalizer: Verbalizer, match: re.Match[str]) -> str:
    return spoken(match, verbalizer)


def either(words: Iterable[str]) -> str:
    """A pattern group for any of `words`, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


START: Final = r"(?<![\w.,])"
"""Before a number: no letter, digit, or number going on."""

SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=[\d.]))?"
"""A minus, where it is no hyphen."""

NUMBER: Final = r"(?:\d{1,3}(?>(?:,\d{3})+)(?!\d)|\d++)(?>(?:\.\d++)?)"
"""1234, 1,234, 1.5. Atomic groups, because Python before 3.11.5 gets possessive repeats of groups wrong."""

DASH: Final = r"[ ]?[-–—][ ]?"
"""Between the ends of a range."""

END: Final = r"(?![\w]|[.,]\d)"
"""After a number or unit."""
