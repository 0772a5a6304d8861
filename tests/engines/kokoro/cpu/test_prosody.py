"""Durations, pitch, energy and the encoded text against the stock package's."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.cpu.prosody import Prosody
from speechd.engines.kokoro.distance import relative_error
from speechd.engines.kokoro.stock_reference import Stock
from tests.harness.synthetic_model import SyntheticModel, tokens, voice_row

ERROR = 1e-5
"""Of the largest value."""


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "torch"])
def compiled(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def model(compiled: bool, small: SyntheticModel) -> fast.CpuModel:
    return fast.load(small.config, small.state, compiled=compiled)


@cache
def spoken(stock: Stock, count: int, speed: float) -> Prosody:
    return stock.speak(tokens(count, count), voice_row(count), speed).prosody


@pytest.mark.parametrize(("count", "speed"), [(1, 1.0), (3, 0.7), (33, 1.0), (120, 2.0)])
def test_prosody_is_the_stock_packages(small: SyntheticModel, model: fast.CpuModel, count: int, speed: float) -> None:
    stock = spoken(small.stock, count, speed)
    prosody = model.prosody(tokens(count, count), voice_row(count), speed)
    assert prosody.durations.tolist() == stock.durations.tolist()
    assert relative_error(stock.pitch, prosody.pitch) < ERROR
    assert relative_error(stock.energy, prosody.energy) < ERROR
    assert relative_error(stock.text, prosody.text) < ERROR


def test_prosody_is_in_float32_whatever_the_dtype(small: SyntheticModel, model: fast.CpuModel, compiled: bool) -> None:
    close = fast.load(small.config, small.state, dtype="bfloat16", compiled=compiled)
    assert_equal(close.prosody(tokens(20), voice_row(0), 1.0), model.prosody(tokens(20), voice_row(0), 1.0))


@pytest.mark.parametrize("count", [1, 60])
def test_prosody_does_not_depend_on_threads(model: fast.CpuModel, count: int) -> None:
    results = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(model.prosody(tokens(count), voice_row(0), 1.0))
    assert_equal(results[0], results[1])
    assert_equal(results[0], results[2])


def test_prosody_does_not_depend_on_what_was_spoken_before(model: fast.CpuModel) -> None:
    fresh = model.prosody(tokens(10), voice_row(0), 1.0)
    model.prosody(tokens(90), voice_row(1), 1.0)
    assert_equal(model.prosody(tokens(10), voice_row(0), 1.0), fresh)


def assert_equal(first: Prosody, second: Prosody) -> None:
    for name in ("durations", "pitch", "energy", "text"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name), rtol=0, atol=0)
