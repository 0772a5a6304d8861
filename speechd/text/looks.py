"""When text that is still being written is worth a look for sentences that have become certain.

A look parses what is not certain of the open block, several times. So there is one only where something has come that
can make a difference, and fewer the more were in vain.
"""

from __future__ import annotations

import re
from typing import Final

from speechd.text.cuts import PRONUNCIATION_LENGTH
from speechd.text.sentences import SENTENCE_LIMIT

STOP: Final = re.compile(
    r"[.!?…](?:[^\w\s]|</?\w{1,12}>){0,12}\s+|[。！？｡।॥؟۔](?:[^\w\s]|</?\w{1,12}>){0,12}\s*"
    r"|(?:\[pause:[^\[\]\n]{1,20}\]|<break\b[^<>]{0,100}>)\s*",
    re.IGNORECASE,
)
"""Where a sentence may end, with the marks of Markdown and HTML and the white space behind it."""

LONG: Final = SENTENCE_LIMIT + 2 * PRONUNCIATION_LENGTH
"""Characters of a sentence from which on its first piece is certain."""

_LARGE: Final = 1000
"""Characters of a block, as far as it is kept, from which on it is looked at only as it grows by an eighth: such blocks
have many lines."""

_PATIENCE: Final = 6
"""Looks in vain after which the next waits for more text than a character."""

_OFTEN: Final = 64
"""Part by which a large rest that holds no stop grows before it is searched again."""

_NEAR: Final = 48
"""Characters behind a stop within which each word may tell whether it ends a sentence."""

_WORD = re.compile(r"[\W_]*[^\W_]+(?P<after>[\W_]+(?P<next>[^\W_])?)?")
_CLOSERS: Final = "\n)]>$="


class Looks:
    """The looks at one text. Told when something was found, with `restart`."""

    def __init__(self) -> None:
        self._seen: tuple[int, ...] = ()  # what there was at the last look
        self._from = 0  # the length of the rest from which on it is looked at again
        self._in_vain = 0

    def restart(self, kept: int) -> None:
        """Note that something has become certain. kept: characters that are kept before the rest."""
        self._seen, self._in_vain = (), 0
        self._from = kept // 8 if kept >= _LARGE else 0

    def is_worth_it(self, kept: int, rest: str) -> bool:
        """Whether this rest is worth a look, which then follows: since the last one there is another stop with a word
        behind it, the end of that word, a line, or an end of something open."""
        if len(rest) < self._from:
            return False
        said = next((at for at in range(len(rest) - 1, -1, -1) if rest[at].isalnum()), 0)
        stop = max((match.end() for match in STOP.finditer(rest, 0, said)), default=0)
        if not stop and len(rest) < LONG:
            self._from = 0 if len(rest) < _LARGE else len(rest) + len(rest) // _OFTEN
            return False
        word = _WORD.match(rest, stop) if stop else None
        behind = len(rest) - stop
        seen = (
            stop,
            word is not None and word["after"] is not None,
            word is not None and word["next"] is not None,
            behind.bit_length() if behind >= _NEAR else 0,
            sum(map(rest.count, _CLOSERS)),
        )
        if seen == self._seen:
            return False
        self._seen = seen
        self._in_vain += 1
        size = kept + len(rest)
        self._from = len(rest) + max((self._in_vain // _PATIENCE) ** 2, 0 if size < _LARGE else size // 8)
        return True
