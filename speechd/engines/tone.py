"""The tone engine: sound from which a test decodes what was asked, for tests and for measuring the server.

Every UTF-8 byte is one burst of two sines, one for each half of the byte, with silence around it. The silence tells
bursts apart, so `decode` needs to know neither speed nor volume, nor what silence was cut or put in between.
"""

from __future__ import annotations

import math
import struct
import time
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.audio.samples import Audio, Samples, TokenTime
from speechd.engines.base import (
    PAYLOAD_LIMIT,
    Segment,
    SegmentTooLong,
    SequentialEngine,
    SynthesisOptions,
    Window,
    WordTokens,
)
from speechd.engines.kokoro import voices
from speechd.languages.table import KOKORO_CODES
from speechd.text.spans import words
from speechd.text.speakable import speakable
from speechd.voices import Catalogue

SAMPLE_RATE: Final = 24_000
"""Hz."""

BYTE: Final = SAMPLE_RATE // 15
"""Samples of one byte at speed 1: 15 a second, as people speak characters."""

SOUND_SHARE: Final = 0.75
"""The part of a byte's samples that sounds: at speed 4 that leaves 4 ms of silence between bursts."""

HIGH_HALF: Final = 480.0 + 240.0 * np.arange(16)
LOW_HALF: Final = 4560.0 + 240.0 * np.arange(16)
"""Hz, for each value of the high and of the low four bits. 240 Hz makes three cycles of difference in a short burst."""

AMPLITUDE: Final = 0.3
"""The peak of each of the two sines."""

RAMP: Final = SAMPLE_RATE // 1000
"""Samples (1 ms) over which a burst rises and falls."""

ENVELOPE: Final = SAMPLE_RATE // 480
"""Samples over which power is averaged to find bursts: one beat of the two nearest sines, so that beats level out."""

ANALYSED: Final = SAMPLE_RATE // 60
"""Samples of a burst, from its middle, that tell its frequencies: 4 cycles of the least difference."""

SOUND_POWER_SHARE: Final = 0.1
"""Share of the loudest power from which there is a burst."""

_HEADER = struct.Struct("<d")
"""The speed; negative where the audio is to say when each byte sounds."""

_STATE = struct.Struct("<qI")
"""Between windows: the samples so far, and their CRC-32, by which a state that is not of its segment is found out."""


class ToneEngine(SequentialEngine):
    """Speaks every text equally in every voice and language; a segment takes `rtf` × its duration to synthesise.

    It stands in for Kokoro, so it has Kokoro's voices, languages and model id.
    """

    name: Final = "tone"
    sample_rate: Final = SAMPLE_RATE
    model_ids: Final = voices.MODEL_IDS
    passage_limit: Final = 400
    passage_length: Final = 150
    window_state_limit: Final = _STATE.size

    def __init__(self, rtf: float = 0.0) -> None:
        """rtf: real-time factor, seconds of synthesis for a second of audio."""
        self._rtf = rtf

    def voices(self) -> Catalogue:
        """See `Engine`."""
        return voices.catalogue()

    def languages(self) -> Sequence[str]:
        """See `Engine`."""
        return tuple(KOKORO_CODES.values())

    def load_voice(self, options: SynthesisOptions) -> None:
        """See `Engine`; there is nothing to load."""

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        """See `Engine`."""
        if not speakable(text):
            return None
        # A lone surrogate has no UTF-8.
        content = text.encode(errors="replace")
        if len(content) + _HEADER.size > PAYLOAD_LIMIT:
            raise SegmentTooLong
        duration_s = len(content) * _length(options.speed) / SAMPLE_RATE
        tokens = _words(text) if options.words else ()
        header = _HEADER.pack(-options.speed if options.words else options.speed)
        return Segment(header + content, duration_s, len(text), tokens)

    def start(self, threads: int) -> None:
        """See `Synthesizer`; there is nothing to start."""

    def speak(self, segment: Segment) -> Audio:
        """See `SequentialEngine`."""
        return self.render_window(segment, b"", math.inf).audio

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        """See `SupportsWindows`. A window is cut anywhere, to the sample. Raises `ValueError` for a state that is not
        of this segment."""
        began = time.monotonic()
        (speed,) = _HEADER.unpack_from(segment.payload)
        content, length = segment.payload[_HEADER.size :], _length(abs(speed))
        samples = encode(content, length)
        start, checksum = _STATE.unpack(state) if state else (0, 0)
        if zlib.crc32(samples[:start].data) != checksum:
            raise ValueError("the state is not of this segment")
        stop = min(len(samples), start + max(1, round(min(wanted_s * SAMPLE_RATE, len(samples)))))
        alignment = burst_times(len(content), length, start, stop) if speed < 0 else ()
        audio = Audio(samples[start:stop], SAMPLE_RATE, alignment)
        time.sleep(max(0.0, self._rtf * audio.duration_s - (time.monotonic() - began)))
        left = len(samples) - stop
        return Window(audio, _STATE.pack(stop, zlib.crc32(samples[:stop].data)) if left else b"", left / SAMPLE_RATE)


