from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.errors import InvalidRequest, SynthesisFailed
from speechd.speech.passage_sizes import Pace
from speechd.speech.planner import Planned, Progress
from speechd.speech.reader.messages import PlanResult, Utterance
from speechd.speech.reader.plan import MAX_DEATHS, ProcessDied, ReadPlan, RemotePlan
from speechd.text.passages import NotYet

UTTERANCE = Utterance("Hello.", SynthesisOptions(catalogue().parse("af_heart"), "en-us"))
PLANNED = Planned(Segment(b"hello", 1.0), 0.3)


class Answers:
    """Answers calls as it is told, None by a death. progress: of the plan, at each call."""

    def __init__(self, *answers: PlanResult | None) -> None:
        self._answers = list(answers)
        self.progress: list[Progress | None] = []

    async def ask(self, plan: ReadPlan, longest_s: float) -> PlanResult:
        self.progress.append(plan.progress)
        answer = self._answers.pop(0)
        if answer is None:
            raise ProcessDied
        return answer


class Holder:
    """A process that has a plan. forgotten: the plans that it let go of."""

    def __init__(self) -> None:
        self.forgotten: list[int] = []

    def forget(self, id: int) -> None:
        self.forgotten.append(id)

    def end_if_abandoned(self) -> None:
        raise AssertionError


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


def test_call_that_found_nothing_to_speak_is_asked_again_from_where_it_was() -> None:
    answers = Answers(PlanResult(NotYet(), Progress(Pace(15.0))), PlanResult(PLANNED, Progress(Pace(14.0))))

    async def scenario() -> None:
        plan = RemotePlan(1, UTTERANCE, answers.ask)
        assert await plan.next() == PLANNED
        assert (answers.progress, plan.progress) == ([None, Progress(Pace(15.0))], Progress(Pace(14.0)))

    run(scenario())


def test_call_whose_process_dies_is_tried_once_more() -> None:
    async def scenario() -> None:
        plan = RemotePlan(1, UTTERANCE, Answers(None, PlanResult(PLANNED, None)).ask)
        assert await plan.next() == PLANNED

    run(scenario())


def test_call_of_which_two_processes_die_is_an_error_of_its_client() -> None:
    answers = Answers(*[None] * MAX_DEATHS)

    async def scenario() -> None:
        with pytest.raises(InvalidRequest) as caught:
            await RemotePlan(1, UTTERANCE, answers.ask).next()
        assert caught.value.code == "unreadable_input"
        assert len(answers.progress) == MAX_DEATHS

    run(scenario())


def test_error_that_the_planner_raised_is_raised_here() -> None:
    async def scenario() -> None:
        with pytest.raises(SynthesisFailed, match="as asked"):
            await RemotePlan(1, UTTERANCE, Answers(PlanResult(SynthesisFailed("as asked"), None)).ask).next()

    run(scenario())


def test_plan_that_is_closed_is_forgotten_once() -> None:
    plan, holder = RemotePlan(7, UTTERANCE, Answers().ask), Holder()
    plan.close()
    plan.holder = holder
    plan.close()
    plan.close()
    assert holder.forgotten == [7]
