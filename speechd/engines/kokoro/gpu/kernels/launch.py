"""How a kernel is started: compiled by Triton when it is first needed, or in another way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

Grid = tuple[int, ...]
Arguments = Mapping[str, "Tensor | int | float"]
Constants = Mapping[str, "int | float | bool"]


@dataclass(frozen=True, slots=True)
class Resources:
    """warps: of 32 threads, for each program; stages: of a loop's loads that are in flight at once.

    registers: of a thread at most, 0 for as many as the compiler likes.
    """

    warps: int
    stages: int = 1
    registers: int = 0

    def options(self) -> dict[str, int]:
        """By Triton's names."""
        options = {"num_warps": self.warps, "num_stages": self.stages}
        return options | ({"maxnreg": self.registers} if self.registers > 0 else {})


class Launch(Protocol):
    """Starts `kernel`, a `triton.jit` function, on the current stream and does not wait for it."""

    def __call__(
        self, kernel: Any, grid: Grid, arguments: Arguments, constants: Constants, resources: Resources
    ) -> None:
        """grid: programs along each axis; arguments and constants: by the parameters' names."""
        ...


def launch_jit(kernel: Any, grid: Grid, arguments: Arguments, constants: Constants, resources: Resources) -> None:
    """Start `kernel`; Triton compiles it once for its constants and for the kind of its arguments."""
    kernel[grid](**arguments, **constants, **resources.options())
