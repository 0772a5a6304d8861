"""Words as far as their length matters: what has none of the boundaries that a script has."""

from __future__ import annotations

import re
from typing import Final

_UNSPACED: Final = (
    r"\u0e00-\u0eff"  # Thai, Lao
    r"\u0f00-\u109f\u1780-\u17ff"  # Tibetan, Burmese, Khmer
    r"\u3001-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"  # kana and Han
)
"""Characters of scripts that put no spaces between words (Unicode's line breaking classes SA and ID, UAX #14)."""

_WORD: Final = re.compile(rf"[^\s{_UNSPACED}]+")


def longest_word(text: str) -> int:
    """The characters of the longest word in `text`, of scripts that put spaces between words; 0 without any."""
    return max((match.end() - match.start() for match in _WORD.finditer(text)), default=0)
