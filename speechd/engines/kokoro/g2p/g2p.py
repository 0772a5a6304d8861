"""Text of any of the languages into Kokoro's phonemes."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Final

from speechd.engines.espeak.library import TIE
from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.espeak.text import for_espeak
from speechd.engines.kokoro.g2p.english import English, kokoro_ipa, usual_tagger
from speechd.engines.kokoro.g2p.japanese import japanese_reader
from speechd.engines.kokoro.g2p.mandarin import mandarin_reader
from speechd.errors import InvalidRequest
from speechd.languages.table import LANGUAGES
from speechd.text.cuts import split
from speechd.text.markup import PRONUNCIATION
from speechd.text.speakable import speakable

log = logging.getLogger(__name__)

ESPEAK_LANGUAGES: Final = tuple(tag for tag, language in LANGUAGES.items() if language.misaki == "espeak")
EXTRA_PACKAGES: Final = {
    tag: language.misaki_packages for tag, language in LANGUAGES.items() if language.misaki_packages
}
"""What the readers of the other languages need, as pip takes it."""

AT_ONCE: Final = 100
"""Characters that the readers of Japanese and Mandarin are given at most. Japanese's takes cubic time where there is
nothing to part words: 0.02 s of CPU for 100 of "(1", 1.2 s for 400."""

_FINER: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<=[,.;:!?…—、。，；：！？।])",  # phrases
        r"(?<=\s)|(?<=\D)(?=\d)|(?<=\d)(?=\D)",  # words and numbers
        r"(?<=.)(?=[\w,.;:!?…—、。，；：！？।])",  # characters with their marks, so digits one by one
    )
)
"""Where a text that its reader failed on is cut, to be read in pieces: more and more finely."""

_ESPEAK_SOUNDS: Final = {
    pair[0] + TIE + pair[1]: pair[3] for pair in "aɪ=I aʊ=W dz=ʣ dʒ=ʤ eɪ=A oʊ=O ss=S ts=ʦ tʃ=ʧ ɔɪ=Y əʊ=Q".split()
}
"""Two sounds that espeak-ng ties → the one letter that Kokoro has for them."""

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
        self._phonemizer = Phonemizer()
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
            return English(language == "en-gb", self._nlp, self._phonemizer)
        if language in ESPEAK_LANGUAGES:
            return _pronounced(_in_pieces(_espeak_reader(language, self._phonemizer), language))
        if language in EXTRA_PACKAGES:
            return _pronounced(
                _with_english(_in_pieces(_in_parts(_extra(language), language), language), self._reader("en-us"))
            )
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


def _espeak_reader(language: str, phonemizer: Phonemizer) -> Reader:
    """The reader of a language that Kokoro was trained on with espeak-ng's phonemes."""
    voice = LANGUAGES[language].espeak_voice or ""

    def read(text: str) -> str:
        # The model has other quotation marks.
        phonemes = phonemizer(text.replace("«", "“").replace("»", "”"), voice)
        for sounds, letter in _ESPEAK_SOUNDS.items():
            phonemes = phonemes.replace(sounds, letter)
        return phonemes.replace(TIE, "").replace("-", "")

    read_spaced = _single_spaced(read)
    return lambda text: read_spaced(for_espeak(text))


def _extra(language: str) -> Reader:
    try:
        make = japanese_reader if language == "ja" else mandarin_reader
        reader = _single_spaced(make())
        reader("一")  # loads what takes seconds, which is to be no text's work
        return reader
    except Exception as error:
        # Not ImportError alone: a dictionary that is not there is a RuntimeError of MeCab's, for one.
        log.warning("The reader of the language %s cannot be made: %r", language, error)
        reason = (
            "needs packages that this server lacks. In a checkout: `make languages`; elsewhere: "
            f"pip install {EXTRA_PACKAGES[language]}"
        )
        raise _unsupported(language, reason) from error


def _in_parts(read: Reader, language: str) -> Reader:
    """Reads a text longer than `AT_ONCE` part by part, parted where it is best."""

    def read_all(text: str) -> str:
        phonemes = []
        while text:
            head, text = split(text, AT_ONCE, language)
            phonemes.append(read(head).strip())
        return " ".join(filter(None, phonemes))

    return read_all


def _in_pieces(read: Reader, language: str) -> Reader:
    """Reads as `read` does; a text on which `read` raises, in pieces, but for those on which it still raises."""

    def read_all(text: str) -> str:
        try:
            return read(text)
        except Exception as error:
            kind = type(error).__name__  # its words may be the client's
            log.warning(
                "The reader of the language %s failed on a passage, which is read in pieces: %s", language, kind
            )
        return read_pieces(text, _FINER)

    def read_pieces(text: str, finer: tuple[re.Pattern[str], ...]) -> str:
        return " ".join(filter(None, (read_piece(piece, finer[1:]) for piece in finer[0].split(text))))

    def read_piece(piece: str, finer: tuple[re.Pattern[str], ...]) -> str:
        try:
            return read(piece.strip()).strip() if piece.strip() else ""
        except Exception as error:
            if finer:
                return read_pieces(piece, finer)
            kind = type(error).__name__
            log.warning("The reader of the language %s cannot read a character, which is left out: %s", language, kind)
            return ""

    return read_all


def _unsupported(language: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"'{language}' {reason}.", param="voice", code="unsupported_language")


def _single_spaced(read: Reader) -> Reader:
    """Reads as `read` does, with single spaces; what cannot be spoken is left as it is."""

    def read_text(text: str) -> str:
        text = " ".join(text.split())
        return read(text) if speakable(text) else text

    return read_text


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
