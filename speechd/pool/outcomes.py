"""What an engine returned, held to what it promised."""

from __future__ import annotations

from typing import Final

import numpy as np

from speechd.audio.resample import resampled
from speechd.audio.samples import SAMPLE_RATE, Audio
from speechd.engines.base import Window

NO_AUDIO: Final = "the engine returned no samples, or samples that are not finite"


def whole(outcome: Audio | Exception) -> Window | Exception:
    """The outcome of a segment that was synthesised whole, its audio at the server's sample rate."""
    if isinstance(outcome, Exception):
        return outcome
    return Window(resampled(outcome), b"", 0.0) if _is_audio(outcome) else ValueError(NO_AUDIO)


def checked(window: Window, limit: int) -> Window | Exception:
    """The window, or what is wrong with it. limit: bytes that its state has at most."""
    if not _is_audio(window.audio):
        return ValueError(NO_AUDIO)
    if window.audio.sample_rate != SAMPLE_RATE:
        return ValueError(f"the engine returned a window at {window.audio.sample_rate} Hz, not at {SAMPLE_RATE} Hz")
    if len(window.state) > limit:
        return ValueError(f"the engine returned a state of {len(window.state)} bytes, of at most {limit}")
    if bool(window.state) != (window.left_s > 0):
        return ValueError("the engine returned a state behind the last window, or none before it")
    return window


def _is_audio(audio: Audio) -> bool:
    """Whether there are samples, and all are finite: encoders write silence for others, and nobody would know."""
    return bool(len(audio.samples) and np.isfinite(audio.samples).all())
