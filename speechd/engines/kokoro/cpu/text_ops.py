"""The operations of the text's networks, and of all adaptive norms, as a protocol, and each in plain PyTorch.

All rows are time x channels, float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from speechd.engines.kokoro.cpu.tensors import Weights

NORM_EPSILON: Final = 1e-5
"""Added to every variance of an adaptive norm: the default of `torch.nn.InstanceNorm1d`, which the model was trained
with."""

TILE_ROWS: Final = 1024
"""Time steps of one tile: 128 channels of it in float32 are 512 KiB, which stays in a core's second-level cache."""

Spread = npt.NDArray[np.float64]
"""Mean and variance of rows over time, (2, channels). Dozens of norms in a window make few operations on them: NumPy's
cost least to start."""


class Lstm(Protocol):
    """A bidirectional LSTM (Hochreiter and Schmidhuber 1997)."""

    def __call__(self, rows: Tensor, places: Tensor | None = None) -> Tensor:
        """Rows (n, in) → (n, 2 x hidden), or, for the steps rows[places], (len(places), 2 x hidden)."""
        ...


class TextOperations(Protocol):
    """The operations of the text's networks. Called within `alone`, their bits do not depend on the thread count."""

    def alone(self) -> AbstractContextManager[None]:
        """A context that makes it so: PyTorch's own products sum in another order on more threads."""
        ...

    def product(self, weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
        """The product with weight (out, in), bias (out,), of rows (time, in) that may overlap in memory."""
        ...

    def lstm(self, weights: Weights) -> Lstm:
        """The LSTM of one layer with the names of `torch.nn.LSTM`."""
        ...

    def attention(self, joined: Tensor, heads: int) -> Tensor:
        """What each row attends to, (time, channels): joined (time, 3 x channels), queries, keys and values."""
        ...

    def gelu_(self, rows: Tensor) -> Tensor:
        """GELU by its approximation with tanh, in place."""
        ...

    def layer_norm(
        self,
        rows: Tensor,
        gain: Tensor,
        offset: Tensor,
        epsilon: float,
        residual: Tensor | None = None,
        slope: float = 1.0,
    ) -> Tensor:
        """The norm over channels of rows (+ residual), below zero times `slope`."""
        ...

    def adaptive_norm(
        self,
        rows: Tensor,
        gain: Tensor,
        offset: Tensor,
        slope: float,
        upsampling: Tensor | None = None,
        spread: Spread | None = None,
    ) -> Tensor:
        """The norm over time, times gain and plus offset, below zero times `slope`; a row of zeros on both sides.

        upsampling (4, channels) doubles the time steps by a depthwise transposed convolution (stride 2, 3 taps) after
        it: taps for the row before, this row and the row after, and the bias. spread: what to normalise by, None for
        that of `rows`.
        """
        ...

    def spread(self, rows: Tensor, core: slice, moments: Tensor | None = None) -> Spread:
        """Mean and variance of rows[core]. moments (2, channels) float64: sum and sum of squares of all rows."""
        ...

    def affine(self, spread: Spread, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """Factor and summand (channels,) that normalise rows of this mean and variance."""
        ...


class TorchText:
    """The operations by PyTorch's own."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `TextOperations`."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)

    def product(self, weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
        """See `TextOperations`."""
        return lambda rows: functional.linear(rows, weight, bias)

    def lstm(self, weights: Weights) -> Lstm:
        """See `TextOperations`."""
        return TorchLstm(weights)

    def attention(self, joined: Tensor, heads: int) -> Tensor:
        """See `TextOperations`."""
        count, channels = len(joined), joined.shape[1] // 3
        split = joined.view(1, count, 3, heads, channels // heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*split)
        return mixed.transpose(1, 2).reshape(count, channels)

    def gelu_(self, rows: Tensor) -> Tensor:
        """See `TextOperations`."""
        return functional.gelu(rows, approximate="tanh")

    def layer_norm(
        self,
        rows: Tensor,
        gain: Tensor,
        offset: Tensor,
        epsilon: float,
        residual: Tensor | None = None,
        slope: float = 1.0,
    ) -> Tensor:
        """See `TextOperations`."""
        rows = rows if residual is None else rows + residual
        rows = functional.layer_norm(rows, gain.shape, gain, offset, epsilon)
        return rows if slope == 1.0 else functional.leaky_relu_(rows, slope)

    def adaptive_norm(
        self,
        rows: Tensor,
        gain: Tensor,
        offset: Tensor,
        slope: float,
        upsampling: Tensor | None = None,
        spread: Spread | None = None,
    ) -> Tensor:
        """See `TextOperations`."""
        if spread is None:
            variance, mean = torch.var_mean(rows, dim=0, correction=0)
        else:
            mean, variance = torch.from_numpy(spread).float()
        scale = (variance + NORM_EPSILON).rsqrt_() * gain
        rows = functional.leaky_relu_(torch.addcmul(offset, rows - mean, scale), slope)
        return functional.pad(rows if upsampling is None else _upsample(rows, *upsampling), (0, 0, 1, 1))

    def spread(self, rows: Tensor, core: slice, moments: Tensor | None = None) -> Spread:
        """See `TextOperations`."""
        if moments is None:
            moments = moments_of(rows[core])
        else:
            # Margins are short: this is much less work than to count the core anew.
            margins = [margin for margin in (rows[: core.start], rows[core.stop :]) if len(margin)]
            moments = moments - sum(map(moments_of, margins))
        mean, square = (moments / (core.stop - core.start)).numpy()
        return np.stack([mean, np.maximum(square - mean * mean, 0.0)])

    def affine(self, spread: Spread, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """See `TextOperations`."""
        mean, variance = torch.from_numpy(spread)
        scale = gain * (variance + NORM_EPSILON).rsqrt()
        return scale.float(), (offset - mean * scale).float()


class TorchLstm:
    """The LSTM by PyTorch's own, without the packing that padding would need."""

    def __init__(self, weights: Weights) -> None:
        hidden = weights.tensor("weight_hh_l0").shape[1]
        with torch.device("meta"):
            self._lstm = nn.LSTM(weights.tensor("weight_ih_l0").shape[1], hidden, bidirectional=True)
        names = [name for name, _ in self._lstm.named_parameters()]
        self._lstm.load_state_dict({name: weights.tensor(name) for name in names}, assign=True)

    def __call__(self, rows: Tensor, places: Tensor | None = None) -> Tensor:
        result: Tensor = self._lstm(rows if places is None else rows[places])[0]
        return result


def _upsample(rows: Tensor, before: Tensor, here: Tensor, after: Tensor, bias: Tensor) -> Tensor:
    wide = torch.stack([torch.addcmul(bias, rows, here), torch.addcmul(bias, rows, after)], dim=1)
    wide[:-1, 1] += rows[1:] * before
    return wide.flatten(0, 1)


def moments_of(rows: Tensor) -> Tensor:
    """Sum and sum of squares over time, (2, channels) float64, of rows (time, channels)."""
    total = torch.zeros(2, rows.shape[1], dtype=torch.float64)
    for tile in torch.split(rows, TILE_ROWS):
        total += tile_moments(tile)
    return total


def tile_moments(tile: Tensor) -> Tensor:
    """The same of at most `TILE_ROWS` rows."""
    # Around the first row, so that a mean far from zero does not cancel the squares in float32.
    pivot = tile[0].double()
    away = tile - tile[0]
    total = away.sum(dim=0).double()
    square = (away * away).sum(dim=0).double()
    count = len(tile)
    return torch.stack([total + count * pivot, square + 2 * pivot * total + count * pivot * pivot])
