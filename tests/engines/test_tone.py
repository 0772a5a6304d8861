from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import Audio, pcm16
from speechd.engines.base import PAYLOAD_LIMIT, Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import SAMPLE_RATE, ToneEngine, decode

BLEND = catalogue().parse("af_heart")
TEXT = "The quick brown fox, 0123456789."


def prepared(text: str, speed: float = 1.0) -> Segment:
    segment = ToneEngine().prepare(text, SynthesisOptions(BLEND, "en-us", speed))
    assert segment is not None
    return segment


def speak(text: str, speed: float = 1.0) -> Audio:
    return ToneEngine().speak(prepared(text, speed))


speakable_text = st.text(min_size=1, max_size=60).filter(lambda text: any(map(str.isalnum, text)))


@settings(deadline=None, max_examples=50)
@given(speakable_text, st.sampled_from([0.25, 0.9, 1.0, 1.7, 4.0]), st.sampled_from([0.05, 0.7, 1.6]))
def test_text_survives_pcm_at_any_speed_and_volume(text: str, speed: float, volume: float) -> None:
    pcm = pcm16(speak(text, speed).samples * np.float32(volume))
    assert decode(np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)) == text


@settings(deadline=None, max_examples=50)
@given(
    st.lists(speakable_text, min_size=1, max_size=4), st.sampled_from([0.0, 0.01, 0.3]), st.sampled_from([0.5, 1, 4])
)
def test_text_survives_joins(texts: list[str], gap_s: float, speed: float) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.add(speak(text, speed), gap_s).samples for text in texts]
    assert decode(np.concatenate([*parts, joiner.finish()])) == "".join(texts)


def test_every_byte_pair_is_told_apart() -> None:
    text = "".join(chr(0x100 + value) for value in range(700)) + "\0\x7f"
    parts = [text[start : start + 300] for start in range(0, len(text), 300)]
    assert "".join(decode(speak(part).samples) for part in parts) == text


def test_silence_decodes_to_nothing() -> None:
    assert decode(np.zeros(12_000, np.float32)) == decode(np.zeros(0, np.float32)) == ""


def test_duration_is_as_predicted() -> None:
    segment = prepared(TEXT, 1.3)
    assert ToneEngine().speak(segment).duration_s == pytest.approx(segment.duration_s)


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_duration_is_proportional_to_speed(speed: float) -> None:
    assert speak(TEXT, speed).duration_s == pytest.approx(speak(TEXT).duration_s / speed, rel=0.001)


def test_nothing_speakable_is_no_segment() -> None:
    assert ToneEngine().prepare("... —!", SynthesisOptions(BLEND, "en-us")) is None


def test_longest_text_fits_the_payload() -> None:
    engine = ToneEngine()
    segment = prepared("\N{GRINNING FACE}" * 1022)
    assert len(segment.payload) == PAYLOAD_LIMIT
    with pytest.raises(SegmentTooLong):
        engine.prepare("\N{GRINNING FACE}" * 1023, SynthesisOptions(BLEND, "en-us"))


def test_synthesis_costs_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    audio = ToneEngine(rtf=100.0).speak(prepared(TEXT))
    assert slept[0] == pytest.approx(100 * audio.duration_s, rel=0.05)


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_bytes_sound_when_they_are_said_to(speed: float) -> None:
    text = "Grüße, one!"
    segment = ToneEngine().prepare(text, SynthesisOptions(BLEND, "en-us", speed, words=True))
    assert segment is not None
    audio = ToneEngine().speak(segment)
    for start, stop, first, last in segment.words:
        times = audio.alignment[first].start_s, audio.alignment[last - 1].end_s
        samples = audio.samples[round(times[0] * audio.sample_rate) : round(times[1] * audio.sample_rate)]
        assert decode(samples) == text[start:stop]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=8), st.sampled_from([0.5, 1.0, 3.7]))
def test_windows_are_the_whole_wherever_it_is_cut_and_whoever_renders_them(wanted_s: list[float], speed: float) -> None:
    segment = prepared(TEXT, speed)
    whole = ToneEngine().speak(segment).samples
    parts, state = [], b""
    for each_s in [*wanted_s, math.inf]:
        window = ToneEngine().render_window(segment, state, each_s)
        parts.append(window.audio.samples)
        state = window.state
        assert len(state) <= ToneEngine.window_state_limit
        left = len(whole) - sum(map(len, parts))
        assert window.left_s == pytest.approx(left / SAMPLE_RATE)
        assert bool(state) is (left > 0)
        if not state:
            break
    assert np.array_equal(np.concatenate(parts), whole)


def test_state_of_another_segment_is_found_out() -> None:
    state = ToneEngine().render_window(prepared(TEXT), b"", 0.3).state
    with pytest.raises(ValueError, match="not of this segment"):
        ToneEngine().render_window(prepared("A" + TEXT[1:]), state, 0.3)
