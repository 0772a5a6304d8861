from __future__ import annotations

import pytest

from bench.tone import BatchingEngine
from speechd.config.settings import Settings
from speechd.engines.base import Engine, EngineOptions
from speechd.engines.registry import create
from speechd.engines.tone import ToneEngine
from speechd.sizing import window_state_limit


class AtAnotherRate(ToneEngine):
    """Its windows would have to be resampled, each by itself."""

    sample_rate = 22_050  # type: ignore[misc]


@pytest.mark.parametrize(
    ("engine", "windows", "limit"),
    [
        pytest.param(ToneEngine(), "auto", ToneEngine.window_state_limit, id="windows"),
        pytest.param(ToneEngine(), "off", 0, id="switched off"),
        pytest.param(create("espeak", EngineOptions()).engine, "auto", 0, id="an engine without"),
        pytest.param(BatchingEngine(0.0, 4, 0.1), "auto", 0, id="batches"),
        pytest.param(AtAnotherRate(), "auto", 0, id="another sample rate"),
    ],
)
def test_segments_are_rendered_in_windows_where_the_engine_can_and_the_operator_lets_it(
    engine: Engine, windows: str, limit: int
) -> None:
    assert window_state_limit(Settings(windows=windows), engine) == limit
