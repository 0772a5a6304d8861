"""The model as the engine sees it: its input, which is a segment's payload, its output, and what it does."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speechd.engines.kokoro.checkpoint import PACK_SHAPE

SAMPLE_RATE: Final = 24_000
"""Hz."""

STYLE_SIZE: Final = PACK_SHAPE[2]

Prosody = TypeVar("Prosody")

_HEADER = struct.Struct("<dQ")


class ModelInput(NamedTuple):
    """The input of the model for one segment.

    speed: > 0; seed: of the noise, 0 ... 2⁶³ - 1; style: float32, shape (256,), a voice's row; tokens: uint16, shape
    (phonemes,), ids of the vocabulary, without pads.
    """

    speed: float
    seed: int
    style: npt.NDArray[np.float32]
    tokens: npt.NDArray[np.uint16]

    def packed(self) -> bytes:
        """The payload."""
        return _HEADER.pack(self.speed, self.seed) + self.style.tobytes() + self.tokens.tobytes()

    @classmethod
    def unpacked(cls, payload: bytes) -> ModelInput:
        """The input in a payload, whose bytes it shares."""
        speed, seed = _HEADER.unpack_from(payload)
        style = np.frombuffer(payload, np.float32, STYLE_SIZE, _HEADER.size)
        return cls(speed, seed, style, np.frombuffer(payload, np.uint16, -1, _HEADER.size + style.nbytes))

    @property
    def input_ids(self) -> Tensor:
        """The tokens as int64, shape (phonemes + 2,), with a pad (0) at both ends."""
        return torch.nn.functional.pad(torch.from_numpy(self.tokens.astype(np.int64)), (1, 1))

    @property
    def ref_s(self) -> Tensor:
        """The style as float32, shape (1, 256); the stock package's name for it."""
        return torch.from_numpy(self.style.copy())[None]


class Rendered(NamedTuple):
    """The output of a model for one input, on the CPU.

    samples: float32, shape (n,), at 24 kHz; durations: int64, shape (tokens,), frames of each token, pads included.
    """

    samples: Tensor
    durations: Tensor


class RenderedWindow(NamedTuple):
    """A window of a passage; see `engines.base.Window`.

    samples: as in `Rendered`; durations: of all tokens, pads included; first, end: the window's frames; frames: of the
    passage; state: for the next window, empty after the last.
    """

    samples: Tensor
    durations: Tensor
    first: int
    end: int
    frames: int
    state: bytes


class Model(Protocol[Prosody]):
    """Kokoro-82M on one device. Built before the fork; called after it, by one thread at a time.

    An exception of `plan` or `render` concerns all that the call was given.
    """

    @property
    def batch_limit(self) -> int:
        """Inputs that are faster at once than one after the other, at most."""
        ...

    @property
    def batch_limit_s(self) -> float:
        """Audio seconds of them together, at most: what the device's memory holds."""
        ...

    def plan(self, inputs: Sequence[ModelInput]) -> list[Prosody]:
        """The prosody of each input; where a model has no such step, the input itself."""
        ...

    def render(self, prosodies: Sequence[Prosody]) -> list[Rendered]:
        """The audio of each."""
        ...
