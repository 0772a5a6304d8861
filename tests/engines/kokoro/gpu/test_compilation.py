"""Kernels compiled without a GPU, kept in a file, and started from it."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from bench.gpu import checkpoint
from speechd.engines.kokoro.gpu.kernels.launch import Arguments, Constants, Grid, Resources
from speechd.engines.kokoro.gpu.kernels.recording import Recording, Variant
from speechd.engines.pipelining import EngineLost

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed"),
]

PROGRAM = """
import json, sys
from pathlib import Path
from typing import Any

import torch

from speechd.engines.kokoro.gpu.kernels.compilation import write_file
from speechd.engines.kokoro.gpu.kernels.configuration import SHARED
from speechd.engines.kokoro.gpu.kernels.cubins import CubinLaunch, file_name
from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
from speechd.engines.kokoro.gpu.kernels.recording import Recording
from speechd.engines.kokoro.gpu.operations import Activation
from speechd.engines.kokoro.gpu.packing import Packing, Rate, Tables


LIMITS = {80: 163 << 10, 86: 99 << 10, 89: 99 << 10, 90: 227 << 10, 100: 227 << 10, 120: 99 << 10}


class Driver:
    def load(self, cubin, name, shared):
        loaded.append((name, cubin[:4] == b"\\x7fELF"))
        return len(loaded)

    def launch(self, function, grid, threads, shared, values, stream):
        launched.append((loaded[function - 1][0], grid, threads, len(values)))


def convolve(launch, architecture, channels=128):
    operations = KernelOperations("cpu", launch=launch, shared=SHARED[architecture])
    weights, biases = [torch.ones(channels, channels, 3)], [torch.zeros(channels)]
    convolution = operations.convolution(weights, biases, activation=Activation.SNAKE)
    convolution(torch.zeros(1, layout.rows, channels), layout, measure=True)


class Stream:
    cuda_stream = 0


loaded, launched, others, usages = [], [], [], {}
packing = Packing.of([9])
tables = Tables(packing.size, 1, 9, [Rate(120)], "cpu")
tables.write(packing)
layout = tables.layout(120)
folder, architecture, recording = Path(sys.argv[1]), int(sys.argv[2]), Recording()
convolve(recording, architecture)
for variant, usage in write_file(list(recording), architecture, folder).items():
    usages[variant.name] = (usage.stack, usage.shared <= LIMITS[architecture])
torch.cuda.current_stream = lambda: Stream
launch = CubinLaunch(folder / file_name(architecture), lambda *them: others.append(them[0].fn.__name__), Driver)
convolve(launch, architecture)
convolve(launch, architecture)
convolve(launch, architecture, channels=64)
print(json.dumps({"usages": usages, "loaded": loaded, "launched": launched, "others": others}))
"""


def run(folder: Path, architecture: int) -> dict[str, Any]:
    """In a process of its own, for Triton decides at its import whether it compiles or interprets."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(folder), str(architecture)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_compiled_kernels_are_found_in_their_file_and_others_are_left_to_the_compiler(tmp_path: Path) -> None:
    result = run(tmp_path, 90)
    assert result["loaded"] == [["split", True], ["convolve", True]]
    # 15 parameters and 2 of Triton's; 24 and 2. A program has 4 warps, or 8.
    assert [[name, threads, count] for name, _, threads, count in result["launched"]] == [
        ["split", 128, 17],
        ["convolve", 256, 26],
    ] * 2
    assert result["others"] == ["split", "convolve"]


@pytest.mark.parametrize("architecture", [80, 86, 89, 90, 100, 120])
def test_step_of_the_generator_fits_in_registers_and_shared_memory(tmp_path: Path, architecture: int) -> None:
    assert run(tmp_path, architecture)["usages"] == {"split": [0, True], "convolve": [0, True]}


def made_by_triton(parameters: int, **others: int) -> SimpleNamespace:
    """A kernel with so many parameters, as Triton returns it."""
    text = ".visible .entry measure(" + "\n\t.param .u64," * parameters + "\n)\n.reqntid 128\n{\n\tld.param.b64 %r1;"
    known = {"num_warps": 4, "global_scratch_size": 0, "profile_scratch_size": 0}
    return SimpleNamespace(asm={"ptx": text}, metadata=SimpleNamespace(**known | others))


@pytest.mark.parametrize(
    ("compiled", "startable"),
    [
        (made_by_triton(4), True),
        (made_by_triton(5), False),
        (made_by_triton(4, num_warps=8), False),
        (made_by_triton(4, global_scratch_size=1), False),
        (made_by_triton(4, profile_scratch_size=1), False),
    ],
)
def test_kernel_that_is_to_be_started_in_another_way_is_not_compiled(
    compiled: SimpleNamespace, *, startable: bool
) -> None:
    from speechd.engines.kokoro.gpu.kernels.compilation import require_startable

    variant = Variant("", "measure", (("source", "*fp32"), ("rows", "i32")), (), Resources(warps=4))
    with nullcontext() if startable else pytest.raises(ValueError, match="measure has parameters, warps, bytes"):
        require_startable(compiled, variant)


def test_kernels_are_others_after_a_change_in_any_of_their_modules(tmp_path: Path) -> None:
    from speechd.engines.kokoro.gpu.kernels.cubins import SOURCES, source_digest

    for file in SOURCES.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    digests = {source_digest(), source_digest(tmp_path)}
    assert len(digests) == 1
    for file in tmp_path.iterdir():
        file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        digests.add(source_digest(tmp_path))
    assert len(digests) == 1 + len([*SOURCES.glob("*.py")])


def test_kernel_that_is_refused_when_it_is_started_is_the_end_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    from speechd.engines.kokoro.gpu.kernels.cubins import Driver

    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(cuLaunchKernel=lambda *arguments: 700))
    with pytest.raises(EngineLost, match="cuLaunchKernel failed with CUDA error 700"):
        Driver().launch(ctypes.c_void_p(1), (1,), 128, 0, [ctypes.c_int32(1)], 0)


class Aligned(Recording):
    """Holds addresses to what kernels are compiled for."""

    def __call__(
        self, kernel: Any, grid: Grid, arguments: Arguments, constants: Constants, resources: Resources
    ) -> None:
        super().__call__(kernel, grid, arguments, constants, resources)
        for name, value in arguments.items():
            assert not isinstance(value, torch.Tensor) or value.data_ptr() % 16 == 0, (kernel.fn.__name__, name)


def test_all_addresses_that_a_model_gives_to_kernels_are_multiples_of_sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    from speechd.engines.kokoro.gpu import compile as compiling

    monkeypatch.setattr(compiling, "Recording", Aligned)
    recording = compiling.record(checkpoint.REAL, checkpoint.make(checkpoint.REAL), 90, exact=True)
    assert recording.launches > len(recording.variants) > 0
