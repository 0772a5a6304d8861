"""A section of the benchmark: a process of its own with a time limit, whose figures are kept as they come."""

from __future__ import annotations

import json
import multiprocessing
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from bench.gpu import checkpoint
from speechd.engines.kokoro.gpu.model import BatchModel
from speechd.engines.kokoro.gpu.operations import Lstm, Operations
from speechd.engines.kokoro.gpu.precision import without_tf32
from speechd.engines.kokoro.gpu.torch_lstm import TorchLstm
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations

END_S: Final = 5.0
"""How long a process that is told to end may take."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a section is given.

    device; tiny: whether to rehearse with a small model and small batches; torch_only: whether to leave out kernels;
    torch_lstm: whether to leave out the LSTM's, whose programs wait for each other and may hang; config and state: the
    made checkpoint; file: where rows go, one JSON object a line; section: its name.
    """

    device: torch.device
    tiny: bool
    torch_only: bool
    torch_lstm: bool
    config: dict[str, Any]
    state: checkpoint.State
    file: Path
    section: str

    def row(self, **figures: object) -> None:
        """Print one row, and keep it."""
        shown = ", ".join(f"{name} {_shown(value)}" for name, value in figures.items())
        print(f"   {shown}", flush=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"section": self.section, **figures}, default=str) + "\n")

    def operations(self, *, exact: bool = True) -> Operations:
        """The kernels, or PyTorch's operations where they are to be left out."""
        if self.torch_only:
            return TorchOperations(self.device)
        from speechd.engines.kokoro.gpu.kernels.lstm import LstmConfiguration
        from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations

        class WithTorchLstm(KernelOperations):
            def lstm(self, state: Mapping[str, Tensor]) -> Lstm:  # type: ignore[override]
                return TorchLstm(state, self.device)

        # Triton's interpreter runs programs one after the other, so that none can wait for another.
        lstm = None if self.device.type == "cuda" else LstmConfiguration(programs=1)
        kind = WithTorchLstm if self.torch_lstm else KernelOperations
        return kind(self.device, exact=exact, lstm=lstm)

    def model(self, *, exact: bool = True) -> BatchModel:
        """The model on the device."""
        start = time.perf_counter()
        model = BatchModel(self.config, self.state, self.operations(exact=exact))
        self.row(built_s=round(time.perf_counter() - start, 2))
        return model


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Section:
    """name; run; limit_s: seconds after which it is ended."""

    name: str
    run: Callable[[Context], None] = field(repr=False)
    limit_s: float

    def execute(self, context: Context) -> bool:
        """Run in a child, so that a kernel that hangs is no more than a section without its last rows; its success."""
        start = time.perf_counter()
        print(f"== {self.name}", flush=True)
        process = multiprocessing.get_context("fork").Process(target=_guarded, args=(self.run, context))
        process.start()
        process.join(self.limit_s)
        if process.is_alive():
            context.row(ended_after_s=self.limit_s)
            process.kill()
            process.join(END_S)
        context.row(wall_s=round(time.perf_counter() - start, 1), status=process.exitcode)
        return process.exitcode == 0


def _guarded(run: Callable[[Context], None], context: Context) -> None:
    if not context.tiny:
        torch.set_num_threads(multiprocessing.cpu_count())
    without_tf32()
    try:
        run(context)
    except Exception as error:
        traceback.print_exc()
        context.row(failed=repr(error)[:2000])
        raise SystemExit(1) from error
