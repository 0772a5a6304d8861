"""Phonemes of whole texts by espeak-ng, which by itself keeps no punctuation."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from speechd.engines.espeak.library import Library

_PUNCTUATION: Final = re.compile(r"(\s*[;:,.!?¡¿—…\"«»“”(){}\[\]][\s;:,.!?¡¿—…\"«»“”(){}\[\]]*)")
"""Signs, with what white space there is around them."""

_LANGUAGE: Final = re.compile(r"\(.+?\)")
"""The name of a language ("(fr)"), which espeak-ng puts around words that it takes for foreign."""

_SEPARATORS: Final = re.compile("_+")


class Phonemizer:
    """espeak-ng, loaded when it is first needed. For one thread at a time, as `Library` is."""

    @cached_property
    def _library(self) -> Library:
        return Library()

    def __call__(self, text: str, voice: str) -> str:
        """IPA with signs of stress, `TIE`s, and the punctuation of `text`. voice: see `Library.phonemes`.

        What stands between signs of punctuation is read by itself. Raises `EngineUnavailable` where espeak-ng cannot be
        loaded, and `RuntimeError` with its status.
        """
        spoken = ""
        for index, piece in enumerate(_PUNCTUATION.split(text)):
            if index % 2:
                spoken = spoken.removesuffix(" ") + piece
            elif piece and (phonemes := self._read(piece, voice)):
                spoken += phonemes + " "
        return spoken.strip()

    def _read(self, text: str, voice: str) -> str:
        phonemes = self._library.phonemes(voice, text).strip().replace("\n", " ").replace("  ", " ")
        # It leaves separators of phonemes behind some words.
        phonemes = _SEPARATORS.sub("_", phonemes).replace("_ ", " ")
        return _LANGUAGE.sub("", phonemes)
