"""What becomes of requests for the upstream server: for the circuit breaker, the metrics and the log."""

from __future__ import annotations

import time
from typing import Final

from speechd.api.call import SpeechCall
from speechd.api.overflow.circuit_breaker import CircuitBreaker
from speechd.context import OverflowOutcome, Timings
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.declarations import OVERFLOW_FIRST_AUDIO, OVERFLOWS

BREAKER_OUTCOMES: Final = (OverflowOutcome.UNREACHABLE, OverflowOutcome.SLOW)
"""Outcomes that open the circuit. A refusal takes no time, and tells nothing of the next request."""


class OverflowResults:
    """Results of one worker's requests. first_audio_s: how long this server waits for the first bytes of a reply."""

    def __init__(self, breaker: CircuitBreaker, counters: WorkerCounters, first_audio_s: float) -> None:
        self._breaker, self._counters, self._first_audio_s = breaker, counters, first_audio_s

    def answered(self, call: SpeechCall, timings: Timings) -> None:
        """Take down that the first bytes of speech are here."""
        self._breaker.record(time.monotonic(), answered=True)
        if not call.whole and timings.first_audio_s is not None:
            self._counters.observe(OVERFLOW_FIRST_AUDIO, timings.first_audio_s)

    def declined(self, call: SpeechCall, outcome: OverflowOutcome, waited_s: float) -> None:
        """Take down that nothing has come of it, and nothing was sent to the client. waited_s: at most, for speech."""
        # A client that left, or that waits for less long than this server would, has not found out whether it answers.
        hurried = outcome is OverflowOutcome.SLOW and waited_s < self._first_audio_s
        unknown = hurried or outcome is OverflowOutcome.CLIENT_LEFT
        self._breaker.record(time.monotonic(), answered=None if unknown else outcome not in BREAKER_OUTCOMES)
        self.ended(call, outcome)

    def ended(self, call: SpeechCall, outcome: OverflowOutcome) -> None:
        """Take down what became of the request."""
        call.context.overflow = outcome
        self._counters.count(OVERFLOWS, outcome)
