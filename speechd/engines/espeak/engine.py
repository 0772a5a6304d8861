"""The espeak engine: espeak-ng through the library that the `espeakng_loader` package brings. It needs no weights.

The library keeps its state in globals, so one thread uses it, of a process that does nothing else: some texts crash it.
"""

from __future__ import annotations

import ctypes
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import espeakng_loader
import numpy as np
import numpy.typing as npt
import soxr

from speechd.audio.samples import SAMPLE_RATE, Audio, Samples
from speechd.engines.base import PAYLOAD_LIMIT, Segment, SegmentTooLong, SynthesisOptions, speakable
from speechd.engines.espeak.ipa import mnemonics
from speechd.engines.espeak.text import for_espeak
from speechd.errors import EngineUnavailable, InvalidRequest
from speechd.languages.table import LANGUAGES as TABLE
from speechd.text.markup import PRONUNCIATION, plain
from speechd.voices import Blend

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

# speak_lib.h
_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_UTF8: Final = 1
_PHONEMES: Final = 0x100
_RATE, _PITCH, _WORD_GAP = 1, 3, 7
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Speech(NamedTuple):
    """What a payload holds beside the text. Units are espeak-ng's."""

    rate: int
    word_gap: int
    pitch: int
    voice: str


class EspeakEngine:
    """Speaks every voice's language in a voice of its gender; of a blend, the heaviest voice's.

    Speed is exact from 0.46 to 4; below, where words are drawn apart, it holds to some percent.
    """

    name: Final = "espeak"
    isolated: Literal[True] = True
    passage_limit: Final = 1000
    efficient_length: Final = 300

    def __init__(self) -> None:
        self._library: Library | None = None

    def check(self, delivery: SynthesisOptions) -> None:
        if delivery.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise InvalidRequest(
                f"The built-in espeak voice does not speak '{delivery.language}', only {known}. "
                "The engine 'kokoro' may: see 'speechd download'.",
                param="voice",
                code="unsupported_language",
            )

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
        if not speakable(plain(text)):
            return None
        rate, word_gap = _pace(delivery.speed)
        variant, pitch = _timbre(delivery.blend)
        voice = f"{LANGUAGES[delivery.language]}+{variant}"
        payload = _pack(Speech(rate, word_gap, pitch, voice), _marked_up(text, delivery.language))
        characters_per_s = TABLE[delivery.language].espeak_characters_per_s * delivery.speed
        return Segment(payload, len(plain(text)) / characters_per_s)

    def start(self, threads: int) -> None:
        self._library = Library()

    def synthesize(self, segment: Segment) -> Audio:
        assert self._library is not None, "start() first"
        return Audio(self._library.speak(*_unpack(segment.payload)))


class Library:
    """espeak-ng, initialised. For one thread at a time; all instances in a process share its globals."""

    def __init__(self) -> None:
        try:
            self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
            rate = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
        except (OSError, RuntimeError) as error:
            raise EngineUnavailable(f"espeak-ng cannot be loaded: {error}. Reinstall 'espeakng-loader'.") from error
        if rate <= 0:
            raise EngineUnavailable("espeak-ng does not find its data. Reinstall 'espeakng-loader'.")
        self._sample_rate = rate

    def speak(self, speech: Speech, text: bytes) -> Samples:
        """Samples at `SAMPLE_RATE`. Raises `RuntimeError` with espeak-ng's status."""
        parts: list[npt.NDArray[np.int16]] = []

        def collect(samples: ctypes._Pointer[ctypes.c_short], count: int, events: int | None) -> int:
            if samples and count:
                parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
            return 0

        lib = self._lib
        callback = _CALLBACK(collect)
        lib.espeak_SetSynthCallback(callback)
        # A voice resets the parameters, so it goes first.
        _succeed(lib.espeak_SetVoiceByName(speech.voice.encode()))
        for parameter, value in ((_RATE, speech.rate), (_PITCH, speech.pitch), (_WORD_GAP, speech.word_gap)):
            _succeed(lib.espeak_SetParameter(parameter, value, 0))
        _succeed(lib.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8 | _PHONEMES, None, None))
        samples = np.concatenate(parts).astype(np.float32) / 32768 if parts else np.zeros(0, np.float32)
        resampled: Samples = soxr.resample(samples, self._sample_rate, SAMPLE_RATE)
        return resampled


def _succeed(status: int) -> None:
    if status:
        raise RuntimeError(f"espeak-ng answered with status {status}")


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


def _marked_up(text: str, language: str) -> str:
    """`text` with inline IPA as espeak-ng's `[[mnemonics]]`; where there are none, the word is spoken as written."""

    def pronounced(match: re.Match[str]) -> str:
        spelled = mnemonics(match["ipa"]) if language.startswith("en") else None
        return f" [[{spelled}]] " if spelled else match["word"]

    pieces = []
    position = 0
    for match in PRONUNCIATION.finditer(text):
        pieces += [for_espeak(text[position : match.start()]), pronounced(match)]
        position = match.end()
    return "".join([*pieces, for_espeak(text[position:])])


_HEADER = struct.Struct("<HBBB")


def _pack(speech: Speech, text: str) -> bytes:
    voice = speech.voice.encode()
    header = _HEADER.pack(speech.rate, speech.word_gap, speech.pitch, len(voice))
    payload = header + voice + text.encode(errors="replace")
    if len(payload) > PAYLOAD_LIMIT:
        raise SegmentTooLong
    return payload


def _unpack(payload: bytes) -> tuple[Speech, bytes]:
    rate, word_gap, pitch, length = _HEADER.unpack_from(payload)
    end = _HEADER.size + length
    return Speech(rate, word_gap, pitch, payload[_HEADER.size : end].decode()), payload[end:]
