"""How long the client of a request waits."""

import math
import time

import pytest

from tests.harness.requests import speech_call


@pytest.mark.parametrize(
    ("ago_s", "read_timeout_s", "first_audio_s"),
    [
        (0.0, math.inf, 70.0),
        (50.0, math.inf, 70.0),  # the server's own limit counts from when speech is asked for
        (0.0, 20.0, 20.0),
        (15.0, 20.0, 5.0),
        (0.0, 600.0, 70.0),
    ],
)
def test_client_s_own_timeout_counts_from_its_arrival(
    ago_s: float, read_timeout_s: float, first_audio_s: float
) -> None:
    call = speech_call(arrival=time.monotonic() - ago_s, read_timeout_s=read_timeout_s)
    timeouts = call.timeouts()
    assert timeouts.first_audio_s == pytest.approx(first_audio_s, abs=0.5)
    assert timeouts.write_s == 30.0
