"""µ-law and A-law, against FFmpeg's decoders and the steps that G.711 has."""

import io

import av
import numpy as np
import pytest

from speechd.encoders.g711 import G711Encoder, Table, alaw, ulaw

SAMPLES = np.arange(-32767, 32768, dtype=np.int32)
"""All that can be encoded: 16-bit samples but for the least, which no float stands for."""


def decoded(name: str, data: bytes) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    with av.open(io.BytesIO(data), "r", format=name, options={"sample_rate": "8000"}) as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.int32)


@pytest.mark.parametrize(("name", "table", "least_step"), [("mulaw", ulaw(), 8), ("alaw", alaw(), 16)])
def test_every_sample_is_decoded_to_within_half_a_step(name: str, table: Table, least_step: int) -> None:
    data = G711Encoder(table).encode(SAMPLES.astype(np.float32) / np.float32(32767))
    assert len(data) == len(SAMPLES)
    error = np.abs(decoded(name, data) - SAMPLES)
    step = np.maximum(least_step, 2.0 ** np.floor(np.log2(np.abs(SAMPLES) + 132)) / 16)
    within = np.abs(SAMPLES) < 32_000  # beyond, the last step is all there is
    assert (error[within] <= step[within] / 2 + 1).all()
    assert error.max() <= 1024


@pytest.mark.parametrize("table", [ulaw(), alaw()])
def test_all_bytes_are_used(table: Table) -> None:
    assert len(np.unique(table)) >= 255


@pytest.mark.parametrize(("table", "silence"), [(ulaw(), 0xFF), (alaw(), 0xD5)])
def test_silence_is_the_byte_that_telephones_know(table: Table, silence: int) -> None:
    encoder = G711Encoder(table)
    assert encoder.encode(np.zeros(3, np.float32)) == bytes([silence] * 3)
    assert encoder.finish() == b""
    encoder.close()
