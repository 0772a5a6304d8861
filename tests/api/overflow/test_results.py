"""What results of requests mean for the circuit breaker, the metrics and the log."""

import time

import pytest

from speechd.api.overflow.circuit_breaker import CircuitBreaker, State
from speechd.api.overflow.results import OverflowResults
from speechd.context import OverflowOutcome, Timings
from speechd.metrics.counters import Counts
from speechd.metrics.declarations import COUNTED, OVERFLOW_FIRST_AUDIO, OVERFLOWS
from tests.harness.requests import speech_call

FIRST_AUDIO_S = 25.0


@pytest.fixture
def counts() -> Counts:
    return Counts(1, COUNTED)


@pytest.mark.parametrize(
    ("outcome", "waited_s", "state"),
    [
        (OverflowOutcome.UNREACHABLE, FIRST_AUDIO_S, State.OPEN),
        (OverflowOutcome.SLOW, FIRST_AUDIO_S, State.OPEN),
        (OverflowOutcome.SLOW, 1.0, State.CLOSED),  # its client would wait no longer
        (OverflowOutcome.UNREACHABLE, 1.0, State.OPEN),
        (OverflowOutcome.REFUSED, FIRST_AUDIO_S, State.CLOSED),
        (OverflowOutcome.BROKEN, FIRST_AUDIO_S, State.CLOSED),
        (OverflowOutcome.CLIENT_LEFT, FIRST_AUDIO_S, State.CLOSED),
    ],
)
def test_circuit_opens_when_upstream_does_not_answer(
    counts: Counts, outcome: OverflowOutcome, waited_s: float, state: State
) -> None:
    breaker, asked = CircuitBreaker(60.0), speech_call()
    OverflowResults(breaker, counts.row(0), FIRST_AUDIO_S).declined(asked, outcome, waited_s)
    assert breaker.state(time.monotonic()) is state
    assert asked.context.overflow is outcome
    assert counts.counter(OVERFLOWS)[outcome] == 1


@pytest.mark.parametrize(("whole", "observed"), [(False, 1), (True, 0)])
def test_answer_closes_the_circuit_and_first_audio_is_a_stream_s(counts: Counts, whole: bool, observed: int) -> None:
    breaker = CircuitBreaker(60.0)
    breaker.record(time.monotonic(), answered=False)
    OverflowResults(breaker, counts.row(0), FIRST_AUDIO_S).answered(
        speech_call(whole=whole), Timings(first_audio_s=0.2)
    )
    assert breaker.state(time.monotonic()) is State.CLOSED
    assert counts.histogram(OVERFLOW_FIRST_AUDIO)[0][-1] == observed
