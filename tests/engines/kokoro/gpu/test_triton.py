"""The tests of kernels are not passed over where they can be run."""

from __future__ import annotations

import importlib.util
import platform
import sys

import pytest

HAS_WHEELS = sys.platform == "linux" and platform.machine() == "x86_64"


@pytest.mark.skipif(not HAS_WHEELS, reason="triton is made for Linux on x86-64")
def test_kernels_are_tested_because_triton_is_installed() -> None:
    assert importlib.util.find_spec("triton") is not None, "pip install -c constraints.txt triton"
