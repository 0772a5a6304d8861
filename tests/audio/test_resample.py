from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.audio.resample import StreamResampler, resampled
from speechd.audio.samples import SAMPLE_RATE, Audio, TokenTime


def test_audio_at_the_rate_is_the_same_object() -> None:
    audio = Audio(np.ones(10, np.float32))
    assert resampled(audio) is audio


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_tone_keeps_its_pitch_its_length_and_its_alignment(rate: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    alignment = (TokenTime(0, 0.0, 1.0),)
    audio = resampled(Audio(tone, rate, alignment))
    assert audio.sample_rate == SAMPLE_RATE
    assert audio.samples.dtype == np.float32
    assert audio.duration_s == pytest.approx(1.0, abs=1e-3)
    assert audio.alignment == alignment
    assert np.abs(np.fft.rfft(audio.samples[:SAMPLE_RATE])).argmax() == pytest.approx(440, abs=1)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
@settings(max_examples=10, deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=5))
def test_stream_is_resampled_as_if_it_came_at_once(rate: int, cuts: list[int]) -> None:
    noise = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)
    stream = StreamResampler(rate)
    pieces = [stream.add(piece) for piece in np.split(noise, sorted(cuts))]
    out = np.concatenate([*pieces, stream.finish()])
    whole = resampled(Audio(noise), rate).samples
    assert abs(len(out) - len(noise) * rate / SAMPLE_RATE) <= 1
    length = min(len(out), len(whole))
    np.testing.assert_allclose(out[:length], whole[:length], atol=1e-4)
