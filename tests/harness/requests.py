"""Requests for speech, and what a server has that is asked for them."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from speechd.api.available import OPENAI_MODELS, Available
from speechd.api.call import SpeechCall
from speechd.api.schema import SpeechRequest, parse
from speechd.context import RequestContext
from speechd.engines.kokoro import voices

AVAILABLE: Final = Available({**voices.MODEL_IDS, **OPENAI_MODELS}, voices.catalogue(), max_input_chars=100)

LEAST: Final = {"model": "tts-1", "input": "Hello.", "voice": "alloy"}


def body(**fields: object) -> bytes:
    """The least body, with these fields; `...` leaves one out."""
    return json.dumps({name: value for name, value in (LEAST | fields).items() if value is not ...}).encode()


def speech_request(**fields: object) -> SpeechRequest:
    """The request of such a body."""
    return parse(body(**fields), AVAILABLE)


def speech_call(*, key: int | None = None, abort: Callable[[], None] = lambda: None, **more: Any) -> SpeechCall:
    """A call that has just come, of a client that waits for ever. more: other fields of it."""
    context = RequestContext(id="req_1", method="POST", path="/v1/audio/speech", abort=abort, key=key)
    call = SpeechCall(
        context=context,
        wanted=speech_request(),
        body=body(),
        whole=False,
        is_forwarded=False,
        arrival=time.monotonic(),
        read_timeout_s=math.inf,
        first_audio_s=70.0,
        write_s=30.0,
    )
    return replace(call, **more)
