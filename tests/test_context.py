"""The state of one request, and what log and metrics make of it."""

import pytest

from speechd.context import Outcome, OverflowOutcome, RequestContext, Timings


def context(**known: object) -> RequestContext:
    made = RequestContext(id="req_1", method="POST", path="/v1/audio/speech", abort=lambda: None)
    for name, value in known.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("status", "outcome", "expected"),
    [
        (200, "complete", "complete"),
        (200, "failed", "failed"),
        (200, "client left", "client left"),
        (200, "client too slow", "client too slow"),
        (200, "client stalled", "client stalled"),
        (0, "client left", "client left"),
        (499, None, "invalid"),
        (499, "client left", "client left"),  # while it sent its request
        (400, None, "invalid"),
        (401, None, "invalid"),
        (400, "failed", "invalid"),  # nothing in the input could be spoken
        (500, "failed", "failed"),
        (500, None, "failed"),
        (503, None, "refused"),
        (503, "failed", "refused"),  # no audio in time
        (0, None, "failed"),
    ],
)
def test_request_has_one_final_outcome(status: int, outcome: str | None, expected: str) -> None:
    ended = context(status=status, outcome=outcome and Outcome(outcome))
    assert ended.final_outcome() is Outcome(expected)


def test_log_line_of_a_request_without_speech_has_what_is_known() -> None:
    assert context(status=404, error="not_found", duration_s=0.5).log_fields() == {
        "id": "req_1",
        "method": "POST",
        "path": "/v1/audio/speech",
        "status": 404,
        "error": "not_found",
        "duration_s": 0.5,
    }


def test_log_line_of_speech_has_its_timings() -> None:
    timings = Timings(first_audio_s=0.4, audio_s=2.0, synthesis_s=0.1)
    fields = context(timings=timings, overflow=OverflowOutcome.SLOW, outcome=Outcome.COMPLETE).log_fields()
    told = {name: fields[name] for name in ("overflow", "audio_s", "synthesis_s", "ttfa_s", "rtf", "outcome")}
    assert told == {
        "overflow": "slow",
        "audio_s": 2.0,
        "synthesis_s": 0.1,
        "ttfa_s": 0.4,
        "rtf": 0.05,
        "outcome": "complete",
    }


def test_speech_without_audio_has_no_real_time_factor() -> None:
    assert Timings(synthesis_s=1.0).rtf is None


def test_context_is_found_in_the_scope_of_its_request() -> None:
    made = context()
    assert RequestContext.of({"state": {"context": made}}) is made


@pytest.mark.parametrize("outcome", [outcome for outcome in OverflowOutcome if outcome.value in list(Outcome)])
def test_outcomes_of_both_kinds_have_the_same_words(outcome: OverflowOutcome) -> None:
    assert Outcome(outcome.value).name == outcome.name
