"""Playback of a response: when its first audio came, and how long a player would have waited for the rest."""

from __future__ import annotations

import io
import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from speechd.audio.samples import SAMPLE_RATE
from speechd.cli.tune.client import Response

AUDIBLE: Final = 100
"""Least amplitude that is heard, of a 16-bit sample's 32768: -50 dB. Below it is the silence, or the dither, that
speech begins with."""

SAMPLE_BYTES: Final = 2
"""`pcm` is 16-bit mono at `SAMPLE_RATE`, OpenAI's definition."""

AT_ONCE_S: Final = 0.010
"""A response whose audio all arrives within this time is one arrival, in however many reads TCP delivers it."""


@dataclass(frozen=True, slots=True)
class Playback:
    """Playback of a response: seconds from the request to the first audible audio and to the end; moments
    with the seconds of audio received by then; the worst wait after the first, None if all audio came at once."""

    ttfa_s: float
    e2e_s: float
    heard: Sequence[tuple[float, float]]
    underrun_s: float | None

    @property
    def audio_s(self) -> float:
        """Seconds of audio."""
        return self.heard[-1][1]

    @property
    def began_s(self) -> float:
        """The moment of the first audio."""
        return self.heard[0][0]


def playback_of(response: Response, format: str) -> Playback | None:
    """Playback of a response in one of OpenAI's formats; None if it holds nothing audible."""
    body = bytes(response.body)
    seconds, audible = clock(body, format)
    first = next((arrival for arrival in response.arrivals if arrival.total >= audible), None)
    if first is None:
        return None
    heard = [(at_s, audio_s) for at_s, total in response.arrivals if (audio_s := seconds(total)) > 0.0]
    return Playback(
        ttfa_s=first.at_s - response.sent_s,
        e2e_s=response.ended_s - response.sent_s,
        heard=heard,
        underrun_s=underrun_s(heard),
    )


def underrun_s(heard: Sequence[tuple[float, float]]) -> float | None:
    """The worst wait of a listener who plays from the first arrival on: with t₀ the first moment, the greatest of
    (tᵢ − t₀) − seconds of audio received before i, and at least 0. None if all came at once, which shows nothing.

    heard: (moment, seconds of audio received by then), in order.
    """
    began_s = heard[0][0]
    if heard[-1][0] - began_s <= AT_ONCE_S:
        return None
    deficits = (at_s - began_s - before_s for (_, before_s), (at_s, _) in itertools.pairwise(heard))
    return max(0.0, *deficits)


def clock(body: bytes, format: str) -> tuple[Callable[[int], float], float]:
    """A function from a number of first bytes of a body to seconds of audio, and how many bytes hold the first audible
    audio (infinite if none does): its first sample, or for compressed formats the first complete packet."""
    if format in ("pcm", "wav"):
        start = max(0, body.find(b"data")) + 8 if format == "wav" else 0
        samples = np.frombuffer(body[start : len(body) - (len(body) - start) % SAMPLE_BYTES], "<i2")
        audible = _first_audible(samples)
        byte_rate = int.from_bytes(body[28:32], "little") if format == "wav" else SAMPLE_RATE * SAMPLE_BYTES
        return (
            lambda total: max(0, total - start) / (byte_rate or SAMPLE_RATE * SAMPLE_BYTES),
            float("inf") if audible is None else start + (audible + 1) * SAMPLE_BYTES,
        )
    ends, ended_s = packets(body)
    seconds = [0.0, *ended_s]
    return lambda total: seconds[bisect_right(ends, total)], ends[0] if ends else float("inf")


def packets(body: bytes) -> tuple[list[int], list[float]]:
    """The packets of a compressed file, or of a first part of one: with how many bytes a player has each, and the
    seconds of audio up to its end."""
    import av  # late: a machine that only measures raw audio need not have it

    starts: list[int] = []
    ended_s: list[float] = []
    duration_s = 0.0
    try:
        with av.open(io.BytesIO(body), "r") as container:
            for packet in container.demux(audio=0):
                if packet.size and packet.pos is not None:
                    duration_s += float((packet.duration or 0) * packet.time_base)
                    starts.append(packet.pos)
                    ended_s.append(duration_s)
    except av.error.FFmpegError:
        pass  # Broken off: what came before counts.
    # Ogg's packets have the position of their page, and a player has them when the page is complete. The packets of
    # other containers follow one another.
    ends = [*starts[1:], len(body)] if starts else []
    for index in range(len(ends) - 2, -1, -1):
        if starts[index] == starts[index + 1]:
            ends[index] = ends[index + 1]
    return ends, ended_s


def _first_audible(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> int | None:
    for start in range(0, len(samples), SAMPLE_RATE):
        loud = np.flatnonzero(np.abs(samples[start : start + SAMPLE_RATE].astype(np.int32)) > AUDIBLE)
        if loud.size:
            return start + int(loud[0])
    return None
