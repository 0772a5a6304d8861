"""Whether there is anything to say in a text."""

from __future__ import annotations

import unicodedata


def speakable(text: str) -> bool:
    """Whether anything in `text` has a spoken form: a letter, a digit or a symbol, not punctuation and spaces alone."""
    return any(unicodedata.category(character)[0] in "LNS" for character in text)
