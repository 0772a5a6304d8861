"""The plan of an utterance: which passages it is spoken in, and that they hold all of it."""

from __future__ import annotations

import math
import pickle
import struct
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import pytest

from speechd.engines.base import Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest, ReplyTooLong
from speechd.speech.passage_sizes import CHARACTERS_PER_S, ENOUGH, FIRST, LONGEST, MOST, WHOLE_SHARE
from speechd.speech.planner import GAP_S, LETTERS_PER_S, SHORTEST_PART, Planned, Planner
from speechd.text import passages
from speechd.text.markup.marks import Mark, Pause, Prosody, Style, Text
from speechd.text.normalization.normalize import normalize
from speechd.text.passages import SILENT_LENGTH, SILENT_SENTENCE, Boundary, NotYet, PassageReader

VOICE = catalogue().parse("af_heart")
TEXT = "the ship came in with the tide and left with it " * 60
"""Of short words and without punctuation."""

LENGTH = ToneEngine.passage_length

SENTENCE = "It is strange how quickly a small mistake becomes a habit, and how slowly a good one does."
LONG = "It is, " + ", ".join(["it is strange how quickly a small mistake becomes a habit"] * 6) + "."
"""A sentence that is long, and not too long."""

TOO_LONG = "It is, " + ", ".join(["it is strange how quickly a small mistake becomes a habit"] * 8) + "."
"""A sentence that is."""


class LimitedEngine(ToneEngine):
    """Speaks at most `limit` characters in one call."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        if len(text) > self.limit:
            raise SegmentTooLong
        return super().prepare(text, options)


class SpelledEngine(ToneEngine):
    """Speaks everything letter by letter, as Kokoro does capitals: 0.15 s each."""

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        segment = super().prepare(text, options)
        return segment and Segment(segment.payload, 0.15 * len(text) / options.speed)


class DenseEngine(ToneEngine):
    """Has so many tokens for a character, as Kokoro has for Japanese, and speaks 14 of them in a second."""

    def __init__(self, density: float) -> None:
        super().__init__()
        self.density = density

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        segment = super().prepare(text, options)
        tokens = round(self.density * len(text))
        return segment and Segment(segment.payload, tokens / 14 / options.speed, tokens)


def planner(text: str, speed: float = 1.0, engine: ToneEngine | None = None, limit_s: float = math.inf) -> Planner:
    return Planner(text, SynthesisOptions(VOICE, "en-us", speed), engine or ToneEngine(), limit_s=limit_s)


def content(planned: Planned | Pause | NotYet | None) -> str:
    assert isinstance(planned, Planned)
    return planned.segment.payload[8:].decode()


def recorded_normalization(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are normalised from now on."""
    read: list[str] = []

    def record(text: str, language: str) -> str:
        read.append(text)
        return normalize(text, language)

    monkeypatch.setattr(passages, "normalize", record)
    return read


def rest(planner: Planner, longest_s: float = math.inf) -> list[Planned | Pause]:
    plan: list[Planned | Pause] = []
    while (item := planner.next(longest_s)) is not None:
        if not isinstance(item, NotYet):
            plan.append(item)
    return plan


def plan_all(planner: Planner, longest_s: float = math.inf) -> list[Planned]:
    """The segments of a text without pauses."""
    return [item for item in rest(planner, longest_s) if isinstance(item, Planned)]


def texts_of(text: str, engine: ToneEngine | None = None) -> list[str]:
    return [content(item) for item in rest(planner(text, engine=engine))]


def test_first_passage_is_the_first_sentence_and_later_ones_are_gathered() -> None:
    assert texts_of(" ".join([SENTENCE] * 6)) == [SENTENCE, *[f"{SENTENCE} {SENTENCE}"] * 2, SENTENCE]


@pytest.mark.parametrize("first", ["Yes.", "Yes. No. I am."])
def test_first_sentence_that_is_very_short_is_joined_with_the_next(first: str) -> None:
    assert len(first) < FIRST * LENGTH
    assert texts_of(f"{first} {LONG} {SENTENCE}") == [f"{first} {LONG}", SENTENCE]


def test_plan_says_which_passages_are_one_sentence() -> None:
    assert [item.is_one for item in plan_all(planner(" ".join([SENTENCE] * 4)))] == [
        True,
        False,
        True,
    ]


