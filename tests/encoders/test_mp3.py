"""What an MP3 file's bytes must look like, read without a decoder, and what decoders make of its length."""

import io
import struct

import av
import numpy as np
import pytest

from speechd.audio.samples import Samples
from speechd.encoders.mp3 import BIT_RATES, Mp3Encoder

RATES = pytest.mark.parametrize("rate", BIT_RATES)


def tone(length: int, rate: int = 24_000) -> Samples:
    samples: Samples = (0.4 * np.sin(2 * np.pi * 440 / rate * np.arange(length))).astype(np.float32)
    return samples


def encoded(samples: Samples, *, whole: bool, rate: int = 24_000) -> bytes:
    encoder = Mp3Encoder(whole=whole, rate=rate)
    data = encoder.encode(samples) + encoder.finish()
    encoder.close()
    return data


def test_a_stream_is_frames_of_audio_from_its_first_byte() -> None:
    data = encoded(tone(24_100), whole=False)
    frames = [data[at : at + 384] for at in range(0, len(data), 384)]  # 24 ms at 128 kbit/s
    assert all(len(frame) == 384 and frame[:2] == b"\xff\xf3" for frame in frames)
    assert not any(name in data for name in (b"Xing", b"Info", b"ID3"))


@RATES
@pytest.mark.parametrize("length", [1, 575, 577, 24_100])
def test_a_whole_file_states_its_frames_bytes_delay_and_padding(rate: int, length: int) -> None:
    data = encoded(tone(length, rate), whole=True, rate=rate)
    tag = data.index(b"Info")
    _, frames, size = struct.unpack_from(">III", data, tag + 4)
    delay_padding = int.from_bytes(data[tag + 141 : tag + 144], "big")
    delay, padding = delay_padding >> 12, delay_padding & 0xFFF
    assert (576 if rate < 32_000 else 1152) * frames - delay - padding == length
    assert size == len(data)


@RATES
@pytest.mark.parametrize("length", [1_152, 5_000, 24_100])
def test_a_whole_file_decodes_to_as_many_samples_as_went_in(rate: int, length: int) -> None:
    data = encoded(tone(length, rate), whole=True, rate=rate)
    with av.open(io.BytesIO(data), "r", format="mp3") as container:
        frames = list(container.decode(audio=0))
    assert sum(frame.samples for frame in frames) == length
    assert {frame.sample_rate for frame in frames} == {rate}


def test_the_tag_ends_with_its_checksum() -> None:
    data = encoded(tone(24_100), whole=True)
    end = data.index(b"Info") + 154
    sum = 0
    for byte in data[:end]:  # bit by bit, as the polynomial's definition has it
        for bit in range(8):
            sum = (sum >> 1) ^ (0xA001 if (sum ^ byte >> bit) & 1 else 0)
    assert int.from_bytes(data[end : end + 2], "big") == sum


def test_a_sink_has_the_whole_file_and_nothing_is_returned() -> None:
    sink = io.BytesIO()
    encoder = Mp3Encoder(whole=True, sink=sink)
    assert encoder.encode(tone(24_100)) + encoder.finish() == b""
    encoder.close()
    assert sink.getvalue() == encoded(tone(24_100), whole=True)


def test_a_closed_encoder_refuses_samples() -> None:
    encoder = Mp3Encoder(whole=False)
    encoder.close()
    with pytest.raises(ValueError, match="closed"):
        encoder.encode(tone(100))
    with pytest.raises(ValueError, match="closed"):
        encoder.finish()
