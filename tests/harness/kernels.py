"""The ways to compute an operation of the CPU's model: PyTorch's, each instruction set of this machine, and ARM's."""

from __future__ import annotations

import os
import platform
import shutil

import pytest

from speechd.engines.kokoro.cpu.compiled_ops import Kernels, NotBuilt

EXPECTED = os.environ.get("SPEECHD_NO_NATIVE") != "1" and shutil.which(os.environ.get("CXX", "g++")) is not None
"""Whether the kernels must be there: there is a compiler, and SPEECHD_NO_NATIVE=1 does not do without them."""


def ways() -> list[object]:
    """Parameters for `kernels_of`."""
    if not EXPECTED:
        return ["torch"]
    try:
        best = Kernels().isa
    except NotBuilt:
        best = 0
    emulated = [] if platform.machine() in ("aarch64", "arm64") else ["arm"]
    return ["torch", *(pytest.param(isa, id=f"isa{isa}") for isa in range(best + 1)), *emulated]


def kernels_of(request: pytest.FixtureRequest) -> Kernels:
    """The kernels of a parameter that is not "torch"."""
    found: Kernels = request.getfixturevalue("arm_kernels") if request.param == "arm" else Kernels(request.param)
    return found