def test_first_passage_after_a_pause_is_the_first_all_the_same() -> None:
    _, first, *_ = rest(planner(f"[pause:1s] {SENTENCE} {SENTENCE}"))
    assert content(first) == SENTENCE


def test_first_sentence_alone_is_normalised_for_the_first_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    read = recorded_normalization(monkeypatch)
    planner(" ".join([SENTENCE] * 500)).next()
    assert len(read) == 1


@pytest.mark.parametrize("density", [0.5, 0.8, 1.0, 1.5, 3.0])
def test_passages_have_as_many_tokens_whatever_the_script(density: float) -> None:
    text = " ".join(["It is strange how it goes."] * 200)
    first, second, *more, _ = plan_all(planner(text, engine=DenseEngine(density)))
    assert first.segment.tokens <= second.segment.tokens
    assert all(ENOUGH * LENGTH <= item.segment.tokens <= MOST * LENGTH for item in more)


def test_long_sentence_is_whole_and_a_longer_one_is_cut_at_clauses_in_nearly_equal_parts() -> None:
    assert len(LONG) < LONGEST * LENGTH < len(TOO_LONG)
    plan = plan_all(planner(f"{SENTENCE} {LONG} {TOO_LONG}"))
    assert [content(item) for item in plan[:2]] == [SENTENCE, LONG]
    assert [item.boundary for item in plan[2:]] == [Boundary.CLAUSE, Boundary.PARAGRAPH]
    one, other = map(len, map(content, plan[2:]))
    assert max(one, other) < 1.5 * min(one, other)


@pytest.mark.parametrize("density", [1.2, 3.0])
def test_sentence_whose_tokens_turn_out_to_be_too_many_is_cut_likewise(density: float) -> None:
    plan = plan_all(planner(LONG, engine=DenseEngine(density)))
    assert " ".join(map(content, plan)) == LONG
    assert all(item.segment.tokens <= LONGEST * LENGTH for item in plan)
    assert {item.boundary for item in plan[:-1]} == (
        {Boundary.CLAUSE} if density * len(LONG) > LONGEST * LENGTH else set()
    )


@pytest.mark.parametrize("limit_s", [5.0, 10.0])
def test_sentence_is_cut_at_clauses_where_segments_have_a_limit_in_seconds(limit_s: float) -> None:
    plan = plan_all(planner(f"{SENTENCE} {LONG}"), limit_s)
    assert all(item.segment.duration_s <= limit_s for item in plan)
    assert {item.boundary for item in plan[:-1]} <= {Boundary.CLAUSE, Boundary.SENTENCE}


def test_gap_of_a_cut_is_that_of_what_it_is_cut_at() -> None:
    one, other = plan_all(planner(TOO_LONG))
    assert (one.gap_s, other.gap_s) == (GAP_S[Boundary.CLAUSE], GAP_S[Boundary.PARAGRAPH])
    words, *_ = plan_all(planner(TEXT))
    assert (words.boundary, words.gap_s) == (Boundary.WORD, 0.0)


def test_all_text_and_pauses_come_in_order() -> None:
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
def test_passage_that_one_call_cannot_hold_is_spoken_in_parts(limit: int) -> None:
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
def test_pauses_are_bounded_before_anything_is_spoken(pause: str, pauses: int, is_refused: bool) -> None:
    plan = planner("One. " + pause * pauses)
    with pytest.raises(InvalidRequest, match="pauses") if is_refused else nullcontext():
        plan.next()
    if not is_refused:
        assert sum(item.duration_s for item in rest(plan) if isinstance(item, Pause)) == 3600.0


def test_many_short_pauses_add_up_without_rounding() -> None:
    pauses = [item.duration_s for item in rest(planner("One. " + "[pause:0.1s]" * 36_000)) if isinstance(item, Pause)]
    assert len(pauses) == 36_000


