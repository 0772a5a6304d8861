"""Kernels that were compiled ahead, in one file for each architecture, and started through CUDA's driver.

Where a file lacks a kernel, Triton's compiler makes it.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.launch import Arguments, Constants, Grid, Launch, Resources, launch_jit
from speechd.engines.kokoro.gpu.kernels.recording import Variant
from speechd.engines.pipelining import EngineLost

log = logging.getLogger(__name__)

INDEX: Final = "index.json"
"""In the file: by key, name of the function and bytes of shared memory. Each key is a cubin beside it."""

MAX_DYNAMIC_SHARED_SIZE_BYTES: Final = 8
"""CUfunction_attribute of the driver's API."""

USUAL_SHARED: Final = 48 << 10
"""Bytes of shared memory that a kernel may use without asking."""

PREFER_SHARED: Final = 1
"""CUfunc_cache of the driver's API."""

THREADS: Final = 32
"""Of a warp."""

SCRATCH: Final = (ctypes.c_void_p(0), ctypes.c_void_p(0))
"""Parameters that Triton adds to a kernel's own: addresses of memory that these kernels do not use."""

COMPILED: Final = Path(__file__).parent / "compiled"
"""Where the files are."""

SOURCES: Final = Path(__file__).parent / "jit"
"""Where the kernels are."""


def architecture(device: torch.device) -> int:
    """The compute capability of a GPU, times 10."""
    major, minor = torch.cuda.get_device_capability(device)
    return 10 * major + minor


def file_name(capability: int) -> str:
    """Of the kernels for a compute capability, times 10."""
    return f"sm_{capability}.zip"


def compiled_file(device: torch.device) -> Path:
    """The file of the kernels that were compiled for a GPU, if there is one."""
    return COMPILED / file_name(architecture(device))


def source_digest(folder: Path = SOURCES) -> str:
    """A digest of all kernels: any of them may use functions and numbers of the others."""
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def key(variant: Variant) -> str:
    """The name of a variant in a file."""
    parts = (source_digest(), variant.module, variant.name, variant.signature, variant.constants, variant.resources)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


class DriverError(EngineLost):
    """CUDA's driver refused a call. If it does not start a kernel that it has loaded, an earlier kernel failed."""


class Driver:
    """The few calls of CUDA's driver API that start a kernel, on PyTorch's context."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libcuda.so.1")

    def load(self, cubin: bytes, name: str, shared: int) -> ctypes.c_void_p:
        """The function `name` of a cubin, which may use `shared` bytes of shared memory."""
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        self._call("cuModuleLoadData", ctypes.byref(module), cubin)
        self._call("cuModuleGetFunction", ctypes.byref(function), module, name.encode())
        if shared > USUAL_SHARED:
            self._call("cuFuncSetCacheConfig", function, PREFER_SHARED)
            self._call("cuFuncSetAttribute", function, MAX_DYNAMIC_SHARED_SIZE_BYTES, shared)
        return function

    def launch(
        self, function: ctypes.c_void_p, grid: Grid, threads: int, shared: int, values: list[Any], stream: int
    ) -> None:
        """Start it with `values`, of ctypes, as its parameters."""
        x, y, z = (*grid, 1, 1)[:3]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        self._call(
            "cuLaunchKernel", function, x, y, z, threads, 1, 1, shared, ctypes.c_void_p(stream), pointers, None
        )  # fmt: skip

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            raise DriverError(f"{name} failed with CUDA error {status}")


@dataclass(frozen=True, slots=True)
class Function:
    """A kernel on the device."""

    handle: ctypes.c_void_p
    shared: int


def best_launch(device: torch.device) -> Launch:
    """Kernels compiled ahead for the device, if there are any; else Triton's compiler."""
    if device.type != "cuda":
        return launch_jit
    file = compiled_file(device)
    if not file.is_file():
        log.warning("There are no compiled kernels for this GPU (%s); they are compiled now.", file.name)
        return launch_jit
    return CubinLaunch(file)


class CubinLaunch:
    """A `Launch` of kernels from `file`; others by `fallback`."""

    def __init__(self, file: Path, fallback: Launch = launch_jit, driver: Callable[[], Driver] = Driver) -> None:
        """Raises OSError and zipfile.BadZipFile where there is no such file."""
        self._file = zipfile.ZipFile(file)
        self._index: dict[str, dict[str, Any]] = json.loads(self._file.read(INDEX))
        self._fallback = fallback
        self._driver = driver()
        self._functions: dict[Variant, Function | None] = {}

    def __call__(
        self, kernel: Any, grid: Grid, arguments: Arguments, constants: Constants, resources: Resources
    ) -> None:
        variant = Variant.of(kernel, arguments, constants, resources)
        function = self._function(variant)
        if function is None:
            self._fallback(kernel, grid, arguments, constants, resources)
            return
        ordered = (arguments[name] for name in kernel.arg_names if name in arguments)
        values = [*map(_value, ordered), *SCRATCH]
        stream = torch.cuda.current_stream().cuda_stream
        self._driver.launch(function.handle, grid, resources.warps * THREADS, function.shared, values, stream)

    def _function(self, variant: Variant) -> Function | None:
        if variant not in self._functions:
            self._functions[variant] = self._load(variant)
        return self._functions[variant]

    def _load(self, variant: Variant) -> Function | None:
        name = key(variant)
        entry = self._index.get(name)
        if entry is None:
            log.warning("A kernel was not compiled ahead and is compiled now: %s %s", variant.name, variant.constants)
            return None
        try:
            handle = self._driver.load(self._file.read(name), entry["function"], entry["shared"])
        except DriverError as error:
            log.warning("A kernel that was compiled ahead is compiled again: %s: %s", variant.name, error)
            return None
        return Function(handle, entry["shared"])


def _value(value: Tensor | int | float) -> Any:
    if isinstance(value, Tensor):
        return ctypes.c_void_p(value.data_ptr())
    return ctypes.c_float(value) if isinstance(value, float) else ctypes.c_int32(value)
