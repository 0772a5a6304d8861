"""Build of the compiled kernels of Kokoro on a CPU. Everything else about the package is in pyproject.toml."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("speechd/engines/kokoro/cpu/csrc")

posix = os.name == "posix"
openmp = ["-fopenmp"] if sys.platform == "linux" else []

setup(
    ext_modules=[
        Extension(
            "speechd.engines.kokoro.cpu._kernels",
            sources=[str(FOLDER / "kernels.cpp")],
            depends=[str(path) for path in FOLDER.glob("*.[hi]*")],
            # No -march: the kernels choose among instruction sets at run time.
            extra_compile_args=["-std=c++17", "-O3", "-Wno-psabi", *openmp] if posix else ["/std:c++17", "/O2"],
            extra_link_args=openmp,
            optional=True,  # without a compiler PyTorch does the work, more slowly
        )
    ]
)