def encode(content: bytes, length: int = BYTE) -> Samples:
    """Samples (bytes × `length`,) float32: for each byte half of the silence, the burst, the other half."""
    return _bursts(length)[np.frombuffer(content, np.uint8)].reshape(-1)


@lru_cache(2)
def _bursts(length: int) -> Samples:
    """The sound of each of the 256 bytes, shape (256, `length`)."""
    sound = round(length * SOUND_SHARE)
    values = np.arange(256)
    time_s = np.arange(sound) / SAMPLE_RATE
    # One row per value of half a byte: a burst is the sum of two of 32 rows.
    high, low = (np.sin(2 * np.pi * hertz[:, None] * time_s) for hertz in (HIGH_HALF, LOW_HALF))
    ramp = np.minimum(1.0, np.arange(1, sound + 1) / RAMP)
    samples = np.zeros((256, length), np.float32)
    before = (length - sound) // 2
    samples[:, before : before + sound] = AMPLITUDE * (high[values >> 4] + low[values & 15]) * ramp * ramp[::-1]
    return samples


def burst_times(count: int, length: int, begin: int, end: int) -> tuple[TokenTime, ...]:
    """When each of `count` bytes sounds that begins in these samples of what `encode` makes, from the first of them."""
    sound = round(length * SOUND_SHARE)
    starts = range((length - sound) // 2, count * length, length)
    return tuple(
        TokenTime(byte, (start - begin) / SAMPLE_RATE, (start + sound - begin) / SAMPLE_RATE)
        for byte, start in enumerate(starts)
        if begin <= start < end
    )


def decode(samples: Samples) -> str:
    """The text that was asked for. Bytes that are no UTF-8, for example where a part is missing, become U+FFFD."""
    if not samples.size:
        return ""
    power = np.convolve(np.square(samples, dtype=np.float64), np.full(ENVELOPE, 1 / ENVELOPE), "same")
    sounds = np.concatenate(([False], power > SOUND_POWER_SHARE * power.max(), [False]))
    bursts = np.flatnonzero(np.diff(sounds.astype(np.int8))).reshape(-1, 2)
    # Much shorter ones are clicks that a lossy codec added.
    lengths = bursts[:, 1] - bursts[:, 0]
    bursts = bursts[lengths > np.median(lengths) / 4] if lengths.size else bursts
    return bytes(_byte(samples[start:stop]) for start, stop in bursts).decode(errors="replace")


def _byte(burst: Samples) -> int:
    start = max(0, (len(burst) - ANALYSED) // 2)
    halves = np.abs(_waves(min(len(burst), ANALYSED)) @ burst[start : start + ANALYSED]).reshape(2, 16)
    high, low = halves.argmax(axis=1)
    return int(high) << 4 | int(low)


@lru_cache(ANALYSED)
def _waves(length: int) -> npt.NDArray[np.complex64]:
    """The rows of a discrete Fourier transform for our frequencies alone, windowed."""
    hertz = np.concatenate((HIGH_HALF, LOW_HALF))
    waves = np.exp(-2j * np.pi * hertz[:, None] * np.arange(length) / SAMPLE_RATE)
    return (waves * np.hanning(length)).astype(np.complex64)


def _length(speed: float) -> int:
    return round(BYTE / speed)


def _words(text: str) -> tuple[WordTokens, ...]:
    """The words of a text, whose tokens are its bytes."""
    tokens = []
    at = reached = 0
    for start, stop in words(text):
        at += len(text[reached:start].encode(errors="replace"))
        end = at + len(text[start:stop].encode(errors="replace"))
        tokens.append(WordTokens(start, stop, at, end))
        at, reached = end, stop
    return tuple(tokens)
