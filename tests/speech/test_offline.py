from __future__ import annotations

from itertools import pairwise

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
    return b"".join(piece.data for piece in pieces), pieces[-1].spoken_s


def test_all_of_a_text_is_spoken_with_its_pauses() -> None:
    text = "This is one sentence. And this is another. " * 20
    pcm, spoken_s = spoken(f"{text}[pause:2s]The end.")
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)
    assert decode(samples).replace(" ", "") == (text + "The end.").replace(" ", "")
    assert len(samples) / SAMPLE_RATE > spoken_s + 2.0


def test_text_with_nothing_to_speak_is_an_error() -> None:
    with pytest.raises(InvalidRequest, match="nothing that can be spoken"):
        spoken("...")


def test_share_of_the_text_grows_to_all_of_it() -> None:
    pieces = list(synthesize_file("This is one sentence. And this is another. " * 200, OPTIONS, ToneEngine(), "pcm"))
    shares = [piece.share for piece in pieces]
    assert len(shares) > 4
    assert all(before <= after for before, after in pairwise(shares))
    assert 0 < shares[0] < 0.2
    assert shares[-1] == 1.0


def test_file_that_is_stopped_ends_with_the_segment_in_hand() -> None:
    heard: list[float] = []
    pieces = synthesize_file(
        "This is one sentence. And this is another. " * 200,
        OPTIONS,
        ToneEngine(),
        "mp3",
        is_stopped=lambda: len(heard) == 2,
    )
    heard.extend(piece.spoken_s for piece in pieces if len(heard) < 2 or piece.data)
    assert len(heard) == 3  # and the bytes that close the file
    assert heard[1] == heard[2]
