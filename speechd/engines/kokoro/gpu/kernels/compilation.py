"""Compiles kernels for a GPU without one."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from speechd.engines.kokoro.gpu.kernels.cubins import INDEX, SCRATCH, THREADS, file_name, key
from speechd.engines.kokoro.gpu.kernels.recording import Variant

VERSION: Final = triton.__version__


@dataclass(frozen=True, slots=True)
class Usage:
    """What a compiled kernel takes: registers of a thread, bytes of its stack, bytes of shared memory.

    On the stack are registers that were spilled, and 32 bytes wherever a sine's argument may be large.
    """

    registers: int
    stack: int
    shared: int


@dataclass(frozen=True, slots=True)
class Compiled:
    """A kernel for one architecture: its cubin, the name of the function in it, and what it takes."""

    cubin: bytes
    function: str
    usage: Usage


def compile_variant(variant: Variant, architecture: int) -> Compiled:
    """Compile a kernel for one architecture. Raises Triton's errors, and ValueError where `CubinLaunch` could not start
    what it makes."""
    names = list(variant.kernel.arg_names)
    attributes = {(names.index(name),): [["tt.divisibility", 16]] for name in variant.pointers}
    constants = dict(variant.constants)
    signature = dict(variant.signature) | dict.fromkeys(constants, "constexpr")
    source = ASTSource(variant.kernel, {name: signature[name] for name in names}, constants, attributes)
    target = GPUTarget("cuda", architecture, THREADS)
    compiled = triton.compile(source, target=target, options=variant.resources.options())
    require_startable(compiled, variant)
    cubin = compiled.asm["cubin"]
    return Compiled(cubin, compiled.metadata.name, _usage(cubin, compiled.metadata.shared))


def require_startable(compiled: Any, variant: Variant) -> None:
    """Raise ValueError where a kernel does not take what `CubinLaunch` gives it.

    compiled: of Triton, another release of which may add other parameters, threads or memory.
    """
    parameters = compiled.asm["ptx"].partition(".entry")[2].partition("{")[0].count(".param")
    metadata = compiled.metadata
    scratch = metadata.global_scratch_size + metadata.profile_scratch_size
    found = parameters, metadata.num_warps, scratch
    if found != (len(variant.signature) + len(SCRATCH), variant.resources.warps, 0):
        raise ValueError(f"{variant.name} has parameters, warps, bytes of scratch memory {found}; triton {VERSION}")


def write_file(variants: Sequence[Variant], architecture: int, folder: Path, jobs: int = 1) -> dict[Variant, Usage]:
    """Compile all of them, `jobs` at a time, into the file that `CubinLaunch` reads. Raises Triton's errors."""
    compiled = dict(zip(variants, _compile_all(variants, architecture, jobs), strict=True))
    index = {
        key(variant): {"function": each.function, "shared": each.usage.shared} for variant, each in compiled.items()
    }
    with zipfile.ZipFile(folder / file_name(architecture), "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(INDEX, json.dumps(index))
        for variant, each in compiled.items():
            file.writestr(key(variant), each.cubin)
    return {variant: each.usage for variant, each in compiled.items()}


def _compile_all(variants: Sequence[Variant], architecture: int, jobs: int) -> list[Compiled]:
    one = partial(compile_variant, architecture=architecture)
    if jobs == 1:
        return list(map(one, variants))
    # Not by fork: PyTorch may have started threads.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(one, variants))


def _usage(cubin: bytes, shared: int) -> Usage:
    """As NVIDIA's cuobjdump, which Triton brings, tells it."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        text = _run([str(_cuobjdump()), "-res-usage", file.name])
    return Usage(_number(r"REG:(\d+)", text), _number(r"STACK:(\d+)", text), shared)


def _cuobjdump() -> Path:
    return Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
