"""G.711 (ITU-T, 1988), the formats of telephony: µ-law and A-law, a byte for each sample, without a header."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.audio.samples import Samples, pcm16

SAMPLE_RATE: Final = 8_000
"""Hz, of the telephone network; other rates are no G.711, though the same bytes."""

ULAW_BIAS: Final = 132
"""Added to a 16-bit magnitude before its logarithm is taken in steps: then each step begins at a power of two."""

ULAW_CLIP: Final = 32_635
"""The greatest 16-bit magnitude that µ-law has room for."""

Table = npt.NDArray[np.uint8]
"""The byte of every 16-bit sample, shape (65536,), by the sample's bits as an unsigned number."""


class G711Encoder:
    """The encoder of µ-law or A-law bytes and nothing else."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def encode(self, samples: Samples) -> bytes:
        coded: Table = self._table[np.frombuffer(pcm16(samples), "<u2")]
        return coded.tobytes()

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        """Give nothing back: there is nothing to hold."""


@cache
def ulaw() -> Table:
    """The bytes of µ-law: the sign, three bits of exponent and four of mantissa, all inverted."""
    samples = _samples()
    magnitude = np.minimum(np.abs(samples), ULAW_CLIP) + ULAW_BIAS
    exponent = np.frexp(magnitude)[1] - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    table: Table = (~((samples < 0) << 7 | exponent << 4 | mantissa)).astype(np.uint8)
    return table


@cache
def alaw() -> Table:
    """The bytes of A-law: the sign, three bits of exponent and four of mantissa, every second bit inverted."""
    samples = _samples()
    magnitude = np.where(samples < 0, ~samples, samples) >> 3
    exponent = np.maximum(np.frexp(magnitude)[1] - 5, 0)
    mantissa = (magnitude >> np.maximum(exponent, 1)) & 0x0F
    table: Table = (((samples >= 0) << 7 | exponent << 4 | mantissa) ^ 0x55).astype(np.uint8)
    return table


def _samples() -> npt.NDArray[np.int32]:
    return np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