@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("limit_s", [2.0, 10.0, 1000.0])
@pytest.mark.parametrize("text", ["A" * 2000, "漢" * 2000, "ภาษาไทย" * 200, "0a1b2c3d4e5f" * 100, TEXT])
def test_no_segment_is_longer_than_it_may_be(text: str, limit_s: float, speed: float) -> None:
    items = plan_all(planner(text, speed, SpelledEngine()), limit_s)
    usual_s = WHOLE_SHARE * LENGTH / CHARACTERS_PER_S
    assert all(item.segment.duration_s <= max(min(limit_s, usual_s), SHORTEST_PART * 0.15 / speed) for item in items)
    if text != "0a1b2c3d4e5f" * 100:  # it is normalised
        assert "".join(map(content, items)).replace(" ", "").rstrip(".") == text.replace(" ", "")


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("limit_s", [17.0, math.inf])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A" * 2000, id="one word"),
        pytest.param("A" * 1013, id="one word, and a short rest"),
        pytest.param("he " + "xQj" * 400 + " he", id="between words"),
        pytest.param(("A" * 79 + " ") * 20, id="words that are just short enough"),
        pytest.param(("A" * 25 + " ") * 20, id="words that take too long"),
        pytest.param("Ж" * 900, id="Cyrillic"),
    ],
)
def test_word_without_end_makes_no_longer_segments_than_ordinary_text_at_speed_1(
    text: str, limit_s: float, speed: float
) -> None:
    items = plan_all(planner(text, speed, SpelledEngine()), limit_s)
    assert max(item.segment.duration_s for item in items) <= MOST * LENGTH / CHARACTERS_PER_S
    assert "".join(map(content, items)).replace(" ", "").rstrip(".") == text.replace(" ", "")


def test_text_is_cut_down_to_little_and_no_further_where_slots_are_slow() -> None:
    texts = [content(item) for item in rest(planner("A" * 100, engine=SpelledEngine()), 0.01)]
    assert "".join(texts) == "A" * 100
    assert SHORTEST_PART / 2 <= min(map(len, texts)) <= max(map(len, texts)) <= SHORTEST_PART


