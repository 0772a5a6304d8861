from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.config.settings import Settings
from speechd.engines.base import EngineOptions, Segment, SequentialEngine, synthesize_one


class Counting(SequentialEngine):
    """Makes as many samples as the payload has bytes, and raises where it has none."""

    name = "counting"

    def start(self, threads: int) -> None:
        pass

    def speak(self, segment: Segment) -> Audio:
        if not segment.payload:
            raise ValueError("as asked")
        return Audio(np.ones(len(segment.payload), np.float32))


def test_sequential_engine_keeps_the_order_and_puts_a_failure_in_its_place() -> None:
    first, failed, last = Counting().synthesize([Segment(payload, 1.0) for payload in (b"a", b"", b"abc")])
    assert isinstance(first, Audio)
    assert isinstance(last, Audio)
    assert (len(first.samples), len(last.samples)) == (1, 3)
    assert isinstance(failed, ValueError)


def test_one_segment_is_its_audio_or_the_exception() -> None:
    assert len(synthesize_one(Counting(), Segment(b"ab", 1.0)).samples) == 2
    with pytest.raises(ValueError, match="as asked"):
        synthesize_one(Counting(), Segment(b"", 1.0))


def test_options_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(model_dir=tmp_path, device="cpu", dtype="bfloat16", engine_path=tmp_path)
    assert EngineOptions.of(settings) == EngineOptions(tmp_path, "cpu", "bfloat16", tmp_path)
