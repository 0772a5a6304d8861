from __future__ import annotations

import math

from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import InvalidRequest
from speechd.speech.live_planner import Guess, LivePlanner
from speechd.speech.planner import Planned
from speechd.text.passages import NotYet, Urgency

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us", words=True)
SENTENCE = "The first of them is this one."


class CountingEngine(ToneEngine):
    """Keeps what it was asked to read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        self.read.append(text)
        return super().prepare(text, options)


class FailingEngine(ToneEngine):
    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        raise InvalidRequest("It cannot be read.", param="input")


def test_guess_is_what_becomes_certain_and_is_read_once() -> None:
    engine = CountingEngine()
    planner = LivePlanner("", OPTIONS, engine)
    planner.feed([SENTENCE])
    assert planner.next_live(math.inf, Urgency.SENTENCE) == NotYet(needs_text=True)
    guess = planner.guess(SENTENCE, math.inf)
    planner.feed([" The"])
    planned = planner.next_live(math.inf, Urgency.SENTENCE)
    assert isinstance(guess, Guess)
    assert isinstance(planned, Planned)
    assert guess.segment == planned.segment
    assert engine.read == [SENTENCE]
    assert planned.script is not None
    assert [word.source_start for word in planned.script.words][:2] == [0, 4]


def test_wrong_guess_leaves_no_trace() -> None:
    engine = CountingEngine()
    planner = LivePlanner("", OPTIONS, engine)
    text = "This is what he calls 3."
    planner.feed([text])
    assert planner.guess(text, math.inf) is not None
    planner.feed(["5 pounds. Then"])
    planned = planner.next_live(math.inf, Urgency.SENTENCE)
    assert isinstance(planned, Planned)
    assert decode(engine.speak(planned.segment).samples) == "This is what he calls three point five pounds."


def test_text_that_cannot_be_read_gives_no_guess_and_no_error() -> None:
    planner = LivePlanner("", OPTIONS, FailingEngine())
    planner.feed([SENTENCE])
    assert planner.guess(SENTENCE, math.inf) is None
