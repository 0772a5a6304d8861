"""What one window of a passage leaves to the next, as bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.passage import Passage

FRAMES_KEPT: Final = 12_000
"""Frames (5 minutes) up to which a state has the passage in it; a longer one is planned anew for every window. Passages
of 510 tokens have some 1,500 at speed 1, and could have 100,000 at the lowest speed."""

_HEADER: Final = struct.Struct("<5i")


@dataclass(frozen=True, slots=True, eq=False)
class WindowState:
    """Where a passage goes on.

    position: its frames that were rendered; statistics: of their norms (see `norm_statistics.Carried`); tail: samples
    that were rendered beyond them; passage: None where it is too long to be kept.
    """

    position: int
    statistics: npt.NDArray[np.float32]
    tail: Tensor
    passage: Passage | None

    def packed(self) -> bytes:
        """The state as bytes of this machine, without the passage where it is long."""
        passage = self.passage if self.passage is not None and self.passage.frames <= FRAMES_KEPT else None
        parts = [torch.from_numpy(self.statistics), self.tail]
        tokens = frames = 0
        if passage is not None:
            tokens, frames = len(passage.durations), passage.frames
            parts += [passage.durations.int(), passage.pitch, passage.energy, passage.text]
        header = _HEADER.pack(self.position, len(self.statistics), len(self.tail), tokens, frames)
        return header + b"".join(part.contiguous().numpy().tobytes() for part in parts)

    @classmethod
    def unpacked(cls, state: bytes) -> WindowState:
        """The state of `packed`. Raises ValueError where the bytes are none."""
        try:
            position, statistics, tail, tokens, frames = _HEADER.unpack_from(state)
            reader = _Reader(bytearray(state), _HEADER.size)
            found = cls(position, reader.floats(statistics).numpy(), reader.floats(tail), None)
            if not frames:
                reader.check(position > 0)
                return found
            durations = reader.take(tokens, torch.int32).long()
            pitch, energy = (reader.floats(2 * frames) for _ in range(2))
            text = reader.rest().view(tokens, -1)
            reader.check(0 < position < frames)
        except (struct.error, RuntimeError, ValueError) as error:
            raise ValueError(f"these bytes are no window's state: {error}") from error
        return cls(found.position, found.statistics, found.tail, Passage(durations, pitch, energy, text))


def state_limit(statistics: int, tail: int, tokens: int, channels: int) -> int:
    """Bytes that a state has at most; see `WindowState`. channels: of the encoded text."""
    return _HEADER.size + 4 * (statistics + tail + tokens * (1 + channels) + 4 * FRAMES_KEPT)


class _Reader:
    def __init__(self, content: bytearray, at: int) -> None:
        self._content = content
        self._at = at

    def take(self, count: int, dtype: torch.dtype) -> Tensor:
        if count == 0:
            return torch.empty(0, dtype=dtype)
        found = torch.frombuffer(self._content, dtype=dtype, count=count, offset=self._at)
        self._at += found.nbytes
        return found

    def floats(self, count: int) -> Tensor:
        return self.take(count, torch.float32)

    def check(self, sound: bool) -> None:
        if not sound or self._at != len(self._content):
            raise ValueError("their numbers do not fit")

    def rest(self) -> Tensor:
        return self.floats((len(self._content) - self._at) // 4)
