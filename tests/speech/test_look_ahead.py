from __future__ import annotations

import pytest

from speechd.pool.capacity import StreamBudget
from speechd.speech.look_ahead import LEAST_S, SEGMENTS_AHEAD, LookAhead

BUDGET = StreamBudget()


def speaking(limit_s: float = 10.0, *, submitted_s: float = 4.0) -> LookAhead:
    """Of a stream whose first segment is spoken, and not sent yet."""
    look_ahead = LookAhead(limit_s, arrival=100.0)
    look_ahead.submitted(submitted_s)
    look_ahead.joined(submitted_s, submitted_s)
    return look_ahead


def test_first_segment_is_needed_when_the_request_arrived_whatever_pauses_stand_before_it() -> None:
    look_ahead = LookAhead(10.0, arrival=100.0)
    look_ahead.paused(3600.0)
    assert look_ahead.may_plan(BUDGET, 0)
    assert look_ahead.deadline(now=107.0) == 100.0


def test_nothing_is_planned_between_the_first_segment_and_its_audio() -> None:
    look_ahead = LookAhead(10.0, arrival=100.0)
    look_ahead.submitted(1.0)
    assert not look_ahead.may_plan(BUDGET, 0)
    look_ahead.joined(1.0, 1.0)
    assert look_ahead.may_plan(BUDGET, 0)


def test_deadline_is_when_all_that_was_submitted_is_heard() -> None:
    look_ahead = speaking(submitted_s=4.0)
    assert look_ahead.deadline(now=101.0) == 105.0
    look_ahead.sent(102.0, 4.0)
    look_ahead.submitted(3.0)
    assert look_ahead.deadline(now=103.0) == 109.0


def test_audio_that_is_shorter_than_predicted_is_needed_earlier_and_gives_credit() -> None:
    look_ahead = speaking(limit_s=10.0, submitted_s=4.0)
    look_ahead.submitted(3.0)
    assert look_ahead.credit_s(BUDGET) == 3.0
    look_ahead.joined(2.5, 3.0)
    assert (look_ahead.credit_s(BUDGET), look_ahead.deadline(now=101.0)) == (3.5, 107.5)


def test_credit_comes_back_with_what_the_client_took_and_not_with_what_it_was_sent() -> None:
    look_ahead = speaking(limit_s=10.0, submitted_s=4.0)
    look_ahead.sent(101.0, 1.0)
    assert look_ahead.credit_s(BUDGET) == 6.0
    look_ahead.received(101.5)
    assert look_ahead.credit_s(BUDGET) == 7.0


def test_audio_that_the_encoder_holds_back_needs_no_credit_once_the_client_has_the_rest() -> None:
    look_ahead = speaking(limit_s=10.0, submitted_s=4.0)
    look_ahead.sent(101.0, 1.0)
    look_ahead.withheld(4.0)
    assert look_ahead.credit_s(BUDGET) == 6.0
    look_ahead.received(101.5)
    look_ahead.withheld(4.0)
    assert look_ahead.credit_s(BUDGET) == 10.0


def test_credit_is_that_of_all_streams_where_it_is_less() -> None:
    look_ahead = speaking(limit_s=60.0, submitted_s=4.0)
    assert look_ahead.credit_s(StreamBudget(look_ahead_s=5.0)) == 1.0


@pytest.mark.parametrize(
    ("limit_s", "submitted_s", "may_plan"),
    [(10.0, 10.0 - LEAST_S - 0.1, True), (10.0, 10.0 - LEAST_S + 0.1, False), (1.0, 0.4, True), (1.0, 0.6, False)],
)
def test_less_credit_than_a_segment_takes_does_not_do(limit_s: float, submitted_s: float, may_plan: bool) -> None:
    assert speaking(limit_s, submitted_s=submitted_s).may_plan(BUDGET, 0) is may_plan


def test_a_stream_has_its_share_of_the_pool_and_no_more() -> None:
    look_ahead = speaking(limit_s=60.0)
    assert look_ahead.may_plan(BUDGET, SEGMENTS_AHEAD - 1)
    assert not look_ahead.may_plan(BUDGET, SEGMENTS_AHEAD)


def test_pause_is_encoded_up_to_the_credit() -> None:
    look_ahead = speaking(limit_s=10.0)
    assert look_ahead.may_encode(BUDGET, 9.9)
    assert not look_ahead.may_encode(BUDGET, 10.0)


def test_listener_who_waited_for_text_is_a_newcomer_again() -> None:
    look_ahead = speaking(submitted_s=4.0)
    look_ahead.sent(102.0, 4.0)
    look_ahead.received(102.0)
    look_ahead.resume(110.0)
    assert not look_ahead.has_segments
    assert look_ahead.may_plan(BUDGET, 0)
    assert look_ahead.deadline(now=112.0) == 110.0
    look_ahead.submitted(3.0)
    assert not look_ahead.may_plan(BUDGET, 1), "nothing of it is spoken yet"
    assert look_ahead.deadline(now=112.0) == 115.0
    look_ahead.joined(3.0, 3.0)
    look_ahead.sent(113.0, 3.0)
    assert look_ahead.deadline(now=114.0) == 116.0
    assert look_ahead.playback.underrun_s is None
