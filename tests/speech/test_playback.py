from __future__ import annotations

import pytest

from speechd.speech.playback import PlaybackClock


def underrun_s(*writes: tuple[float, float], late_s: float = 0.0) -> float | None:
    """The underrun of a stream with these (moment, seconds of audio in all), whose client takes each so much later."""
    clock = PlaybackClock()
    for now, audio_s in writes:
        clock.sent(now, audio_s - clock.sent_s)
        clock.received(now + late_s)
    return clock.underrun_s


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([(5.0, 1.0)], None),
        ([(5.0, 1.0), (5.0, 2.0)], 0.0),
        ([(5.0, 1.0), (6.0, 2.0)], 0.0),
        ([(5.0, 1.0), (6.5, 2.0)], 0.5),
        ([(5.0, 1.0), (6.5, 9.0), (7.0, 9.5)], 0.5),
        ([(5.0, 1.0), (6.5, 2.0), (8.0, 3.0), (9.5, 4.0)], 1.5),  # waits add up, as the player never catches up
    ],
)
def test_underrun_is_the_worst_wait_since_the_first_bytes(
    writes: list[tuple[float, float]], expected: float | None
) -> None:
    assert underrun_s(*writes) == expected


def test_client_that_pauses_longer_than_its_audio_lasts_was_not_kept_waiting() -> None:
    assert underrun_s((0.0, 1.0), (20.0, 2.0), (40.0, 3.0), late_s=20.0) == 0.0


def test_client_that_takes_late_but_in_time_to_play_on_does_not_gain_time() -> None:
    assert underrun_s((0.0, 10.0), (12.0, 11.0), late_s=8.0) == 2.0


def test_lateness_before_the_client_took_the_last_bytes_stays_ours() -> None:
    clock = PlaybackClock()
    clock.sent(0.0, 1.0)
    clock.received(0.0)
    clock.received(5.0)  # asked again, where the encoder had held back
    clock.sent(6.0, 1.0)
    assert clock.underrun_s == 5.0


@pytest.mark.parametrize(
    ("takes", "standstill_s"),
    [
        ([(0.0, 1.0, 0.5), (0.5, 2.0, 1.0)], 0.0),  # takes before it has played
        ([(0.0, 1.0, 3.0)], 2.0),  # takes 2 s after it has played all
        ([(0.0, 1.0, 3.0), (3.0, 2.0, 10.0)], 8.0),
        ([(0.0, 60.0, 1.0), (1.0, 61.0, 50.0)], 0.0),  # has a minute in hand, and does not read
        ([(0.0, 1.0, 0.0), (30.0, 2.0, 30.0)], 0.0),  # we were late
        ([(0.0, 1.0, 0.0), (30.0, 2.0, 35.0)], 5.0),  # we were late, and then it was
    ],
)
def test_playback_stands_still_while_there_was_audio_to_take(
    takes: list[tuple[float, float, float]], standstill_s: float
) -> None:
    clock = PlaybackClock()
    for sent, audio_s, received in takes:
        clock.sent(sent, audio_s - clock.sent_s)
        assert not clock.is_received
        clock.received(received)
        assert clock.is_received
    assert clock.standstill_s == standstill_s


def test_player_that_stood_by_begins_again_without_being_late() -> None:
    clock = PlaybackClock()
    clock.sent(5.0, 1.0)
    clock.received(5.0)
    assert (clock.played_s(5.25), clock.is_dry(5.25), clock.ends_at) == (0.25, False, 6.0)
    assert (clock.played_s(9.0), clock.is_dry(9.0)) == (1.0, True)
    clock.stand_by()
    assert (clock.played_s(9.0), clock.is_dry(9.0), clock.ends_at) == (1.0, True, None)
    clock.sent(9.5, 2.0)
    clock.received(9.5)
    assert clock.underrun_s is None
    assert (clock.played_s(10.0), clock.ends_at, clock.standstill_s) == (1.5, 11.5, 0.0)
    clock.sent(12.0, 1.0)
    assert clock.underrun_s == 0.5


def test_player_whose_client_has_not_taken_all_is_not_dry() -> None:
    clock = PlaybackClock()
    assert clock.is_dry(5.0)
    clock.sent(5.0, 1.0)
    assert not clock.is_dry(9.0)
