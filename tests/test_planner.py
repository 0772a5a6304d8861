"""The plan of an utterance: how its segments grow, and that they hold all of it."""

from contextlib import nullcontext

import pytest

from speechd.engines.base import Delivery, Segment, SegmentTooLong
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest
from speechd.planner import FAST_PACE, FIRST_LENGTH, HEADROOM, LEAST_LENGTH, Planned, Planner
from speechd.text.markup import Pause
from speechd.text.segment import TOLERANCE
from speechd.voices import Catalogue
from speechd.workers.pool import Share

VOICE = Catalogue().parse("af_heart")
TEXT = "the ship came in with the tide and left with it " * 60
"""Of short words and without punctuation, so that segments have the lengths that are wanted."""


class LimitedEngine(ToneEngine):
    """Speaks at most `limit` characters in one call."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def prepare(self, text: str, delivery: Delivery) -> Segment | None:
        if len(text) > self.limit:
            raise SegmentTooLong
        return super().prepare(text, delivery)


def planner(text: str, speed: float = 1.0, engine: ToneEngine | None = None) -> Planner:
    return Planner(text, Delivery(VOICE, "en-us", speed), engine or ToneEngine())


def content(planned: Planned | Pause | None) -> str:
    assert isinstance(planned, Planned)
    return planned.segment.payload[8:].decode()


def rest(planner: Planner) -> list[Planned | Pause]:
    return list(iter(lambda: planner.next(10.0, Share(2.0)), None))


@pytest.mark.parametrize(
    ("ahead_s", "pace", "speed", "length"),
    [
        (0.0, FAST_PACE, 1.0, FIRST_LENGTH),
        (0.0, FAST_PACE, 0.25, FIRST_LENGTH / 2),
        (0.0, FAST_PACE, 4.0, FIRST_LENGTH),
        (0.0, 1.2, 1.0, LEAST_LENGTH),
        (1.0, 1.2, 1.0, LEAST_LENGTH),
        (8.0, 2.0, 1.0, HEADROOM * 8 * 2 * 15),
        (2.0, 2.0, 4.0, HEADROOM * 2 * 2 * 60),
        (60.0, 10.0, 1.0, ToneEngine.efficient_length),
    ],
)
def test_segment_is_as_long_as_its_listener_can_wait_for(ahead_s, pace, speed, length):
    assert len(content(planner(TEXT, speed).next(ahead_s, Share(pace)))) == pytest.approx(length, rel=TOLERANCE)


@pytest.mark.parametrize("pace", [1.8, FAST_PACE, 4.0])
def test_listener_of_one_slot_does_not_run_dry(pace):
    plan = planner(TEXT)
    submitted_s = spoken_s = 0.0
    began = None
    for ahead in range(1, 5):  # the pool counts the stream's own segments
        planned = plan.next(submitted_s, Share(pace / ahead))
        assert isinstance(planned, Planned)
        spoken_s += planned.segment.duration_s / pace
        began = spoken_s if began is None else began
        assert spoken_s <= began + submitted_s or not submitted_s
        submitted_s += planned.segment.duration_s


def test_all_text_and_pauses_come_in_order():
    plan = rest(planner("One, two. [pause:0.5s] Three [pause:1s][pause:2s] four."))
    assert [item.duration_s if isinstance(item, Pause) else content(item) for item in plan] == [
        "One, two.",
        0.5,
        "Three",
        1.0,
        2.0,
        "four.",
    ]


@pytest.mark.parametrize("limit", [30, 100])
def test_passage_that_one_call_cannot_hold_is_spoken_in_parts(limit):
    texts = [content(item) for item in rest(planner(TEXT, engine=LimitedEngine(limit)))]
    assert max(map(len, texts)) <= limit
    assert " ".join(texts).split() == TEXT.split()


@pytest.mark.parametrize(("pauses", "is_refused"), [(120, False), (121, True)])
def test_pauses_are_bounded_before_anything_is_spoken(pauses, is_refused):
    plan = planner("One. " + "[PAUSE:30s]" * pauses)
    with pytest.raises(InvalidRequest, match="pauses") if is_refused else nullcontext():
        plan.next(0.0, Share(1.0))


def test_sign_that_no_call_can_hold_is_refused():
    with pytest.raises(InvalidRequest, match="too long"):
        planner("a", engine=LimitedEngine(0)).next(0.0, Share(1.0))
