"""The model on CUDA, as an engine has it: built before the fork, on the GPU from its first call on."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.gpu.graphs import CudaQueue
from speechd.engines.kokoro.gpu.model import SEGMENTS, BatchModel
from speechd.engines.kokoro.gpu.operations import Operations
from speechd.engines.kokoro.gpu.precision import without_tf32
from speechd.engines.kokoro.gpu.synthesizer import BatchSynthesizer, PendingBatch, SpokenBatch
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations
from speechd.engines.kokoro.model import ModelInput, Rendered
from speechd.engines.pipelining import EngineLost
from speechd.errors import EngineUnavailable

log = logging.getLogger(__name__)

OLDEST_CAPABILITY: Final = (8, 0)
"""Of a GPU with the tensor cores that the kernels use: Ampere."""

Submit = Callable[[Sequence[ModelInput]], PendingBatch]
"""As `BatchSynthesizer.submit`."""


class GpuModel:
    """Kokoro on CUDA, many inputs at once. See `kokoro.model.Model`."""

    batch_limit: Final = SEGMENTS
    batch_limit_s: Final = 32.0
    """What a newcomer waits for. An H100 makes 4 % less audio of batches of 37 s than of those of 146."""

    def __init__(
        self, config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str, *, required: bool
    ) -> None:
        """dtype: "float32" or "float16"; required: whether to fail where torch finds no GPU, or speak on the CPU.

        Raises ValueError or KeyError where `config` and `state` do not belong together.
        """
        BatchModel(config, state, TorchOperations("meta"))
        self._config = config
        self._state = state
        self._dtype = dtype
        self._required = required
        self._submit: Submit | None = None

    def plan(self, inputs: Sequence[ModelInput]) -> list[ModelInput]:
        """See `Model`: this one has no such step."""
        return [*inputs]

    def render(self, prosodies: Sequence[ModelInput]) -> list[Rendered]:
        """See `Model`. Raises what `submit` does."""
        return self.submit(prosodies).wait()

    def submit(self, inputs: Sequence[ModelInput]) -> PendingBatch:
        """Begin to speak a batch, and return when the next one can be submitted.

        Raises ValueError where an input has too many tokens, what CUDA raises, and `EngineLost` where CUDA is of no
        more use to this process; so does the batch when it is waited for.
        """
        with _noticing_loss():
            if self._submit is None:
                self._submit = self._start()
            return GuardedBatch(self._submit(inputs))

    def _start(self) -> Submit:
        if torch.cuda.is_available() or self._required:
            return _on_gpu(self._config, self._state, self._dtype)
        log.warning("torch finds no cuda device after all, so Kokoro speaks on the CPU; use --device cpu")
        return _on_cpu(self._config, self._state)


@dataclass(frozen=True, slots=True)
class GuardedBatch:
    """A batch on a GPU. See `PendingBatch`."""

    batch: PendingBatch

    def wait(self) -> list[Rendered]:
        """See `PendingBatch`. Raises `EngineLost` as `GpuModel.submit` does."""
        with _noticing_loss():
            return self.batch.wait()


@contextmanager
def _noticing_loss() -> Iterator[None]:
    """Raise `EngineLost` for errors after which every call of CUDA fails: those of the device, but for a lack of
    memory."""
    try:
        yield
    except torch.AcceleratorError as error:
        raise EngineLost(f"the GPU failed: {error}") from error


def _on_cpu(config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]]) -> Submit:
    model = cpu.load(config, state)
    return lambda batch: SpokenBatch(model.render(model.plan(batch)))


def _on_gpu(config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str) -> Submit:
    model = batch_model(config, state, dtype)
    # All that the CPU does is to copy: a second thread only has to be waited for, while others are busy with clients.
    torch.set_num_threads(1)
    if torch.version.hip is not None:
        return lambda batch: SpokenBatch(model.synthesize(batch))
    return BatchSynthesizer(model, CudaQueue(urgent=True), CudaQueue()).submit


def batch_model(config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str) -> BatchModel:
    """The model on CUDA. Raises `EngineUnavailable` where torch finds no such device."""
    if not torch.cuda.is_available():
        raise EngineUnavailable(
            "torch finds no cuda device: install its driver (Docker: also run with --gpus all), or use --device cpu."
        )
    without_tf32()
    return BatchModel(config, state, operations(exact=dtype == "float32"))


def operations(exact: bool) -> Operations:
    """The kernels, or PyTorch's operations where there is no Triton or the GPU is older than `OLDEST_CAPABILITY`."""
    device = torch.device("cuda")
    if torch.version.cuda is None or torch.cuda.get_device_capability(device) < OLDEST_CAPABILITY:
        return _without_kernels(device, "this GPU lacks the tensor cores they need")
    try:
        from speechd.engines.kokoro.gpu.kernels.cubins import compiled_file
        from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
    except ImportError as error:
        return _without_kernels(device, str(error))
    if not (compiled_file(device).is_file() or has_compiler()):
        return _without_kernels(device, "they were not compiled for this GPU, and there is no C compiler")
    return KernelOperations(device, exact=exact)


def has_compiler() -> bool:
    """Whether Triton finds the C compiler with which it makes the starter of a kernel."""
    return any(map(shutil.which, (os.environ.get("CC", "cc"), "clang", "gcc")))


def _without_kernels(device: torch.device, reason: str) -> Operations:
    log.warning("Kokoro's kernels cannot be used, and without them it is slower and in float32: %s", reason)
    return TorchOperations(device)
