"""Compiles kernels for a GPU without one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from .cubins import INDEX, file_name, key
from .recording import Variant


@dataclass(frozen=True, slots=True)
class Usage:
    """What a compiled kernel takes: registers and bytes of spilled registers of a thread, bytes of shared memory."""

    registers: int
    spilled: int
    shared: int


def compile_variant(variant: Variant, architecture: int) -> Any:
    """Triton's compiled kernel for one architecture. Raises Triton's errors."""
    names = list(variant.kernel.arg_names)
    attributes = {(names.index(name),): [["tt.divisibility", 16]] for name in variant.pointers}
    constants = dict(variant.constants)
    signature = dict(variant.signature) | dict.fromkeys(constants, "constexpr")
    source = ASTSource(variant.kernel, {name: signature[name] for name in names}, constants, attributes)
    return triton.compile(source, target=GPUTarget("cuda", architecture, 32), options=variant.resources.options())


def write_file(variants: Iterable[Variant], architecture: int, folder: Path) -> dict[Variant, Usage]:
    """Compile all of them into the file that `CubinLaunch` reads. Raises Triton's errors."""
    usages: dict[Variant, Usage] = {}
    index: dict[str, dict[str, str | int]] = {}
    with zipfile.ZipFile(folder / file_name(architecture), "w", zipfile.ZIP_DEFLATED) as file:
        for variant in variants:
            compiled = compile_variant(variant, architecture)
            name = key(variant)
            file.writestr(name, compiled.asm["cubin"])
            index[name] = {"function": compiled.metadata.name, "shared": compiled.metadata.shared}
            usages[variant] = usage(compiled)
        file.writestr(INDEX, json.dumps(index))
    return usages


def usage(compiled: Any) -> Usage:
    """As NVIDIA's cuobjdump, which Triton brings, tells it."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        text = _run([str(_cuobjdump()), "-res-usage", file.name])
    return Usage(_number(r"REG:(\d+)", text), _number(r"STACK:(\d+)", text), int(compiled.metadata.shared))


def _cuobjdump() -> Path:
    return Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0
