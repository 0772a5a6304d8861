"""Which kernels a model starts, with which constants: what is to be compiled where there is no GPU."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.launch import Arguments, Constants, Grid, Resources

POINTERS: Final = {
    torch.float16: "*fp16",
    torch.float32: "*fp32",
    torch.float64: "*fp64",
    torch.int32: "*i32",
    torch.int64: "*i64",
}


@dataclass(frozen=True)
class Variant:
    """A kernel as one machine program: types of its arguments, and what is constant in it.

    module, name: of the kernel, so that another process can compile it. signature: by parameter, Triton's names of
    types. Nothing is assumed of integers, and 16 divides every address.
    """

    module: str
    name: str
    signature: tuple[tuple[str, str], ...]
    constants: tuple[tuple[str, int | float | bool], ...]
    resources: Resources

    @classmethod
    def of(cls, kernel: Any, arguments: Arguments, constants: Constants, resources: Resources) -> Variant:
        """The variant that serves `arguments`."""
        signature = tuple((name, kind(arguments[name])) for name in kernel.arg_names if name in arguments)
        function = kernel.fn
        return cls(function.__module__, function.__name__, signature, tuple(sorted(constants.items())), resources)

    @property
    def kernel(self) -> Any:
        """The `triton.jit` function."""
        return getattr(importlib.import_module(self.module), self.name)

    @property
    def pointers(self) -> list[str]:
        """The parameters that are addresses."""
        return [name for name, type_ in self.signature if type_.startswith("*")]


def kind(value: Tensor | int | float) -> str:
    """Triton's name of a value's type."""
    if isinstance(value, Tensor):
        return POINTERS[value.dtype]
    return "fp32" if isinstance(value, float) else "i32"


class Recording:
    """A `Launch` that starts nothing and keeps the variants that it was asked for."""

    def __init__(self) -> None:
        self.variants: dict[Variant, int] = {}

    def __call__(
        self, kernel: Any, grid: Grid, arguments: Arguments, constants: Constants, resources: Resources
    ) -> None:
        variant = Variant.of(kernel, arguments, constants, resources)
        self.variants[variant] = self.variants.get(variant, 0) + 1

    def __iter__(self) -> Iterator[Variant]:
        return iter(self.variants)

    @property
    def launches(self) -> int:
        """Of all variants together."""
        return sum(self.variants.values())
