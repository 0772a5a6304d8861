"""The espeak engine: espeak-ng, a formant synthesizer, through its library. It needs no weights."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from speechd.audio.samples import Audio
from speechd.engines.base import (
    PAYLOAD_LIMIT,
    Segment,
    SegmentTooLong,
    SequentialEngine,
    SynthesisOptions,
)
from speechd.engines.espeak.ipa import mnemonics
from speechd.engines.espeak.library import Library, Speech
from speechd.engines.espeak.text import for_espeak
from speechd.engines.espeak.words import word_tokens
from speechd.errors import InvalidRequest
from speechd.languages.table import LANGUAGES as TABLE
from speechd.text.markup import PRONUNCIATION, plain
from speechd.text.speakable import speakable
from speechd.voices import Blend, Catalogue

LANGUAGES: Final[Mapping[str, str]] = {
    tag: language.espeak_voice for tag, language in TABLE.items() if language.espeak_voice is not None
}
"""BCP 47 → espeak-ng's voice file."""

VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "female": ("f1", "f2", "f3", "f4", "f5", "Annie", "linda", "steph"),
    "male": ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "Mario"),
}
"""espeak-ng's voice variants by gender, so that different voices sound different."""

PITCHES: Final = range(40, 61)
"""espeak-ng's scale of 0 ... 99, around its default of 50; the second thing that tells voices apart."""

WORDS_PER_MINUTE: Final = 175
"""espeak-ng's default rate, which is speed 1."""

LEAST_WORDS_PER_MINUTE: Final = 80
"""Below it espeak-ng speaks no slower; the rest of a low speed comes from gaps between words."""

WORD_GAP_S: Final = 0.0327
"""Seconds of silence that one unit of espeak-ng's word gap makes at its least rate (measured)."""


class EspeakEngine(SequentialEngine):
    """Speaks every voice's language in a voice of its gender; of a blend, the heaviest voice's.

    Speed is exact from 0.46 to 4; below, where words are drawn apart, it holds to some percent.
    """

    name: Final = "espeak"
    isolated: Literal[True] = True
    sample_rate: Final = 22_050
    passage_limit: Final = 1000
    passage_length: Final = 150

    def __init__(self, catalogue: Catalogue, model_ids: Mapping[str, str]) -> None:
        """catalogue, model_ids: those of the engine for which this one stands in."""
        self.model_ids = model_ids
        self._catalogue = catalogue
        self._library: Library | None = None

    def voices(self) -> Catalogue:
        """See `Engine`."""
        return self._catalogue

    def languages(self) -> Sequence[str]:
        """See `Engine`."""
        return tuple(LANGUAGES)

    def load_voice(self, options: SynthesisOptions) -> None:
        """See `Engine`."""
        if options.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise InvalidRequest(
                f"The built-in espeak voice does not speak '{options.language}', only {known}. "
                "The engine 'kokoro' may: see 'speechd download'.",
                param="voice",
                code="unsupported_language",
            )

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        """See `Engine`."""
        if not speakable(plain(text)):
            return None
        rate, word_gap = _pace(options.speed)
        variant, pitch = _timbre(options.blend)
        voice = f"{LANGUAGES[options.language]}+{variant}"
        pieces = _pieces(text, options.language)
        speech = Speech(rate, word_gap, pitch, voice, options.words)
        payload = _pack(speech, "".join(given for _, given in pieces))
        characters_per_s = TABLE[options.language].espeak_characters_per_s * options.speed
        words = word_tokens(text, pieces) if options.words else ()
        return Segment(payload, len(plain(text)) / characters_per_s, words=words)

    def start(self, threads: int) -> None:
        """See `Synthesizer`. Raises `EngineUnavailable`."""
        self._library = Library()

    def speak(self, segment: Segment) -> Audio:
        """See `SequentialEngine`."""
        assert self._library is not None, "start() first"
        return self._library.speak(*_unpack(segment.payload))


def _pace(speed: float) -> tuple[int, int]:
    """Rate and word gap: the seconds that a word still lacks at the least rate become the gap after it."""
    rate = WORDS_PER_MINUTE * speed
    gap_s = max(0.0, 60 / rate - 60 / LEAST_WORDS_PER_MINUTE)
    return max(LEAST_WORDS_PER_MINUTE, round(rate)), round(gap_s / WORD_GAP_S)


def _timbre(blend: Blend) -> tuple[str, int]:
    """Variant and pitch: by the voice's id, the same in every process."""
    voice = blend.heaviest
    variants = VARIANTS[voice.gender]
    pitch, variant = divmod(zlib.crc32(voice.id.encode()), len(variants))
    return variants[variant], PITCHES[pitch % len(PITCHES)]


def _pieces(text: str, language: str) -> list[tuple[int, str]]:
    """`text` as espeak-ng is given it, in pieces, each with the character of `text` at which it begins: inline IPA as
    `[[mnemonics]]`; where there are none, the word is spoken as written."""

    def pronounced(match: re.Match[str]) -> str:
        spelled = mnemonics(match["ipa"]) if language.startswith("en") else None
        return f" [[{spelled}]] " if spelled else match["word"]

    pieces = []
    position = 0
    for match in PRONUNCIATION.finditer(text):
        pieces.append((position, for_espeak(text[position : match.start()])))
        pieces.append((match.start(), pronounced(match)))
        position = match.end()
    return [*pieces, (position, for_espeak(text[position:]))]


_HEADER = struct.Struct("<HBB?B")


def _pack(speech: Speech, text: str) -> bytes:
    voice = speech.voice.encode()
    header = _HEADER.pack(*speech[:3], speech.is_timed, len(voice))
    payload = header + voice + text.encode(errors="replace")
    if len(payload) > PAYLOAD_LIMIT:
        raise SegmentTooLong
    return payload


def _unpack(payload: bytes) -> tuple[Speech, bytes]:
    rate, word_gap, pitch, is_timed, length = _HEADER.unpack_from(payload)
    end = _HEADER.size + length
    return Speech(rate, word_gap, pitch, payload[_HEADER.size : end].decode(), is_timed), payload[end:]
