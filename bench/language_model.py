"""A language model, as far as those know it who read its text aloud: tokens, at a steady pace."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Final

TOKEN_LENGTH: Final = 6
"""Characters of a token, at most. Vocabularies of 100,000 tokens have 4 to 4.5 characters of English in one."""

_WORDS = re.compile(rf"\s*\w{{1,{TOKEN_LENGTH}}}|\s*[^\w\s]|\s+")

SENTENCE_END: Final = re.compile(r"[.!?][\"'”’)]*(?=\s|$)")
"""How those find the end of a sentence who cut a text themselves."""


def tokens_of(text: str) -> list[str]:
    """The tokens of a text: words with the space before them, the rest of long ones, and punctuation."""
    return _WORDS.findall(text)


def first_sentence(text: str) -> str:
    """The first sentence of a text."""
    end = SENTENCE_END.search(text)
    return text[: end.end()] if end else text


async def written(text: str, rate: float) -> AsyncIterator[str]:
    """The tokens of a text, `rate` a second, the first at once. Whoever is slow to take one delays no other."""
    began_s = time.monotonic()
    for number, token in enumerate(tokens_of(text)):
        await asyncio.sleep(max(0.0, began_s + number / rate - time.monotonic()))
        yield token
