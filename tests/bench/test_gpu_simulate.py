from __future__ import annotations

import pytest

from bench.gpu.simulate import Figures, Way, measure

CLIENTS = 64
LIMIT_S = 32.0
SECONDS = 3.0


@pytest.fixture(scope="module")
def figures() -> dict[Way, Figures]:
    ways: tuple[Way, ...] = ("serial", "pipelined", "early")
    return {way: measure("stated", LIMIT_S, CLIENTS, way, 1.2, SECONDS, listening=False) for way in ways}


def test_one_batch_after_the_other_is_as_fast_as_its_costs_allow(figures: dict[Way, Figures]) -> None:
    serial = figures["serial"]
    assert serial.audio_s_per_s == pytest.approx(serial.batch_s / (0.005 + 0.0006 * serial.batch_s), rel=0.02)


def test_text_half_beside_a_speech_half_costs_no_time(figures: dict[Way, Figures]) -> None:
    pipelined = figures["pipelined"]
    assert pipelined.audio_s_per_s == pytest.approx(pipelined.batch_s / (0.0025 + 0.0006 * pipelined.batch_s), rel=0.02)


def test_next_batch_is_taken_so_late_that_newcomers_are_heard_sooner_and_not_later(figures: dict[Way, Figures]) -> None:
    assert figures["pipelined"].p50_ms < figures["serial"].p50_ms < figures["early"].p50_ms
    assert figures["pipelined"].p99_ms < figures["serial"].p99_ms


def test_lone_client_waits_for_its_own_segment_alone() -> None:
    for way in ("serial", "pipelined"):
        lone = measure("stated", LIMIT_S, 1, way, 1.2, SECONDS, listening=False)
        assert lone.p50_ms == pytest.approx(1000 * (0.005 + 0.0006 * 1.2), rel=0.05)


def test_listeners_in_real_time_get_what_they_hear() -> None:
    heard = measure("h100", LIMIT_S, 300, "pipelined", 1.2, 10.0, listening=True)
    assert 250 < heard.audio_s_per_s < 450
