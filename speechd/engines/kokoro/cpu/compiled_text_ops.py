"""The operations of `text_ops` by compiled kernels (csrc)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu import structures
from speechd.engines.kokoro.cpu.compiled_ops import Kernels
from speechd.engines.kokoro.cpu.compiled_product import CompiledProduct
from speechd.engines.kokoro.cpu.pages import Arena
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import NORM_EPSILON, Lstm, Spread, TorchLstm

DIRECTIONS: Final = ("", "_reverse")
"""Ends of the names of an LSTM's parameters."""


class CompiledText:
    """See `text_ops.TextOperations`."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._arena = Arena()

    def alone(self) -> AbstractContextManager[None]:
        """See `TextOperations`: the kernels need nothing for it."""
        return nullcontext()

    def product(self, weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
        """See `TextOperations`."""
        return CompiledProduct(self._kernels, weight, bias, self._arena)

    def lstm(self, weights: Weights) -> Lstm:
        """See `TextOperations`."""
        hidden = weights.tensor("weight_hh_l0").shape[1]
        known = hidden % (self._kernels.width // 2) == 0
        return CompiledLstm(self._kernels, weights, self._arena) if known else TorchLstm(weights)

    def attention(self, joined: Tensor, heads: int) -> Tensor:
        """See `TextOperations`."""
        count, channels = len(joined), joined.shape[1] // 3
        out = torch.empty(count, channels)
        call = structures.AttentionCall(
            source=joined.data_ptr(), out=out.data_ptr(), rows=count, heads=heads, size=channels // heads
        )
        self._kernels.attend(call)
        return out

    def gelu_(self, rows: Tensor) -> Tensor:
        """See `TextOperations`."""
        self._kernels.gelu(rows)
        return rows

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
        out = torch.empty_like(rows)
        call = structures.LayerNormCall(
            source=rows.data_ptr(),
            residual=None if residual is None else residual.data_ptr(),
            gain=gain.data_ptr(),
            offset=offset.data_ptr(),
            out=out.data_ptr(),
            epsilon=epsilon,
            slope=slope,
            rows=rows.shape[0],
            channels=rows.shape[1],
        )
        self._kernels.layer_norm(call)
        return out

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
        count, channels = rows.shape
        out = torch.empty(count * (1 if upsampling is None else 2) + 2, channels)
        call = structures.AdaptiveNormCall(
            source=rows.data_ptr(),
            gain=gain.data_ptr(),
            offset=offset.data_ptr(),
            upsampling=None if upsampling is None else upsampling.data_ptr(),
            spread=None if spread is None else spread.ctypes.data,
            out=out.data_ptr(),
            epsilon=NORM_EPSILON,
            slope=slope,
            rows=count,
            channels=channels,
        )
        self._kernels.adaptive_norm(call)
        return out

    def spread(self, rows: Tensor, core: slice, moments: Tensor | None = None) -> Spread:
        """See `TextOperations`."""
        count, channels = rows.shape
        out = torch.empty(2, channels, dtype=torch.float64)
        call = structures.SpreadCall(
            source=rows.data_ptr(),
            moments=None if moments is None else moments.data_ptr(),
            out=out.data_ptr(),
            rows=count,
            first=core.start,
            end=core.stop,
            channels=channels,
        )
        self._kernels.spread(call)
        found: Spread = out.numpy()
        return found

    def affine(self, spread: Spread, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
        """See `TextOperations`."""
        out = torch.empty(2, len(gain))
        call = structures.AffineCall(
            spread=spread.ctypes.data,
            gain=gain.data_ptr(),
            offset=offset.data_ptr(),
            out=out.data_ptr(),
            epsilon=NORM_EPSILON,
            channels=len(gain),
        )
        self._kernels.affine(call)
        scale, shift = out
        return scale, shift


class CompiledLstm:
    """The LSTM: what the inputs give to the gates as one product for all rows, then the recurrence."""

    def __init__(self, kernels: Kernels, weights: Weights, arena: Arena) -> None:
        self._kernels = kernels
        self._hidden = weights.tensor("weight_hh_l0").shape[1]
        inputs = torch.cat([self._by_units(weights.tensor(f"weight_ih_l0{end}")).flatten(0, 2) for end in DIRECTIONS])
        biases = torch.cat(
            [
                self._by_units(weights.tensor(f"bias_ih_l0{end}") + weights.tensor(f"bias_hh_l0{end}")).flatten()
                for end in DIRECTIONS
            ]
        )
        self._inputs = CompiledProduct(kernels, inputs, biases, arena)
        recurrent = [self._by_units(weights.tensor(f"weight_hh_l0{end}")).permute(0, 3, 1, 2) for end in DIRECTIONS]
        self._recurrent = arena.keep(torch.stack(recurrent))
        self._prepared = structures.Lstm(self._recurrent.data_ptr(), self._hidden)

    def _by_units(self, rows: Tensor) -> Tensor:
        """Rows (4 gates x hidden, ...) as (hidden / lanes, 4 gates, lanes, ...)."""
        lanes = self._kernels.width // 2
        return rows.view(4, -1, lanes, *rows.shape[1:]).transpose(0, 1)

    def __call__(self, rows: Tensor, places: Tensor | None = None) -> Tensor:
        gates = self._inputs(rows)
        places = torch.arange(len(rows)) if places is None else places
        cells, out = torch.empty(2, self._hidden), torch.empty(len(places), 2 * self._hidden)
        call = structures.LstmCall(
            source=gates.data_ptr(),
            places=places.data_ptr(),
            cells=cells.data_ptr(),
            out=out.data_ptr(),
            steps=len(places),
        )
        self._kernels.recur(self._prepared, call)
        return out
