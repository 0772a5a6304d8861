"""The state of one request: what is known of it, from its head to its log line and its counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from speechd.errors import Reason

STATE_KEY: Final = "context"
"""Key of a request's context in ASGI's `scope["state"]`."""


class Outcome(StrEnum):
    """How a request for speech ended. The values are those of the label `outcome` in the metrics, and of the log."""

    COMPLETE = "complete"
    FAILED = "failed"
    CLIENT_LEFT = "client left"
    CLIENT_TOO_SLOW = "client too slow"
    CLIENT_STALLED = "client stalled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    INVALID = "invalid"
    WORKER_DIED = "worker died"


class OverflowOutcome(StrEnum):
    """What became of a request that was meant for the upstream server; values as those of `Outcome`."""

    # Upstream spoke.
    COMPLETE = "complete"
    FAILED = "failed"
    CLIENT_LEFT = "client left"
    CLIENT_TOO_SLOW = "client too slow"
    CLIENT_STALLED = "client stalled"
    # Upstream declined, and nothing had been sent to the client.
    REFUSED = "refused"
    NO_SPEECH = "no speech"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    SLOW = "slow"
    MEMORY = "memory"
    # Upstream was not asked.
    FULL = "full"
    RESTING = "resting"


@dataclass(slots=True)
class Timings:
    """What happened to the speech of one request, in seconds.

    text_s: from the stream's start to its first segment. queue_s: how long that segment waited for a slot.
    first_audio_s: from the request's arrival to its first bytes (TTFA). audio_s: audio encoded, sent or not.
    synthesis_s: what the engine took for all of it. underrun_s and standstill_s: see `speech.playback.PlaybackClock`.
    """

    text_s: float | None = None
    queue_s: float | None = None
    first_audio_s: float | None = None
    audio_s: float = 0.0
    synthesis_s: float = 0.0
    underrun_s: float | None = None
    standstill_s: float = 0.0

    @property
    def rtf(self) -> float | None:
        """Real-time factor: seconds of synthesis for a second of audio; None without audio."""
        return self.synthesis_s / self.audio_s if self.audio_s else None


@dataclass(slots=True, kw_only=True)
class RequestContext:
    """One request. Made by the outermost middleware; each part of the server writes down what it finds out.

    id: its `x-request-id`. path: without slashes at its end. abort: drops the connection at once, with what the client
    has not taken. key: the number of its API key, None without one. status: of the response, 0 until it begins.
    error: the code of the error that it was answered. reason: why it was refused with a 503. voice, characters, format:
    what a valid request for speech asks for. utterances: that have ended, where text comes in pieces over a connection;
    characters, timings and outcome are those of all of them. overflow: what came of the upstream server, None if it was
    not wanted. timings: of its speech, None without any. outcome: how its speech ended, None without any. duration_s:
    of it all.
    """

    id: str
    method: str
    path: str
    abort: Callable[[], None]
    key: int | None = None
    status: int = 0
    error: str | None = None
    reason: Reason | None = None
    voice: str | None = None
    characters: int | None = None
    format: str | None = None
    utterances: int | None = None
    overflow: OverflowOutcome | None = None
    timings: Timings | None = None
    outcome: Outcome | None = None
    duration_s: float = 0.0

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> RequestContext:
        """The context of the request that this ASGI scope belongs to."""
        context = scope["state"][STATE_KEY]
        assert isinstance(context, cls)
        return context

    def final_outcome(self) -> Outcome:
        """The outcome under which it is counted: where there was no speech, or it failed, the status says why."""
        if self.outcome is not None and self.outcome is not Outcome.FAILED:
            return self.outcome
        if 400 <= self.status < 500:
            return Outcome.INVALID
        return Outcome.REFUSED if self.status == 503 else Outcome.FAILED

    def log_fields(self) -> dict[str, object]:
        """The fields of its log line, in order, without those of which nothing is known."""
        timings = self.timings or Timings()
        fields = {
            "id": self.id,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "voice": self.voice,
            "utterances": self.utterances,
            "characters": self.characters,
            "format": self.format,
            "error": self.error,
            "reason": self.reason,
            "overflow": self.overflow,
            "audio_s": timings.audio_s or None,
            "synthesis_s": timings.synthesis_s or None,
            "ttfa_s": timings.first_audio_s,
            "rtf": timings.rtf,
            "outcome": self.outcome,
            "duration_s": self.duration_s,
        }
        return {name: value for name, value in fields.items() if value is not None}
