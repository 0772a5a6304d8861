"""Build of the compiled kernels of Kokoro on a CPU. Everything else about the package is in pyproject.toml.

The kernels have a plain C interface and are loaded by ctypes, so one build of them serves every Python.
"""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

FOLDER = Path("speechd/engines/kokoro/cpu/csrc")
SOURCES = sorted(FOLDER.glob("*.[chi]*"))

posix = os.name == "posix"
openmp = ["-fopenmp"] if sys.platform == "linux" else []


class BuildKernels(build_ext):
    """Names the library without the Python that built it."""

    def get_ext_filename(self, fullname: str) -> str:
        return os.path.join(*fullname.split(".")) + ".so" if posix else super().get_ext_filename(fullname)

    def copy_extensions_to_source(self) -> None:
        """Into a checkout. What earlier versions left there has the name of a Python, which that one would prefer."""
        super().copy_extensions_to_source()
        for extension in self.extensions:
            built = Path(self.get_ext_filename(extension.name))
            for former in built.parent.glob(f"{built.stem}.*{built.suffix}") if built.exists() else ():
                former.unlink()


class Wheel(bdist_wheel):
    """A wheel for every Python, and for every machine where no compiler was found."""

    def get_tag(self) -> tuple[str, str, str]:
        _, _, platform = super().get_tag()
        built = any(Path(path).is_file() for path in self.get_finalized_command("build_ext").get_outputs())
        self.root_is_pure = not built
        return "py3", "none", platform if built else "any"


setup(
    cmdclass={"bdist_wheel": Wheel, "build_ext": BuildKernels},
    ext_modules=[
        Extension(
            "speechd.engines.kokoro.cpu._kernels",
            sources=[str(FOLDER / "kernels.cpp")],
            depends=[str(path) for path in SOURCES],
            # So that a checkout notices a library that was built from other sources: see compiled_ops.py.
            define_macros=[("SPEECHD_SOURCES", str(zlib.crc32(b"".join(path.read_bytes() for path in SOURCES))))],
            # No -march: the kernels choose among instruction sets at run time. -fwrapv, which most Pythons add by
            # themselves, is what they were measured with: without it GCC 12 makes 2 % more instructions.
            extra_compile_args=["-std=c++17", "-O3", "-fwrapv", "-Wno-psabi", *openmp]
            if posix
            else ["/std:c++17", "/O2"],
            extra_link_args=openmp,
            optional=True,  # without a compiler PyTorch does the work, more slowly
        )
    ],
)
