"""Text of any of the languages into Kokoro's phonemes."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Collection
from functools import cached_property
from typing import Final

from misaki.espeak import EspeakG2P

from speechd.engines.base import speakable
from speechd.engines.kokoro.english import English, kokoro_ipa, usual_tagger
from speechd.errors import InvalidRequest
from speechd.text.markup import PRONUNCIATION

log = logging.getLogger(__name__)

ESPEAK_LANGUAGES: Final = ("es", "fr-fr", "hi", "it", "pt-br")
EXTRA_LANGUAGES: Final = ("ja", "zh")
"""Those whose packages are installed with an extra of the same name."""

_LATIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z' -]*[A-Za-z])?")

Reader = Callable[[str], str]
"""Phonemes of a text in one language."""


class G2P:
    """Readers of all languages, made when first needed; American English at once. For one thread at a time."""

    def __init__(self, vocabulary: Collection[str]) -> None:
        """vocabulary: the phonemes that the model knows; others are left out, and logged once each."""
        self._vocabulary = vocabulary
        self._unknown: set[str] = set()
        self._nlp = usual_tagger()
        self._readers: dict[str, Reader] = {}
        self._reader("en-us")

    def check(self, language: str) -> None:
        """Raise `InvalidRequest` where the language's packages are not installed."""
        self._reader(language)

    def phonemes(self, text: str, language: str) -> str:
        """Each character is in the vocabulary; empty where nothing in the text is spoken."""
        # A NUL would end the text for espeak-ng, whose strings are C's.
        text = PRONUNCIATION.sub(self._pronounceable, text.replace("\0", " "))
        if not speakable(text):
            return ""
        return self._known(self._reader(language)(text)).strip()

    def _pronounceable(self, match: re.Match[str]) -> str:
        """`[word](/ipa/)` as it is, or the word alone where the model has none of its sounds."""
        return match[0] if self._known(kokoro_ipa(match["ipa"])).strip(" ˈˌ.") else match["word"]

    def _reader(self, language: str) -> Reader:
        reader = self._readers.get(language)
        if reader is None:
            reader = self._readers[language] = self._make(language)
        return reader

    def _make(self, language: str) -> Reader:
        if language in ("en-us", "en-gb"):
            return English(language == "en-gb", self._nlp)
        if language in ESPEAK_LANGUAGES:
            return _pronounced(_Espeak(language))
        if language in EXTRA_LANGUAGES:
            return _pronounced(_with_english(_extra(language), self._reader("en-us")))
        raise _unsupported(language, "is not one of Kokoro's languages")

    def _known(self, phonemes: str) -> str:
        kept = []
        for phoneme in phonemes:
            # A letter with a mark (õ) may be known as the letter and the mark.
            parts = phoneme if phoneme in self._vocabulary else unicodedata.normalize("NFD", phoneme)
            known = [part for part in parts if part in self._vocabulary]
            kept += known
            if len(known) < len(parts) and speakable(phoneme) and phoneme not in self._unknown:
                self._unknown.add(phoneme)
                log.warning("Kokoro has no sound for the phoneme %s, which is left out", ascii(phoneme))
        return "".join(kept)


class _Espeak:
    """Misaki's reader by espeak-ng. It is made when it first reads: a process must not share it with those it forks."""

    def __init__(self, language: str) -> None:
        self._language = language

    @cached_property
    def _read(self) -> Reader:
        return _first(EspeakG2P(self._language))

    def __call__(self, text: str) -> str:
        return self._read(text)


def _extra(language: str) -> Reader:
    try:
        if language == "ja":
            from misaki.ja import JAG2P

            return _first(JAG2P())
        from misaki.zh import ZHG2P

        return _first(ZHG2P())
    except ImportError as error:
        reason = f"needs a package that this server lacks ({error.name}): pip install 'speechd[{language}]'"
        raise _unsupported(language, reason) from error


def _unsupported(language: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"'{language}' {reason}.", param="voice", code="unsupported_language")


def _first(g2p: Callable[[str], tuple[str, object]]) -> Reader:
    """Misaki's readers give phonemes and something else."""

    def read(text: str) -> str:
        text = " ".join(text.split())
        return g2p(text)[0] if speakable(text) else text

    return read


def _pronounced(read: Reader) -> Reader:
    """Reads `[word](/ipa/)` as its IPA and the rest as `read` does."""
    return _alternating(PRONUNCIATION, read, lambda match: kokoro_ipa(match["ipa"]))


def _with_english(read: Reader, english: Reader) -> Reader:
    """Reads Latin letters as English: the readers of Japanese and Mandarin take them for phonemes."""
    return _alternating(_LATIN, read, lambda match: english(match[0]))


def _alternating(pattern: re.Pattern[str], read: Reader, read_match: Callable[[re.Match[str]], str]) -> Reader:
    """Reads matches of `pattern` and what lies between them each in its way, and keeps the spaces around them."""

    def read_piece(piece: str) -> str:
        core = piece.strip()
        before, _, after = piece.partition(core) if core else (piece, "", "")
        return " " * bool(before) + (read(core).strip() if core else "") + " " * bool(after)

    def read_all(text: str) -> str:
        phonemes = ""
        position = 0
        for match in pattern.finditer(text):
            phonemes += read_piece(text[position : match.start()]) + read_match(match)
            position = match.end()
        return phonemes + read_piece(text[position:])

    return read_all
