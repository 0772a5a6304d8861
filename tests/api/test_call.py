"""How long the client of a request waits."""

import math
import time

import pytest

from speechd.api.call import SpeechCall
from speechd.api.schema import parse
from speechd.context import RequestContext
from speechd.engines.kokoro.voices import catalogue

BODY = b'{"model": "tts-1", "voice": "alloy", "input": "Hello."}'


def call(ago_s: float, read_timeout_s: float) -> SpeechCall:
    return SpeechCall(
        context=RequestContext(id="req_1", method="POST", path="/v1/audio/speech", abort=lambda: None),
        wanted=parse(BODY, catalogue=catalogue(), max_input_chars=100),
        body=BODY,
        whole=False,
        is_forwarded=False,
        arrival=time.monotonic() - ago_s,
        read_timeout_s=read_timeout_s,
        first_audio_s=70.0,
        write_s=30.0,
    )


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
    timeouts = call(ago_s, read_timeout_s).timeouts()
    assert timeouts.first_audio_s == pytest.approx(first_audio_s, abs=0.5)
    assert timeouts.write_s == 30.0
