"""Errors cross from the processes that read text to those that answer."""

import pickle

import pytest

from speechd.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NothingToSpeak,
    NotReady,
    Overloaded,
    ReplyTooLong,
    SpeechdError,
)


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("no", param="input", code="own_code"),
        NothingToSpeak("no"),
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
