"""The tone engine: sound from which a test decodes what was asked, for tests and for measuring the server.

Every UTF-8 byte is one burst of two sines, one for each half of the byte, with silence around it. The silence tells
bursts apart, so `decode` needs to know neither speed nor volume, nor what silence was cut or put in between.
"""

from __future__ import annotations

import struct
import time
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.audio import SAMPLE_RATE, Audio, Samples
from speechd.engines.base import PAYLOAD_LIMIT, Delivery, Segment, SegmentTooLong, speakable

BYTE: Final = SAMPLE_RATE // 15
"""Samples of one byte at speed 1: 15 a second, as people speak characters."""

SOUND_SHARE: Final = 0.75
"""The part of a byte's samples that sounds: at speed 4 that leaves 4 ms of silence between bursts."""

HIGH_HALF: Final = 480.0 + 240.0 * np.arange(16)
LOW_HALF: Final = 4560.0 + 240.0 * np.arange(16)
"""Hz, for each value of the high and of the low four bits. 240 Hz makes three cycles of difference in a short burst."""

AMPLITUDE: Final = 0.3
"""Of each of the two sines."""

RAMP: Final = SAMPLE_RATE // 1000
"""Samples (1 ms) over which a burst rises and falls."""

ENVELOPE: Final = SAMPLE_RATE // 480
"""Samples over which power is averaged to find bursts: one beat of the two nearest sines, so that beats level out."""

SOUND_POWER_SHARE: Final = 0.1
"""Share of the loudest power from which there is a burst."""

_HEADER = struct.Struct("<d")


class ToneEngine:
    """Speaks every text in every voice and language alike; a segment takes `rtf` × its duration to synthesise."""

    name: Final = "tone"
    passage_limit: Final = 400
    efficient_length: Final = 200

    def __init__(self, rtf: float = 0.0) -> None:
        self._rtf = rtf

    def check(self, delivery: Delivery) -> None:
        pass

    def prepare(self, text: str, delivery: Delivery) -> Segment | None:
        if not speakable(text):
            return None
        # A lone surrogate has no UTF-8.
        content = text.encode(errors="replace")
        if len(content) + _HEADER.size > PAYLOAD_LIMIT:
            raise SegmentTooLong
        return Segment(_HEADER.pack(delivery.speed) + content, len(content) * _length(delivery.speed) / SAMPLE_RATE)

    def start(self, threads: int) -> None:
        pass

    def synthesize(self, segment: Segment) -> Audio:
        began = time.monotonic()
        (speed,) = _HEADER.unpack_from(segment.payload)
        audio = Audio(encode(segment.payload[_HEADER.size :], _length(speed)))
        time.sleep(max(0.0, self._rtf * audio.duration_s - (time.monotonic() - began)))
        return audio


def encode(content: bytes, length: int = BYTE) -> Samples:
    """`length` samples for each byte: half of the silence, the burst, the other half."""
    sound = round(length * SOUND_SHARE)
    values = np.frombuffer(content, np.uint8)
    time_s = np.arange(sound) / SAMPLE_RATE
    # One row per value of half a byte: a burst is the sum of two of 32 rows.
    high, low = (np.sin(2 * np.pi * hertz[:, None] * time_s) for hertz in (HIGH_HALF, LOW_HALF))
    ramp = np.minimum(1.0, np.arange(1, sound + 1) / RAMP)
    samples = np.zeros((len(values), length), np.float32)
    before = (length - sound) // 2
    samples[:, before : before + sound] = AMPLITUDE * (high[values >> 4] + low[values & 15]) * ramp * ramp[::-1]
    return samples.reshape(-1)


def decode(samples: Samples) -> str:
    """The text that was asked for. Bytes that are no UTF-8, where a part is missing say, become U+FFFD."""
    if not samples.size:
        return ""
    power = np.convolve(np.square(samples, dtype=np.float64), np.full(ENVELOPE, 1 / ENVELOPE), "same")
    sounds = np.concatenate(([False], power > SOUND_POWER_SHARE * power.max(), [False]))
    edges = np.flatnonzero(np.diff(sounds.astype(np.int8)))
    return bytes(_byte(samples[start:stop]) for start, stop in edges.reshape(-1, 2)).decode(errors="replace")


def _byte(burst: Samples) -> int:
    high, low = (_loudest(burst, hertz) for hertz in (HIGH_HALF, LOW_HALF))
    return high << 4 | low


def _loudest(burst: Samples, hertz: npt.NDArray[np.floating]) -> int:
    """The index of the frequency with the most power, by a discrete Fourier transform at these frequencies alone."""
    waves = np.exp(-2j * np.pi * hertz[:, None] * np.arange(len(burst)) / SAMPLE_RATE)
    return int(np.abs(waves @ (burst * np.hanning(len(burst)))).argmax())


def _length(speed: float) -> int:
    return round(BYTE / speed)
