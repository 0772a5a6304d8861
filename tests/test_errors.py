"""Errors: the same in every process; and when they send a client back."""

import pickle

import pytest

from speechd.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotReady,
    Overloaded,
    ReplyTooLong,
    SpeechdError,
    with_jitter,
)


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("no", param="input", code="own_code"),
        ReplyTooLong("10 s"),
        MethodNotAllowed("no", allow="GET"),
        Overloaded("no", reason="count", retry_after_s=5.0),
        NotReady("no", reason="not ready", retry_after_s=5.0),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_is_the_same_in_another_process(error: SpeechdError) -> None:
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert (str(there), there.status, there.envelope(), there.headers) == (
        str(error),
        error.status,
        error.envelope(),
        error.headers,
    )


def test_jitter_adds_up_to_a_half() -> None:
    waits = {with_jitter(10.0) for _ in range(100)}
    assert len(waits) > 90
    assert 10.0 <= min(waits) <= max(waits) <= 15.0


@pytest.mark.parametrize("wait_s", [0.0, 0.3, 50.0, 1e9])
def test_clients_that_are_refused_together_do_not_return_together(wait_s: float) -> None:
    """However short or long the wait is: what is over a limit has jitter within it."""
    refusals = [Overloaded("no", reason="count", retry_after_s=with_jitter(wait_s)) for _ in range(100)]
    waits = [int(refusal.headers["retry-after-ms"]) for refusal in refusals]
    assert len(set(waits)) > 50
    assert 1000 <= min(waits) <= max(waits) <= 60_000


@pytest.mark.parametrize(("retry_after_s", "header", "milliseconds"), [(0.2, "1", "1000"), (2.1, "3", "2100")])
def test_retry_after_is_rounded_up(retry_after_s: float, header: str, milliseconds: str) -> None:
    headers = Overloaded("no", reason="count", retry_after_s=retry_after_s).headers
    assert headers == {"retry-after": header, "retry-after-ms": milliseconds}


def test_nobody_is_sent_away_for_more_than_a_minute() -> None:
    assert Overloaded("no", reason="count", retry_after_s=1e9).headers["retry-after"] == "60"
