"""Durations, pitch, energy and the encoded text against the stock package's."""

from __future__ import annotations

import pytest
import torch

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.cpu.prosody import Prosody
from speechd.engines.kokoro.distance import relative_error
from tests.harness.synthetic_model import SyntheticModel, tokens, voice_row

ERROR = 1e-5
"""Of the largest value."""


@pytest.fixture(scope="module", params=["compiled", "torch"])
def model(request: pytest.FixtureRequest, small: SyntheticModel) -> fast.CpuModel:
    return fast.load(small.config, small.state, compiled=request.param == "compiled")


@pytest.mark.parametrize(("count", "speed"), [(1, 1.0), (3, 0.7), (33, 1.0), (150, 2.0), (400, 1.4)])
def test_prosody_is_the_stock_packages(small: SyntheticModel, model: fast.CpuModel, count: int, speed: float) -> None:
    spoken = small.stock.speak(tokens(count, count), voice_row(count), speed).prosody
    prosody = model.prosody(tokens(count, count), voice_row(count), speed)
    assert prosody.durations.tolist() == spoken.durations.tolist()
    assert relative_error(spoken.pitch, prosody.pitch) < ERROR
    assert relative_error(spoken.energy, prosody.energy) < ERROR
    assert relative_error(spoken.text, prosody.text) < ERROR


def test_prosody_is_in_float32_whatever_the_dtype(small: SyntheticModel) -> None:
    exact, close = (
        fast.load(small.config, small.state, dtype=dtype).prosody(tokens(20), voice_row(0), 1.0)
        for dtype in ("float32", "bfloat16")
    )
    assert_equal(exact, close)


@pytest.mark.parametrize("count", [1, 20, 120])
def test_prosody_does_not_depend_on_threads(model: fast.CpuModel, count: int) -> None:
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(model.prosody(tokens(count), voice_row(0), 1.0))
    assert_equal(results[0], results[1])
    assert_equal(results[0], results[2])


def test_prosody_does_not_depend_on_what_was_spoken_before(small: SyntheticModel) -> None:
    used = fast.load(small.config, small.state)
    fresh = used.prosody(tokens(10), voice_row(0), 1.0)
    used.prosody(tokens(90), voice_row(1), 1.0)
    assert_equal(used.prosody(tokens(10), voice_row(0), 1.0), fresh)


def assert_equal(first: Prosody, second: Prosody) -> None:
    for name in ("durations", "pitch", "energy", "text"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name), rtol=0, atol=0)
