from __future__ import annotations

import logging
import time
from itertools import cycle, islice

import pytest

from bench.tone import BatchingEngine
from speechd.audio.samples import Audio
from speechd.config.settings import InvalidSetting, Settings
from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.kokoro.voices import OPENAI_NAMES, catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import InvalidRequest
from speechd.lifecycle import warm_up

CATALOGUE = catalogue()


class Recorder(ToneEngine):
    """Lacks the voices of `lacking`; a segment takes as long as the clock is told."""

    def __init__(self, *lacking: str) -> None:
        super().__init__()
        self._lacking = lacking
        self.checked: list[str] = []
        self.spoken: list[Segment] = []

    def load_voice(self, options: SynthesisOptions) -> None:
        id = options.blend.heaviest.id
        if id in self._lacking:
            raise InvalidRequest(f"no pack of {id}")
        self.checked.append(id)

    def speak(self, segment: Segment) -> Audio:
        self.spoken.append(segment)
        return super().speak(segment)


def load_voices(engine: ToneEngine, *voices: str) -> list[SynthesisOptions]:
    return warm_up.load_voices(engine, CATALOGUE, voices)


def test_every_voice_is_checked_and_every_language_has_options_once() -> None:
    engine = Recorder()
    by_language = load_voices(engine, "alloy", "af_heart", "fable", "ff_siwis")
    assert engine.checked == ["af_alloy", "af_heart", "bm_fable", "ff_siwis"]
    assert [options.language for options in by_language] == ["en-us", "en-gb", "fr-fr"]


def test_default_is_openais_voices_and_so_both_kinds_of_english() -> None:
    engine = Recorder()
    load_voices(engine, *Settings().warm_up)
    assert engine.checked == [*OPENAI_NAMES.values()]
    assert [options.language for options in load_voices(Recorder(), "auto")] == ["en-us", "en-gb"]


def test_voice_that_the_server_lacks_is_passed_over_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        by_language = load_voices(Recorder("bm_fable"), "fable", "bf_emma")
    assert [str(options.blend) for options in by_language] == ["bf_emma"]
    assert "fable: no pack of bm_fable" in caplog.text


def test_voice_that_does_not_exist_is_an_invalid_setting() -> None:
    with pytest.raises(InvalidSetting, match=r"SPEECHD_WARM_UP.*'bela'.*af_bella"):
        load_voices(Recorder(), "bela")


def test_segments_that_come_first_are_first_and_the_shortest() -> None:
    engine = Recorder()
    american, british, *longer = warm_up.plan(engine, load_voices(engine, "alloy", "fable"))
    heard = [decode(engine.speak(segment).samples) for segment in (american, british)]
    assert heard == ["Zyxq has three ferries."] * 2
    assert len(longer) == 2 * (warm_up.LENGTHS - 1)
    assert american.duration_s < min(segment.duration_s for segment in longer)


@pytest.mark.parametrize(("pace", "expected"), [(100.0, 4), (4.0, 2), (1.0, 1)])
def test_only_as_many_segments_are_spoken_as_fit_the_budget(
    pace: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Recorder()
    prepared = [engine.prepare("a" * (15 * n), load_voices(engine, "alloy")[0]) for n in (1, 1, 4, 8)]
    segments = [segment for segment in prepared if segment is not None]
    cold_s = 0.2
    monkeypatch.setattr(
        time,
        "monotonic",
        lambda: sum(segment.duration_s for segment in engine.spoken) / pace + cold_s * bool(engine.spoken),
    )
    spoken_s, took_s = warm_up.try_out(engine, segments)
    assert engine.spoken == [segments[0], *segments[:expected]]  # the first of all is no measure of the speed
    assert spoken_s / took_s == pytest.approx(pace, rel=0.05)


def test_nothing_is_spoken_where_no_voice_is_there() -> None:
    engine = Recorder("af_alloy")
    assert warm_up.try_out(engine, warm_up.plan(engine, load_voices(engine, "alloy"))) == (0.0, 0.0)
    assert engine.spoken == []


@pytest.mark.parametrize(("limit", "limit_s"), [(5, 1000.0), (100, 20.0)])
def test_engine_that_speaks_batches_is_tried_with_a_full_one(limit: int, limit_s: float) -> None:
    engine = BatchingEngine(rtf=0.0, limit=limit, cost=0.0, limit_s=limit_s)
    segments = warm_up.plan(engine, load_voices(engine, "alloy"))
    audio_s, took_s = warm_up.try_out(engine, segments)
    most_s = min(limit_s, sum(each.duration_s for each in islice(cycle(segments), limit)))
    assert most_s - max(each.duration_s for each in segments) <= audio_s <= most_s
    assert took_s > 0.0


def test_batch_without_segments_is_no_measure() -> None:
    assert warm_up.try_out(BatchingEngine(rtf=0.0, limit=4, cost=0.1), []) == (0.0, 0.0)
