"""Products with a matrix by compiled kernels (csrc); see `ops.Product`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu import digits, structures
from speechd.engines.kokoro.cpu.compiled_ops import Kernels
from speechd.engines.kokoro.cpu.pages import Arena


class CompiledProduct:
    """The product by the compiled kernels; see `ops.Product`."""

    def __init__(self, kernels: Kernels, weight: Tensor, bias: Tensor, arena: Arena | None = None) -> None:
        """weight (out, in), bias (out,), float32. arena: where to keep the weights.

        On a matrix unit, if there is one: as exact as on vectors, and faster, whether or not the kernels are `close`.
        """
        outputs, inputs = weight.shape
        self._kernels = kernels
        self._outputs = outputs
        self._close = kernels.close and not kernels.matrix and inputs % 2 == 0
        packed, scale, matrix = self._packed(weight)
        self._weight = packed.contiguous() if arena is None else arena.keep(packed)
        self._bias, self._scale = (functional.pad(each, (0, -outputs % kernels.width)) for each in (bias, scale))
        self._prepared = structures.Product(
            *(tensor.data_ptr() for tensor in (self._weight, self._bias, self._scale)),
            *(inputs, outputs, self._close, matrix),
        )

    def __call__(self, rows: Tensor) -> Tensor:
        stride = rows.stride(0)
        if rows.stride(1) != 1 or self._splits(stride):
            rows, stride = rows.contiguous(), rows.shape[1]
        source = rows
        if self._close:  # every number once, though windows have it many times
            source = rows.as_strided(((len(rows) - 1) * stride + rows.shape[1],), (1,)).bfloat16()
        out = torch.empty(len(rows), self._outputs)
        call = structures.ProductCall(source=source.data_ptr(), out=out.data_ptr(), rows=len(rows), stride=stride)
        self._kernels.multiply(self._prepared, call)
        return out

    def _splits(self, stride: int) -> bool:
        """Whether rows that begin `stride` numbers apart in memory would split what the kernels read at once."""
        if self._prepared.matrix:
            inputs: int = self._prepared.inputs
            return stride == 0 or (stride < inputs and (stride % digits.PLACE != 0 or inputs % stride != 0))
        return self._close and stride % 2 != 0

    def _packed(self, weight: Tensor) -> tuple[Tensor, Tensor, bool]:
        """The weights and factors as the kernels read them (csrc/convolution.h), and whether for a matrix unit."""
        kernels, (outputs, inputs) = self._kernels, weight.shape
        panels = functional.pad(weight, (0, 0, 0, -outputs % kernels.width)).view(-1, kernels.width, inputs)
        if kernels.matrix and inputs % digits.PLACE == 0:
            factors = digits.factors(panels.abs().amax(dim=2))
            return (
                digits.packed(panels.transpose(1, 2), factors[:, None]),
                digits.HIGHEST * factors.flatten()[:outputs],
                True,
            )
        deep = 2 if self._close else 1
        packed = panels.view(len(panels), kernels.width, inputs // deep, deep).transpose(1, 2)
        return packed.bfloat16() if self._close else packed, torch.ones(outputs), False
