"""The fast model against the stock package's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.cpu.compiled_ops import Kernels
from speechd.engines.kokoro.distance import relative_error, snr_db
from speechd.engines.kokoro.verify import CLOSE_SNR_DB, EXACT_SNR_DB, compare, verify
from tests.harness.synthetic_model import SyntheticModel, tokens, voice_row


@pytest.fixture(scope="session")
def model(small: SyntheticModel) -> Callable[[bool], fast.CpuModel]:
    made = {compiled: fast.load(small.config, small.state, compiled=compiled) for compiled in (True, False)}
    return made.__getitem__


@pytest.mark.parametrize(
    ("compiled", "count", "speed"),
    [
        (True, 1, 1.0),
        (True, 2, 2.0),
        (True, 37, 0.5),
        (True, 80, 1.3),
        (True, 510, 2.0),
        (False, 1, 2.0),
        (False, 37, 0.5),
    ],
)
def test_model_is_the_same_function(
    small: SyntheticModel, model: Callable[[bool], fast.CpuModel], compiled: bool, count: int, speed: float
) -> None:
    comparison = compare(small.stock, model(compiled), tokens(count, count), voice_row(count), speed)
    assert comparison.exact(EXACT_SNR_DB), str(comparison)


def test_model_of_real_upsampling_is_the_same_function(real: SyntheticModel) -> None:
    comparison = compare(real.stock, fast.load(real.config, real.state), tokens(12), voice_row(0), 1.0)
    assert comparison.exact(EXACT_SNR_DB), str(comparison)


def test_model_in_bfloat16_is_close(small: SyntheticModel) -> None:
    model = fast.load(small.config, small.state, dtype="bfloat16")
    comparison = compare(small.stock, model, tokens(20), voice_row(0), 1.0)
    assert comparison.exact(CLOSE_SNR_DB), str(comparison)


def test_model_in_bfloat16_says_once_that_the_cpu_lacks_it(
    small: SyntheticModel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fast, "Kernels", partial(Kernels, 0))
    model = fast.load(small.config, small.state, dtype="bfloat16")
    assert sum("bfloat16" in record.message for record in caplog.records) == 1
    comparison = compare(small.stock, model, tokens(5), voice_row(0), 1.0)
    assert comparison.exact(EXACT_SNR_DB), str(comparison)


def test_excitation_is_the_same(real: SyntheticModel) -> None:
    model = fast.load(real.config, real.state)
    spoken = real.stock.speak(tokens(6), voice_row(0), 0.5)
    assert relative_error(spoken.excitation, model.excitation(spoken.prosody, spoken.noise)) < 1e-6


def test_unvoiced_excitation_is_the_same() -> None:
    low = SyntheticModel((2, 2), seed=2)
    low.state["predictor"]["F0_proj.bias"].fill_(8.0)  # the stock model's own tensor
    spoken = low.stock.speak(tokens(20), voice_row(0), 1.0)
    voiced = spoken.prosody.pitch > 10
    assert voiced.any()
    assert not voiced.all()
    excitation = fast.load(low.config, low.state).excitation(spoken.prosody, spoken.noise)
    assert relative_error(spoken.excitation, excitation) < 1e-6


def test_same_seed_gives_the_same_samples(model: Callable[[bool], fast.CpuModel]) -> None:
    first, again, other = (model(True)(tokens(10), voice_row(0), 1.0, seed) for seed in (7, 7, 8))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first, other)


def test_samples_do_not_depend_on_what_was_spoken_before(small: SyntheticModel) -> None:
    fresh = fast.load(small.config, small.state)(tokens(10), voice_row(0), 1.0, 0)
    used = fast.load(small.config, small.state)
    used(tokens(60), voice_row(1), 1.0, 0)
    torch.testing.assert_close(used(tokens(10), voice_row(0), 1.0, 0), fresh, rtol=0, atol=0)


def test_names_of_the_published_checkpoint_are_understood(small: SyntheticModel) -> None:
    state = {
        part: {f"module.{name}": value for name, value in tensors.items()} for part, tensors in small.state.items()
    }
    plain, prefixed = (
        fast.load(small.config, tensors)(tokens(5), voice_row(0), 1.0, 0) for tensors in (small.state, state)
    )
    torch.testing.assert_close(prefixed, plain, rtol=0, atol=0)


def test_too_many_tokens_are_refused(model: Callable[[bool], fast.CpuModel]) -> None:
    with pytest.raises(ValueError, match="513 tokens"):
        model(True)(tokens(511), voice_row(0), 1.0, 0)


def test_model_loaded_before_a_fork_runs_on_more_threads_after_it(small: SyntheticModel, tmp_path: Path) -> None:
    # In a process of its own: this one has run in parallel already, and that is what must not be before a fork.
    torch.save((small.config, small.state, tokens(10), voice_row(0)), tmp_path / "model")
    done = subprocess.run([sys.executable, "-c", LOAD_AND_FORK, str(tmp_path / "model")], timeout=240, check=False)
    assert done.returncode == 0


LOAD_AND_FORK = """
import os, signal, sys, torch
from speechd.engines.kokoro import cpu as fast
torch.set_num_threads(1)
config, state, input_ids, style = torch.load(sys.argv[1])
model = fast.load(config, state)
assert "transformers" not in sys.modules
child = os.fork()
if child == 0:
    signal.alarm(30)  # what hangs is killed
    torch.set_num_threads(2)
    os._exit(0 if len(model(input_ids, style, 1.0, 0)) > 0 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_verify_speaks_with_the_voices_of_a_folder(small: SyntheticModel, tmp_path: Path) -> None:
    torch.save(small.state, tmp_path / "model.pth")
    pack = torch.cat([voice_row(index) for index in range(510)])[:, None]
    comparison = next(verify(small.config, tmp_path / "model.pth", {"made": pack}))
    assert comparison.tokens == 1
    assert comparison.exact(EXACT_SNR_DB), str(comparison)


def test_comparison_notices_another_function(small: SyntheticModel) -> None:
    other = {part: dict(tensors) for part, tensors in small.state.items()}
    name = "generator.resblocks.1.convs2.0.bias"
    other["decoder"][name] = other["decoder"][name] + 0.01
    comparison = compare(small.stock, fast.load(small.config, other), tokens(5), voice_row(0), 1.0)
    assert not comparison.exact(EXACT_SNR_DB)
    assert snr_db(torch.ones(4), torch.ones(4) * 1.1) == pytest.approx(20, abs=1e-3)
