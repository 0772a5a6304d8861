from __future__ import annotations

import io

import av
import numpy as np
import pytest

from speechd.audio.samples import Samples
from speechd.encoders import FORMATS, open_encoder
from speechd.encoders.raw import SAMPLE_BYTES
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import SAMPLE_RATE, encode
from speechd.speech.live.options import LiveOptions

CODECS = [name for name, format in FORMATS.items() if not format.is_raw]


def decoded(data: bytes) -> Samples:
    """The samples of compressed audio, as far as it goes."""
    with av.open(io.BytesIO(data), "r") as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


@pytest.mark.parametrize("rate", [8_000, 12_000, 16_000, 24_000, 48_000])
@pytest.mark.parametrize("format", CODECS)
def test_all_sound_is_out_once_the_silence_of_a_flush_is_encoded(format: str, rate: int) -> None:
    options = LiveOptions(blend=catalogue().parse("af_heart"), language="en-us", format=format, sample_rate=rate)
    encoder = open_encoder(format, whole=False, rate=rate)
    data = encoder.encode(encode(b"abc" * 5))
    data += encoder.encode(np.zeros(round(options.flush_s * SAMPLE_RATE), np.float32))
    flushed, whole = decoded(data), decoded(data + encoder.finish())
    loud = np.flatnonzero(np.abs(whole) > 0.05 * np.abs(whole).max())
    assert len(loud)
    assert loud[-1] < len(flushed)


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100])
def test_all_sound_of_raw_audio_is_out_at_once(rate: int) -> None:
    options = LiveOptions(blend=catalogue().parse("af_heart"), language="en-us", format="pcm", sample_rate=rate)
    encoder = open_encoder("pcm", whole=False, rate=rate)
    sound = encode(b"abc" * 5)
    data = encoder.encode(sound) + encoder.encode(np.zeros(round(options.flush_s * SAMPLE_RATE), np.float32))
    assert len(data) / SAMPLE_BYTES / rate >= len(sound) / SAMPLE_RATE
