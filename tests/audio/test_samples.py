import numpy as np
import pytest

from speechd.audio.samples import pcm16


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (0.0, 0),
        (1.0, 32767),
        (-1.0, -32767),
        (0.5, 16384),
        (1.7, 32767),
        (-40.0, -32767),
        (np.nan, 0),
        (np.inf, 0),
        (-np.inf, 0),
    ],
)
def test_pcm16_rounds_and_clips(sample: float, value: int) -> None:
    assert pcm16(np.array([sample], dtype=np.float32)) == value.to_bytes(2, "little", signed=True)
