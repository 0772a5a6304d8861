from __future__ import annotations

import math

from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest, SynthesisFailed
from speechd.speech.planner import Planned, Planner
from speechd.speech.reader.messages import PlanCall, Utterance
from speechd.speech.reader.serve import answer

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us")


def first_call(id: int, text: str = "quick", over: tuple[int, ...] = ()) -> PlanCall:
    return PlanCall(id, math.inf, (Utterance(text, OPTIONS), None), over)


def test_process_forgets_what_is_over() -> None:
    planners: dict[int, Planner] = {}
    for id in range(3):
        result = answer(ToneEngine(), planners, first_call(id, over=tuple(range(id))), 60.0)
        assert isinstance(result.result, Planned)
        assert list(planners) == [id]


def test_further_call_goes_on_where_the_plan_was() -> None:
    planners: dict[int, Planner] = {}
    answer(ToneEngine(), planners, first_call(7), 60.0)
    result = answer(ToneEngine(), planners, PlanCall(7, math.inf, None, ()), 60.0)
    assert (result.result, result.progress) == (None, planners[7].progress)


def test_error_of_the_client_is_the_result() -> None:
    result = answer(ToneEngine(), {}, first_call(1, "Hello. " + "[pause:30s]" * 121), 60.0)
    assert isinstance(result.result, InvalidRequest)
    assert result.progress is not None


def test_exception_before_there_is_a_planner_is_the_servers_failure() -> None:
    class Unloadable(ToneEngine):
        def load_voice(self, options: SynthesisOptions) -> None:
            raise OSError("as asked")

    result = answer(Unloadable(), {}, first_call(1), 60.0)
    assert isinstance(result.result, SynthesisFailed)
    assert result.progress is None
