"""The costly operations as protocols, and each in plain PyTorch.

They are products with a matrix, and the generator's one step of norm, activation, convolution, residual and statistics.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.text_ops import TILE_ROWS, TextOperations, TorchText, tile_moments


class Activation(IntEnum):
    """The function before a convolution. SNAKE: u + sin²(u); LEAKY: u where positive, else 0.01 u (a leaky ReLU)."""

    SNAKE = 0
    LEAKY = 1


class Convolution(Protocol):
    """A convolution over time with what comes before and after it, on rows (time, channels), the length kept."""

    def __call__(
        self,
        source: Tensor,
        affine: tuple[Tensor, Tensor],
        out: Tensor,
        residual: Tensor | None = None,
        accumulate: bool = False,
    ) -> Tensor:
        """out ← convolution(activation(source x scale + shift)) + bias (+ residual) (+ out); the moments of out.

        source (time, in), affine: scale and shift (in,); out, residual (time, out), float32, contiguous.
        `out` may be `residual`, not `source`. Moments: sum and sum of squares over time, (2, out) float64.
        """
        ...


MakeConvolution = Callable[[Tensor, Tensor, int, Activation], Convolution]
"""Weight (out, in, taps), bias (out,), dilation, activation before it → the convolution."""

Product = Callable[[Tensor], Tensor]
"""Rows (time, in) → rows x weight + bias, (time, out); float32. The rows may be `windows`, which overlap in memory."""

MakeProduct = Callable[[Tensor, Tensor], Product]
"""Weight (out, in), bias (out,) → the product."""


class _Threads(threading.local):
    kernels: int | None = None


_threads: Final = _Threads()


def kernel_threads() -> int:
    """Threads for what gives the same bits on any number of them: PyTorch's, or what it had before `steady`."""
    return _threads.kernels or torch.get_num_threads()


@contextmanager
def steady() -> Iterator[None]:
    """PyTorch's own operations on one thread, because their last bits depend on how they are shared out; the costly
    steps on as many as before. The same bits for any number of them, then, where those are the compiled kernels'."""
    outer, threads = _threads.kernels, kernel_threads()
    _threads.kernels = threads
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _threads.kernels = outer
        torch.set_num_threads(1 if outer else threads)


@contextmanager
def _shared_out() -> Iterator[None]:
    """A costly step by PyTorch, on its `kernel_threads`."""
    before = torch.get_num_threads()
    torch.set_num_threads(kernel_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The ways to compute the costly steps.

    close: whether less exactly than float32 allows; text: those of the text's networks, always exact.
    """

    convolution: MakeConvolution
    product: MakeProduct
    close: bool = False
    text: TextOperations = field(default_factory=TorchText)


def windows(rows: Tensor, taps: int) -> Tensor:
    """Every `taps` neighbours of rows (time, channels) side by side, (time - taps + 1, taps x channels); no copy."""
    count, channels = rows.shape
    return rows.as_strided((count - taps + 1, taps * channels), (channels, 1))


def torch_product(weight: Tensor, bias: Tensor) -> Product:
    """The product by PyTorch's own."""

    def product(rows: Tensor) -> Tensor:
        with _shared_out():
            return functional.linear(rows, weight, bias)

    return product


class TorchConvolution:
    """The convolution by PyTorch's own, tile by tile with channels last."""

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int, activation: Activation) -> None:
        """weight (out, in, taps), bias (out,), float32."""
        self._weight = weight[:, :, None].contiguous(memory_format=torch.channels_last)
        self._bias = bias
        self._dilation = dilation
        self._activation = activation
        self._reach = dilation * (weight.shape[2] // 2)

    def __call__(
        self,
        source: Tensor,
        affine: tuple[Tensor, Tensor],
        out: Tensor,
        residual: Tensor | None = None,
        accumulate: bool = False,
    ) -> Tensor:
        total = torch.zeros(2, out.shape[1], dtype=torch.float64)
        for start, tile in self._tiles(source, affine):
            with _shared_out():
                rows = functional.conv2d(tile, self._weight, self._bias, dilation=(1, self._dilation))[0, :, 0].T
            here = slice(start, start + len(rows))
            if residual is not None:
                rows = rows + residual[here]
            if accumulate:
                out[here] += rows
            else:
                out[here] = rows
            total += tile_moments(out[here])
        return total

    def _tiles(self, source: Tensor, affine: tuple[Tensor, Tensor]) -> Iterator[tuple[int, Tensor]]:
        """Activated rows of each tile and of `reach` more on both sides, as (1, in, 1, rows) with channels last."""
        scale, shift = affine
        for start in range(0, len(source), TILE_ROWS):
            first, end = start - self._reach, min(start + TILE_ROWS, len(source)) + self._reach
            near = torch.addcmul(shift, source[max(first, 0) : end], scale)
            if self._activation is Activation.SNAKE:
                near = near.addcmul_(sine := near.sin(), sine)
            else:
                near = functional.leaky_relu_(near)
            missing = (0, 0, max(-first, 0), max(end - len(source), 0))
            yield start, functional.pad(near, missing).T[None, :, None]
