"""Ratings: "4/5 stars", "8.2/10", "rated 9/10"."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_TOP: Final = r"(?P<top>\d{1,3}(?:\.\d{1,2})?)[ ]?/[ ]?(?P<most>10|100|5)(?![\w/%]|[.,]\d)"
_COUNTED: Final = r"(?!miles|cups|inches|seconds|pounds|meters|points)[a-z]{3,20}s|people|men|women|children"
_CRICKET: Final = r"(?=[^.]{0,40}(?:\bovs?\b|\bovers?\b|wickets?|declared|\bdec\b|all out|innings))"
_CUE: Final = (
    r"(?P<cue>(?<!\w)(?:[Rr]ate[sd]?|[Rr]atings?|[Ss]cor(?:e[sd]?|ing)|[Gg]a?i?ves?|[Gg]rade[sd]?|[Rr]eviews?|[Vv]erdict|[Ss]olid)"
    r"(?!\w)[^.!?\d]{0,40})"
)


def _rating(match: re.Match[str], verbalizer: Verbalizer) -> str:
    before = match.groupdict().get("cue") or ""
    return f"{before}{reading.number(match['top'], verbalizer)} out of {reading.number(match['most'], verbalizer)}"


RULES: Final[tuple[Rule, ...]] = (
    rule(rf"{_CUE}{_TOP}(?![ ]of[ ]the)", _rating, hint="/"),
    rule(
        rf"(?<![\w.,/$£€-]){_TOP}(?=[ ](?:(?:stars?|would|points|rating|score|review|from[ ](?:me|critics))(?!\w)"
        rf"|on[ ][A-Z]))",
        _rating,
        hint="/",
    ),
    rule(r"(?<![\w.,/$£€-])(?P<top>\d{1,2}\.\d)[ ]?/[ ]?(?P<most>10|5|4)(?![\w/%]|[.,]\d)", _rating, hint="/"),
    rule(r"(?<![\w.,/$£€-])(?P<top>\d{1,3})/(?P<most>100)(?![\w/%]|[.,]\d)", _rating, hint="/"),
    rule(r"(?<![\w.,/$£€-])(?P<top>[0-4]\.\d{1,2})/(?P<most>[45]\.0)(?![\w/%])", _rating, hint="/"),
    rule(
        r"(?<![\w.,/$£€-])(?P<top>\d)/(?P<most>10)(?=[ ](?:[a-z]{3,}s|people|men|women|children)(?!\w))",
        _rating,
        hint="/",
    ),
    rule(
        rf"(?<![\w.,/$£€-])(\d{{2,3}})/(\d)(?![\w/%]|[.,]\d){_CRICKET}",
        lambda m, v: f"{v.cardinal(m[1])} for {v.cardinal(m[2])}",
        hint="/",
    ),
    rule(r"(?<![\w.,/$£€-])(?P<top>10)/(?P<most>10)(?![\w/%]|[.,]\d)", _rating, hint="/"),
)
