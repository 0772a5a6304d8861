"""What is loaded for which device and dtype, and what is said where the GPU cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from speechd.engines.kokoro import load as loading
from speechd.engines.kokoro.gpu import driver, gpu_model
from speechd.engines.kokoro.gpu.gpu_model import GpuModel, has_compiler
from speechd.engines.kokoro.gpu.synthesizer import PendingBatch
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations
from speechd.engines.kokoro.load import DTYPES, load, resolve
from speechd.engines.kokoro.model import ModelInput, Rendered
from speechd.engines.pipelining import EngineLost
from speechd.errors import EngineUnavailable
from tests.harness.synthetic_batch import SyntheticBatches, segment

FAULT = "The driver is too old."


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def gpu_with_old_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(loading, "GPU_NODES", ("/dev/null",))
    monkeypatch.setattr(driver, "fault", lambda: FAULT)


def test_cuda_gets_the_batched_model(made: SyntheticBatches) -> None:
    assert isinstance(load(made.config, made.state, "cuda", "float32"), GpuModel)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_dtype_is_honoured_or_refused(made: SyntheticBatches, device: str, dtype: str) -> None:
    if dtype in DTYPES[device]:
        if device != "mps":
            load(made.config, made.state, device, dtype)
    else:
        with pytest.raises(EngineUnavailable, match=f"dtype {dtype} is not for {device}: use float32"):
            load(made.config, made.state, device, dtype)


def test_weights_that_do_not_fit_are_refused_before_the_fork(made: SyntheticBatches) -> None:
    state = made.state | {"text_encoder": {"nothing": torch.zeros(1)}}
    with pytest.raises(EngineUnavailable, match=r"embedding\.weight"):
        load(made.config, state, "cuda", "float32")


def test_named_gpu_that_is_absent_is_an_error(made: SyntheticBatches, no_gpu: None) -> None:
    gpu = GpuModel(made.config, made.state, "float32", required=True)
    with pytest.raises(EngineUnavailable, match="torch finds no cuda device: install its driver"):
        gpu.render(gpu.plan([segment(2, 1)]))


def test_gpu_that_is_absent_after_all_is_replaced_by_the_cpu(
    made: SyntheticBatches, no_gpu: None, caplog: pytest.LogCaptureFixture
) -> None:
    gpu = GpuModel(made.config, made.state, "float32", required=False)
    batch = [segment(2, 1), segment(3, 3)]
    together = gpu.render(gpu.plan(batch))
    assert "speaks on the CPU" in caplog.text
    for each, rendered in zip(batch, together, strict=True):
        (alone,) = gpu.render(gpu.plan([each]))
        assert torch.equal(rendered.samples, alone.samples)
        assert len(rendered.durations) == len(each.tokens) + 2


def test_gpu_needs_one_thread_of_the_cpu(made: SyntheticBatches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.version, "hip", "6.0")  # without graphs
    monkeypatch.setattr(gpu_model, "operations", lambda exact: TorchOperations("cpu"))
    torch.set_num_threads(2)
    GpuModel(made.config, made.state, "float32", required=True).render([segment(2, 1)])
    assert torch.get_num_threads() == 1


@dataclass(frozen=True)
class FailingBatch:
    """Raises when it is waited for."""

    error: Exception

    def wait(self) -> list[Rendered]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (torch.AcceleratorError("an illegal memory access was encountered"), EngineLost),
        (torch.OutOfMemoryError("out of memory"), torch.OutOfMemoryError),
        (ValueError("513 tokens"), ValueError),
    ],
)
def test_error_of_the_device_is_the_end_of_the_engine_and_no_other_is(
    made: SyntheticBatches, error: Exception, seen: type[Exception]
) -> None:
    def fail(batch: Sequence[ModelInput]) -> PendingBatch:
        raise error

    gpu = GpuModel(made.config, made.state, "float32", required=True)
    gpu._submit = fail
    with pytest.raises(seen, match=str(error)):
        gpu.submit([segment(2, 1)])
    gpu._submit = lambda batch: FailingBatch(error)
    pending = gpu.submit([segment(2, 1)])
    with pytest.raises(seen, match=str(error)):
        pending.wait()
    with pytest.raises(seen, match=str(error)):
        gpu.render([segment(2, 1)])


def test_old_driver_leaves_auto_on_the_cpu(gpu_with_old_driver: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert resolve("auto") == "cpu"
    assert f"{FAULT} Until then Kokoro speaks on the CPU." in caplog.text


def test_old_driver_is_an_error_where_the_gpu_is_named(gpu_with_old_driver: None) -> None:
    with pytest.raises(EngineUnavailable, match=FAULT):
        resolve("cuda")


def test_compiler_is_looked_for_where_triton_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert not has_compiler()
    compiler = tmp_path / "gcc"
    compiler.touch(mode=0o755)
    assert has_compiler()
