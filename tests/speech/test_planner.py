"""The plan of an utterance: how its segments grow, and that they hold all of it."""

import math
import pickle
from contextlib import nullcontext
from dataclasses import replace

import pytest

from speechd.engines.base import Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest, ReplyTooLong
from speechd.pool.capacity import StreamBudget
from speechd.speech.planner import (
    CHARACTERS_PER_S,
    FAST_PACE,
    FIRST_LENGTH,
    HEADROOM,
    LEAST_LENGTH,
    LETTERS_PER_S,
    SHORTEST_PART,
    SPARE,
    Planned,
    Planner,
)
from speechd.text import passages
from speechd.text.markup import Pause
from speechd.text.normalization.normalize import normalize
from speechd.text.passages import SILENT_LENGTH, SILENT_SENTENCE, NotYet
from speechd.text.sentences import TOLERANCE
from speechd.voices import Catalogue

VOICE = Catalogue().parse("af_heart")
TEXT = "the ship came in with the tide and left with it " * 60
"""Of short words and without punctuation, so that segments have the lengths that are wanted."""


PLAN = [
    "It is strange how quickly a small",
    "mistake becomes a habit, and how slowly a good one does.",
    "It is strange how quickly a small mistake becomes a habit, and how slowly a good one does.",
]
"""What a listener got before segments had a limit."""


