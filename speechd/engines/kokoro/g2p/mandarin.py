"""Mandarin into Kokoro's phonemes, by misaki."""

from __future__ import annotations

import logging
from collections.abc import Callable


def mandarin_reader() -> Callable[[str], str]:
    """The reader, which raises `ValueError` where digits are left among the phonemes, as misaki's leaves those of a
    number of more than 16. Raises where packages are not installed; takes a second or two."""
    from misaki.zh import ZHG2P

    # jieba prints its own log to stderr, whatever the level of ours.
    jieba = logging.getLogger("jieba")
    jieba.handlers.clear()
    jieba.setLevel(logging.NOTSET)
    g2p = ZHG2P()

    def read(text: str) -> str:
        phonemes: str = g2p(text)[0]
        if any(map(str.isdigit, phonemes)):
            raise ValueError("digits are left unread")
        return phonemes

    return read
