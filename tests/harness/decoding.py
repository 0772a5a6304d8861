"""The text in speech of the engine `tone`, and of engines that speak like it."""

from __future__ import annotations

import numpy as np

from speechd.engines.tone import decode


def decoded(pcm: bytes) -> str:
    """The text, as it was spoken: with its spaces."""
    return decode(np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767))


def letters(text: str) -> str:
    """The letters and digits of a text, in lower case: what any way of parting it leaves."""
    return "".join(filter(str.isalnum, text)).lower()


def spoken(pcm: bytes) -> str:
    """The letters and digits that were spoken."""
    return letters(decoded(pcm))
