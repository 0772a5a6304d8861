"""A valid request for speech, as those see it who may speak it: this server, or the upstream one."""

from __future__ import annotations

import time
from dataclasses import dataclass

from speechd.api.schema import SpeechRequest
from speechd.context import RequestContext
from speechd.speech.response import ClientTimeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechCall:
    """A valid request for speech.

    wanted: what it asks for. body: as it was received. whole: nothing of the reply is sent before all of it is here.
    is_forwarded: another server has sent the request here, so that it may not be sent on: it would go round in a
    circle. arrival: when its body was here, in seconds of `time.monotonic()`. read_timeout_s: how long its client waits
    for bytes, from its arrival. first_audio_s: how long the server lets it wait, from any moment. write_s: how long the
    client may leave unread what it was sent.
    """

    context: RequestContext
    wanted: SpeechRequest
    body: bytes
    whole: bool
    is_forwarded: bool
    arrival: float
    read_timeout_s: float
    first_audio_s: float
    write_s: float

    def timeouts(self) -> ClientTimeouts:
        """The timeouts from now on. The client's own counts from its arrival, whoever has tried to speak since."""
        left_s = self.read_timeout_s - (time.monotonic() - self.arrival)
        return ClientTimeouts(write_s=self.write_s, first_audio_s=min(self.first_audio_s, left_s))
