"""The kernels as they are compiled for AArch64 (NEON), run by an emulator: one process for each call.

Debian and Ubuntu: apt install g++-aarch64-linux-gnu qemu-user-static
"""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

import pytest
import setuptools  # type: ignore[import-untyped]
import torch

from speechd.engines.kokoro.cpu import winograd
from speechd.engines.kokoro.cpu.compiled_ops import Kernels
from speechd.engines.kokoro.cpu.structures import (
    LAYOUT,
    AdaptiveNormCall,
    AffineCall,
    AttentionCall,
    Call,
    Convolution,
    LayerNormCall,
    Lstm,
    LstmCall,
    Product,
    ProductCall,
    SpreadCall,
)

COMPILER: Final = "aarch64-linux-gnu-g++"
EMULATOR: Final = "qemu-aarch64-static"
ROOT: Final = Path(__file__).parents[2]
WIDTH: Final = 8
"""Two vectors of four floats; the program refuses another."""
FLOAT: Final = ctypes.sizeof(ctypes.c_float)
PLACE: Final = ctypes.sizeof(ctypes.c_int64)
DOUBLE: Final = ctypes.sizeof(ctypes.c_double) // FLOAT
GATES: Final = 4
"""Of an LSTM."""


class ArmKernels(Kernels):
    """In place of this machine's."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self.isa, self.width, self.matrix, self.close = 0, WIDTH, False, False

    def convolve(self, convolution: Convolution, call: Call) -> None:
        call.threads = torch.get_num_threads()
        done = self._run("convolve", bytes(convolution) + bytes(call), _arrays(convolution, call))
        size = call.rows * convolution.outputs * FLOAT
        ctypes.memmove(call.out, done[:size], size)
        ctypes.memmove(call.moments, done[size:], len(done) - size)

    def multiply(self, product: Product, call: ProductCall) -> None:
        call.threads = torch.get_num_threads()
        outputs = -(-product.outputs // WIDTH) * WIDTH
        arrays = _floats(
            (product.weight, outputs * product.inputs),
            (product.bias, outputs),
            (call.source, (call.rows - 1) * call.stride + product.inputs),
        )
        done = self._run("multiply", bytes(product) + bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def recur(self, lstm: Lstm, call: LstmCall) -> None:
        call.threads = torch.get_num_threads()
        places = ctypes.string_at(call.places, call.steps * PLACE)
        rows = max(struct.unpack(f"={call.steps}q", places)) + 1
        weight, source = _floats(
            (lstm.weight, 2 * GATES * lstm.hidden * lstm.hidden), (call.source, rows * 2 * GATES * lstm.hidden)
        )
        done = self._run("recur", bytes(lstm) + bytes(call), [weight, source, places])
        ctypes.memmove(call.out, done, len(done))

    def attend(self, call: AttentionCall) -> None:
        call.threads = torch.get_num_threads()
        arrays = _floats((call.source, call.rows * 3 * call.heads * call.size))
        done = self._run("attend", bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def layer_norm(self, call: LayerNormCall) -> None:
        call.threads = torch.get_num_threads()
        size = call.rows * call.channels
        arrays = _floats(
            (call.source, size),
            (call.residual, size if call.residual else 0),
            (call.gain, call.channels),
            (call.offset, call.channels),
        )
        done = self._run("layer_norm", bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def adaptive_norm(self, call: AdaptiveNormCall) -> None:
        call.threads = torch.get_num_threads()
        arrays = _floats(
            (call.source, call.rows * call.channels),
            (call.gain, call.channels),
            (call.offset, call.channels),
            (call.upsampling, 4 * call.channels if call.upsampling else 0),
            (call.spread, 2 * DOUBLE * call.channels if call.spread else 0),
        )
        done = self._run("adaptive_norm", bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def spread(self, call: SpreadCall) -> None:
        call.threads = torch.get_num_threads()
        arrays = _floats(
            (call.source, call.rows * call.channels), (call.moments, 2 * DOUBLE * call.channels if call.moments else 0)
        )
        done = self._run("spread", bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def affine(self, call: AffineCall) -> None:
        arrays = _floats(
            (call.spread, 2 * DOUBLE * call.channels), (call.gain, call.channels), (call.offset, call.channels)
        )
        done = self._run("affine", bytes(call), arrays)
        ctypes.memmove(call.out, done, len(done))

    def gelu(self, rows: torch.Tensor) -> None:
        arrays = _floats((rows.data_ptr(), rows.numel()))
        done = self._run("gelu", struct.pack("=q", torch.get_num_threads()), arrays)
        ctypes.memmove(rows.data_ptr(), done, len(done))

    def _run(self, name: str, structures: bytes, arrays: list[bytes]) -> bytes:
        sized = b"".join(struct.pack("=q", len(array)) + array for array in arrays)
        done = subprocess.run(
            [EMULATOR, self._program, name],
            input=struct.pack("=qq", LAYOUT, WIDTH) + structures + sized,
            capture_output=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def build(folder: Path) -> ArmKernels:
    """Compile the kernels, with the flags of setup.py, and a program around them. Skips the test without the tools."""
    absent = [tool for tool in (COMPILER, EMULATOR) if shutil.which(tool) is None]
    if absent:
        pytest.skip(f"the kernels were not run for ARM: {' and '.join(absent)} not installed")
    program = folder / "arm"
    (extension,) = _setup().ext_modules
    sources = [ROOT / source for source in (*extension.sources, "tests/harness/arm.cpp")]
    include = (ROOT / extension.sources[0]).parent
    flags = [*extension.extra_compile_args, *extension.extra_link_args, "-static", f"-I{include}"]
    subprocess.run([COMPILER, *flags, *sources, "-o", program], timeout=280, check=True)
    return ArmKernels(program)


def _setup() -> setuptools.Distribution:
    from distutils.core import run_setup  # setuptools' own, where Python has none

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return run_setup("setup.py", stop_after="init")


def _arrays(convolution: Convolution, call: Call) -> list[bytes]:
    """What the pointers point at, in the order in which the program reads it."""
    points = len(winograd.POINTS)
    outputs = -(-convolution.outputs // WIDTH) * WIDTH
    residual_rows = call.rows if call.residual else 0
    return _floats(
        (convolution.weight, outputs * points * convolution.inputs * convolution.groups),
        (convolution.bias, outputs),
        (convolution.forward, points * points),
        (convolution.backward, convolution.step * points),
        (call.source, call.rows * convolution.inputs),
        (call.scale, convolution.inputs),
        (call.shift, convolution.inputs),
        (call.residual, residual_rows * convolution.outputs),
        (call.out, call.rows * convolution.outputs),
    )


def _floats(*arrays: tuple[int, int]) -> list[bytes]:
    """Of the address and count of each."""
    return [ctypes.string_at(place, count * FLOAT) if count else b"" for place, count in arrays]