@pytest.mark.parametrize(("letters", "is_refused"), [(600, False), (601, True)])
def test_text_too_long_for_its_reply_is_refused_before_it_is_read(
    letters: int, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = recorded_normalization(monkeypatch)
    plan = planner("<p>" + "ab " * (letters // 2) + "c" * (letters % 2), 0.5, limit_s=600 / LETTERS_PER_S / 0.5)
    with pytest.raises(ReplyTooLong, match="60 s") if is_refused else nullcontext():
        plan.next()
    assert bool(read) is not is_refused


def test_text_that_becomes_too_long_for_its_reply_is_refused_once_that_is_planned() -> None:
    plan = planner("≤" * 100, limit_s=30.0)
    plan.next()
    assert 10.0 < plan.progress.planned_s < 30.0
    with pytest.raises(ReplyTooLong, match="30 s"):
        rest(plan)


def test_pauses_are_part_of_a_reply() -> None:
    with pytest.raises(ReplyTooLong):
        planner("One. [pause:30s]", limit_s=30.0).next()


@pytest.mark.parametrize("silent", ["-\n", "!!! ", "…\n\n", ". . . ", "* * *\n", "\u3002"])
def test_a_call_looks_through_little_text_that_is_not_spoken(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = recorded_normalization(monkeypatch)
    plan = planner(silent * (50_000 // len(silent)) + "\n\nAt last.")
    items = []
    while (item := plan.next()) is not None:
        assert sum(map(len, read)) <= SILENT_LENGTH + 1000
        assert len(read) <= SILENT_LENGTH / SILENT_SENTENCE + 1
        read.clear()
        items.append(item)
    assert [content(item) for item in items if not isinstance(item, NotYet)] == ["At last."]


def test_passages_that_an_engine_does_not_speak_are_passed_over_one_at_a_time() -> None:
    class Choosy(ToneEngine):
        def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
            return super().prepare(text, options) if "yes" in text else None

    plan = planner("No. " * 200 + "\n\nyes", engine=Choosy())
    silent = 0
    while isinstance(item := plan.next(), NotYet):
        silent += 1
    assert content(item) == "yes"
    assert silent > 10


def test_sign_that_no_call_can_hold_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="too long"):
        planner("a", engine=LimitedEngine(0)).next()


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
    options = SynthesisOptions(VOICE, "en-us")
    interrupted, progress = [], planner(text, engine=engine).progress
    while True:
        another = Planner(text, options, engine, progress=pickle.loads(pickle.dumps(progress)))
        planned = another.next()
        progress = another.progress
        if planned is None:
            break
        interrupted += [] if isinstance(planned, NotYet) else [planned]
    assert [told(item) for item in interrupted] == [told(item) for item in whole]


def told(item: Planned | Pause | NotYet | None) -> object:
    """The item without whether it is known to be the last, which is not known from everywhere."""
    return replace(item, is_last=False) if isinstance(item, Planned) else item


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Hi.", [True]),
        (SENTENCE, [True]),
        (f"{SENTENCE}\n\n", [True]),
        (" ".join([SENTENCE] * 6), [False, False, False, True]),
        (f"{SENTENCE} [pause:1s]", [False]),
        (f"{SENTENCE}\n\n{SENTENCE}", [False, True]),
        (f"{SENTENCE} [pause:1s] {SENTENCE}", [False, True]),
    ],
)
def test_last_segment_is_known_to_be_the_last(text: str, known: list[bool]) -> None:
    assert [item.is_last for item in plan_all(planner(text))] == known


def test_parts_of_a_passage_that_is_cut_are_not_the_last_before_the_last() -> None:
    parts = plan_all(planner("A" * 300, engine=LimitedEngine(25)))
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]


def test_limit_of_a_reply_holds_across_planners() -> None:
    first = planner(TEXT, limit_s=200.0)
    first.next()
    progress = replace(first.progress, planned_s=199.9)
    with pytest.raises(ReplyTooLong):
        Planner(TEXT, SynthesisOptions(VOICE, "en-us"), ToneEngine(), limit_s=200.0, progress=progress).next()


def test_greater_boundaries_have_longer_gaps() -> None:
    gaps = [GAP_S[boundary] for boundary in sorted(Boundary)]
    assert gaps == sorted(set(gaps))


@pytest.mark.parametrize(("speed", "sentence_s"), [(0.5, 0.6), (1.0, 0.3), (2.0, 0.15)])
def test_gaps_shrink_with_speed_and_pauses_do_not(speed: float, sentence_s: float) -> None:
    first, pause, *_ = rest(planner("One. [pause:2s] Two.", speed))
    assert isinstance(first, Planned)
    assert (first.gap_s, pause) == (sentence_s, Pause(2.0))


def styled(marks: Sequence[Mark], speed: float = 1.0) -> list[Planned | Pause]:
    """The plan of a document of these marks."""
    plan = planner("", speed)
    reader = PassageReader("en-us")
    reader.feed_marks(marks)
    reader.finish()
    plan._reader = reader
    return rest(plan)


def test_each_passage_is_spoken_as_the_marks_before_it_say() -> None:
    marks: list[Mark] = [Text("One."), Prosody(rate=2.0, volume=0.5), Text("Two."), Prosody(), Text("Three.")]
    one, two, three = styled(marks)
    assert isinstance(one, Planned)
    assert isinstance(two, Planned)
    assert isinstance(three, Planned)
    assert [content(item) for item in (one, two, three)] == ["One.", "Two.", "Three."]
    assert [item.volume for item in (one, two, three)] == [1.0, 0.5, 1.0]
    assert [speed_of(item) for item in (one, two, three)] == [1.0, 2.0, 1.0]
    assert two.gap_s == one.gap_s / 2


@pytest.mark.parametrize(("speed", "rate", "expected"), [(2.0, 10.0, 4.0), (0.5, 0.1, 0.25), (2.0, 0.5, 1.0)])
def test_rate_is_a_factor_on_the_speed_of_the_request_within_what_engines_speak(
    speed: float, rate: float, expected: float
) -> None:
    (item,) = styled([Prosody(rate=rate), Text("One.")], speed)
    assert isinstance(item, Planned)
    assert speed_of(item) == expected


def test_voice_of_a_passage_is_loaded_and_one_that_does_not_exist_is_refused() -> None:
    loaded: list[SynthesisOptions] = []

    class Recorder(ToneEngine):
        def load_voice(self, options: SynthesisOptions) -> None:
            loaded.append(options)

    options = planner("", engine=Recorder())._styled(Style(voice="bf_emma"))
    assert (str(options.blend), options.language, loaded) == ("bf_emma", "en-us", [options])
    with pytest.raises(InvalidRequest, match=r"no voice .nobody."):
        planner("")._styled(Style(voice="nobody"))


def speed_of(planned: Planned) -> float:
    """The speed that a tone engine was asked for."""
    (speed,) = struct.unpack_from("<d", planned.segment.payload)
    assert isinstance(speed, float)
    return speed