class LimitedEngine(ToneEngine):
    """Speaks at most `limit` characters in one call."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
        if len(text) > self.limit:
            raise SegmentTooLong
        return super().prepare(text, delivery)


class SpelledEngine(ToneEngine):
    """Speaks everything letter by letter, as Kokoro does capitals: 0.15 s each."""

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
        segment = super().prepare(text, delivery)
        return segment and Segment(segment.payload, 0.15 * len(text) / delivery.speed)


def planner(text: str, speed: float = 1.0, engine: ToneEngine | None = None, limit_s: float = math.inf) -> Planner:
    return Planner(text, SynthesisOptions(VOICE, "en-us", speed), engine or ToneEngine(), limit_s=limit_s)


def content(planned: Planned | Pause | NotYet | None) -> str:
    assert isinstance(planned, Planned)
    return planned.segment.payload[8:].decode()


def rest(planner: Planner, share: StreamBudget = StreamBudget(2.0)) -> list[Planned | Pause]:  # noqa: B008  # it is frozen
    plan = list(iter(lambda: planner.next(10.0, share), None))
    return [item for item in plan if not isinstance(item, NotYet)]


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
    assert len(content(planner(TEXT, speed).next(ahead_s, StreamBudget(pace)))) == pytest.approx(length, rel=TOLERANCE)


@pytest.mark.parametrize("pace", [1.8, FAST_PACE, 4.0])
def test_listener_of_one_slot_does_not_run_dry(pace):
    plan = planner(TEXT)
    submitted_s = spoken_s = 0.0
    began = None
    for ahead in range(1, 5):  # the pool counts the stream's own segments
        planned = plan.next(submitted_s, StreamBudget(pace / ahead))
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
@pytest.mark.parametrize(
    "pause",
    [
        "[PAUSE:30s]",
        "[pause:30000ms]",
        "[pause:99]",
        "[pau\u017fe:30s]",
        "[pa\u200buse:30s]",
        "&#91;pause:30s]",
        "&lbrack;pau&#115;e:30&#115;&#93;",
        "[<b>pause</b>:30s]",
        "[\ufeffpause:30s]",
    ],
)
def test_pauses_are_bounded_before_anything_is_spoken(pause, pauses, is_refused):
    plan = planner("One. " + pause * pauses)
    with pytest.raises(InvalidRequest, match="pauses") if is_refused else nullcontext():
        plan.next(0.0, StreamBudget(1.0))
    if not is_refused:
        assert sum(item.duration_s for item in rest(plan) if isinstance(item, Pause)) == 3600.0


def test_many_short_pauses_add_up_without_rounding():
    pauses = [item.duration_s for item in rest(planner("One. " + "[pause:0.1s]" * 36_000)) if isinstance(item, Pause)]
    assert len(pauses) == 36_000


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("limit_s", [2.0, 10.0, math.inf])
@pytest.mark.parametrize("ahead_s", [0.0, 60.0])
@pytest.mark.parametrize("text", ["A" * 2000, "漢" * 2000, "ภาษาไทย" * 200, "0a1b2c3d4e5f" * 100, TEXT])
def test_no_segment_is_longer_than_it_may_be(text, ahead_s, limit_s, speed):
    plan = planner(text, speed, SpelledEngine())
    share = StreamBudget(4.0, 4.8, limit_s=limit_s)
    items = list(iter(lambda: plan.next(ahead_s, share), None))
    usual_s = SPARE * (1 + TOLERANCE) * ToneEngine.efficient_length / CHARACTERS_PER_S
    assert all(item.segment.duration_s <= max(min(limit_s, usual_s), SHORTEST_PART * 0.15 / speed) for item in items)
    if text != "0a1b2c3d4e5f" * 100:  # it is normalised
        assert "".join(map(content, items)).replace(" ", "").rstrip(".") == text.replace(" ", "")


def test_text_is_cut_down_to_little_and_no_further_where_slots_are_slow():
    texts = [
        content(item) for item in rest(planner("A" * 100, engine=SpelledEngine()), StreamBudget(0.1, limit_s=0.01))
    ]
    assert "".join(texts) == "A" * 100
    assert SHORTEST_PART / 2 <= min(map(len, texts)) <= max(map(len, texts)) <= SHORTEST_PART


@pytest.mark.parametrize("longest_s", [1.2, 3.6, math.inf])
def test_ordinary_text_is_cut_where_it_would_be_without_a_limit(longest_s):
    share = StreamBudget(4.0, longest_s)
    limited = replace(share, limit_s=max(10.0, 2.5 * longest_s))
    text = f"{TEXT}. It is strange how quickly a small mistake becomes a habit, and how slowly a good one does! " * 3
    assert rest(planner(text), limited) == rest(planner(text), share)


def test_plan_of_ordinary_text_is_as_it_was():
    plan = planner("It is strange how quickly a small mistake becomes a habit, and how slowly a good one does. " * 2)
    texts, ahead_s = [], 0.0
    while isinstance(item := plan.next(ahead_s, StreamBudget(4.0, 7.0, limit_s=17.5)), Planned):
        texts.append(content(item))
        ahead_s += item.segment.duration_s
    assert texts == PLAN


@pytest.mark.parametrize(("letters", "is_refused"), [(600, False), (601, True)])
def test_text_too_long_for_its_reply_is_refused_before_it_is_read(letters, is_refused, monkeypatch):
    read: list[str] = []
    monkeypatch.setattr(passages, "normalize", lambda text, language: read.append(text) or normalize(text, language))
    plan = planner("<p>" + "ab " * (letters // 2) + "c" * (letters % 2), 0.5, limit_s=600 / LETTERS_PER_S / 0.5)
    with pytest.raises(ReplyTooLong, match="60 s") if is_refused else nullcontext():
        plan.next(0.0, StreamBudget(1.0))
    assert bool(read) is not is_refused


def test_text_that_becomes_too_long_for_its_reply_is_refused_once_that_is_planned():
    plan = planner("≤" * 100, limit_s=30.0)
    planned: list[Planned] = []
    with pytest.raises(ReplyTooLong, match="30 s"):
        planned.extend(iter(lambda: plan.next(10.0, StreamBudget(2.0)), None))
    assert 10.0 < sum(item.segment.duration_s for item in planned) <= 30.0


def test_pauses_are_part_of_a_reply():
    with pytest.raises(ReplyTooLong):
        planner("One. [pause:30s]", limit_s=30.0).next(0.0, StreamBudget(1.0))


@pytest.mark.parametrize("silent", ["-\n", "!!! ", "…\n\n", ". . . ", "* * *\n", "\u3002"])
def test_a_call_looks_through_little_text_that_is_not_spoken(silent, monkeypatch):
    read: list[str] = []
    monkeypatch.setattr(passages, "normalize", lambda text, language: read.append(text) or normalize(text, language))
    plan = planner(silent * (50_000 // len(silent)) + "\n\nAt last.")
    items = []
    while (item := plan.next(0.0, StreamBudget(1.0))) is not None:
        assert sum(map(len, read)) <= SILENT_LENGTH + 1000
        assert len(read) <= SILENT_LENGTH / SILENT_SENTENCE + 1
        read.clear()
        items.append(item)
    assert [content(item) for item in items if not isinstance(item, NotYet)] == ["At last."]


def test_passages_that_an_engine_does_not_speak_are_passed_over_one_at_a_time():
    class Choosy(ToneEngine):
        def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
            return super().prepare(text, delivery) if "yes" in text else None

    plan = planner("No. " * 200 + "\n\nyes", engine=Choosy())
    items = list(iter(lambda: plan.next(0.0, StreamBudget(1.0)), None))
    assert content(items.pop()) == "yes"
    assert items == [NotYet()] * len(items)
    assert len(items) > 10


def test_sign_that_no_call_can_hold_is_refused():
    with pytest.raises(InvalidRequest, match="too long"):
        planner("a", engine=LimitedEngine(0)).next(0.0, StreamBudget(1.0))


@pytest.mark.parametrize("engine", [ToneEngine(), LimitedEngine(25), SpelledEngine()])
@pytest.mark.parametrize(
    "text",
    [
        "One sentence. [pause:2s] Another, and a third:\n\nA paragraph. It cost $5.50, " + TEXT[:300],
        "-\n" * 3000 + "[pause:1s]At last. " + "A" * 300 + " and on.",
    ],
)
def test_plan_goes_on_in_another_planner_from_wherever_it_was(engine: ToneEngine, text: str) -> None:
    whole = rest(planner(text, engine=engine))
    delivery = SynthesisOptions(VOICE, "en-us")
    interrupted, progress = [], planner(text, engine=engine).progress
    while True:
        another = Planner(text, delivery, engine, progress=pickle.loads(pickle.dumps(progress)))
        planned = another.next(10.0, StreamBudget(2.0))
        progress = another.progress
        if planned is None:
            break
        interrupted += [] if isinstance(planned, NotYet) else [planned]
    assert interrupted == whole


def test_limit_of_a_reply_holds_across_planners() -> None:
    first = planner(TEXT, limit_s=200.0)
    first.next(10.0, StreamBudget(2.0))
    progress = replace(first.progress, planned_s=199.9)
    with pytest.raises(ReplyTooLong):
        Planner(TEXT, SynthesisOptions(VOICE, "en-us"), ToneEngine(), limit_s=200.0, progress=progress).next(
            10.0, StreamBudget(2.0)
        )
