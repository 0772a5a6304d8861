import io
import struct
import wave

import numpy as np

from speechd.encoders.raw import PcmEncoder, WavEncoder

SAMPLES = np.array([0.0, 0.5, -0.5, 1.0], dtype=np.float32)
PCM = struct.pack("<4h", 0, 16384, -16384, 32767)


def test_pcm_is_the_samples_and_nothing_else() -> None:
    encoder = PcmEncoder()
    assert encoder.encode(SAMPLES) + encoder.finish() == PCM


def test_a_whole_wav_states_its_true_sizes() -> None:
    encoder = WavEncoder(whole=True)
    assert encoder.encode(SAMPLES) + encoder.encode(SAMPLES) == b""
    data = encoder.finish()
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 24_000, 8)
        assert file.readframes(99) == PCM + PCM


def test_a_streamed_wav_has_one_header_of_unknown_sizes() -> None:
    encoder = WavEncoder(whole=False)
    first, second = encoder.encode(SAMPLES), encoder.encode(SAMPLES)
    assert first[:8] == b"RIFF\xff\xff\xff\xff"
    assert first[36:] == b"data\xff\xff\xff\xff" + PCM
    assert (second, encoder.finish()) == (PCM, b"")


def test_a_wav_without_samples_states_so_when_it_ends() -> None:
    encoder = WavEncoder(whole=False)
    assert encoder.encode(SAMPLES[:0]) == b""
    with wave.open(io.BytesIO(encoder.finish())) as file:
        assert file.getnframes() == 0
