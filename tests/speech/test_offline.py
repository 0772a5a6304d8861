from __future__ import annotations

import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE
from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import InvalidRequest
from speechd.speech.offline import synthesize_file

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us")


def spoken(text: str) -> tuple[bytes, float]:
    """The PCM of a text, and the seconds of speech in it."""
    pieces = list(synthesize_file(text, OPTIONS, ToneEngine(), "pcm"))
    return b"".join(data for data, _ in pieces), pieces[-1][1]


def test_all_of_a_text_is_spoken_with_its_pauses() -> None:
    text = "This is one sentence. And this is another. " * 20
    pcm, spoken_s = spoken(f"{text}[pause:2s]The end.")
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)
    assert decode(samples).replace(" ", "") == (text + "The end.").replace(" ", "")
    assert len(samples) / SAMPLE_RATE > spoken_s + 2.0


def test_text_with_nothing_to_speak_is_an_error() -> None:
    with pytest.raises(InvalidRequest, match="nothing that can be spoken"):
        spoken("...")
