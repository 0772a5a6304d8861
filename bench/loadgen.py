"""Load generator with many listeners, and the figures of what they measured.

Closed loop: each listener sends its next request when it has the response, or has played it. Open loop: requests arrive
at random, whatever became of those before.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.playback import Playback, playback_of
from speechd.cli.tune.client import Client, Response

RETRY_S: Final = 1.0
"""Wait of a listener that was refused and not told when to come back."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and the requests that it is sent."""

    url: str
    format: str = "pcm"
    voice: str = "alloy"
    model: str = "tts-1"
    api_key: str | None = None
    keep_alive: bool = True
    timeout_s: float = 120.0

    def client(self) -> Client:
        """A connection to it."""
        return Client(self.url, api_key=self.api_key, keep_alive=self.keep_alive)

    async def speak(self, client: Client, input: str) -> Response:
        """One request."""
        fields: dict[str, object] = {
            "model": self.model,
            "voice": self.voice,
            "input": input,
            "response_format": self.format,
        }
        return await client.speak(fields, self.timeout_s)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of a request: heard, refused, or failed (neither). Moments and durations in seconds."""

    sent_s: float
    latency_s: float
    playback: Playback | None
    refused: bool
    retry_after_s: float | None
    error: str

    @property
    def come_back_s(self) -> float:
        """Wait before the next request of a listener that heard nothing: as the server asks, else `RETRY_S`."""
        return RETRY_S if self.retry_after_s is None else self.retry_after_s


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures over all outcomes; percentiles and shares of none are None. Durations in seconds, shares in percent.

    rtf: seconds from request to end ÷ seconds of audio; underrun, c50 …: of the streams that did not come all at once;
    audio_s_per_s: audio that arrived within the time measured; errors: how often what went wrong.
    """

    requests: int
    heard: int
    refused: int
    failed: int
    ttfa_p50_s: float | None
    ttfa_p99_s: float | None
    e2e_p99_s: float | None
    rtf_p99: float | None
    underrun_p50_s: float | None
    underrun_p99_s: float | None
    c50: float | None
    c100: float | None
    c200: float | None
    audio_s_per_s: float
    refusal_p99_s: float | None
    errors: dict[str, int]


class LoadGenerator:
    """Sends requests, and collects what comes of them: `outcomes` grows, so that nothing is lost on an interrupt."""

    def __init__(self, target: Target, texts: Iterator[str]) -> None:
        self.outcomes: list[Outcome] = []
        self.began_s = self.stopped_s = time.monotonic()
        self._target, self._texts = target, texts

    async def closed(self, listeners: int, seconds: float, *, realtime: bool = False) -> None:
        """Run so many listeners for so long; then those who wait for a response get it.

        realtime: each sends its next request when it has played the audio, else when it has received it.
        """
        end_s = self._begin(seconds)
        await asyncio.gather(*(self._listen(end_s, realtime=realtime) for _ in range(listeners)))

    async def open(self, rate: float, seconds: float, seed: int = 0) -> None:
        """Requests at random moments (Poisson), `rate` a second on average, each over a connection of its own."""
        end_s = self._begin(seconds)
        gaps = random.Random(seed)
        due_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while (due_s := due_s + gaps.expovariate(rate)) < end_s:
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                group.create_task(self._once())

    async def counted(self, listeners: int, requests: int) -> None:
        """Run so many listeners in a closed loop, until so many requests were not refused. Those that are refused come
        back soon, whatever the server says, because as many as possible are to be served."""
        self._begin(math.inf)
        left = iter(range(requests))
        await asyncio.gather(*(self._ask_while(left) for _ in range(listeners)))
        self.stopped_s = time.monotonic()

    def figures(self) -> Figures:
        """The figures so far."""
        return figures(self.outcomes, self.began_s, min(self.stopped_s, time.monotonic()))

    def _begin(self, seconds: float) -> float:
        self.began_s = time.monotonic()
        self.stopped_s = self.began_s + seconds
        return self.stopped_s

    async def _listen(self, end_s: float, *, realtime: bool) -> None:
        client = self._target.client()
        while time.monotonic() < end_s:
            outcome = await self._ask(client)
            wait_s = 0.0
            if (heard := outcome.playback) and realtime:
                wait_s = heard.began_s + heard.audio_s + (heard.underrun_s or 0.0) - time.monotonic()
            elif heard is None:
                wait_s = outcome.come_back_s
            await asyncio.sleep(max(0.0, min(wait_s, end_s - time.monotonic())))
        client.close()

    async def _ask_while(self, left: Iterator[int]) -> None:
        client = self._target.client()
        for _ in left:
            while True:
                outcome = await self._ask(client)
                if not outcome.refused:
                    break
                await asyncio.sleep(RETRY_S)
        client.close()

    async def _once(self) -> None:
        client = self._target.client()
        await self._ask(client)
        client.close()

    async def _ask(self, client: Client) -> Outcome:
        response = await self._target.speak(client, next(self._texts))
        outcome = outcome_of(response, self._target.format)
        self.outcomes.append(outcome)
        return outcome


def outcome_of(response: Response, format: str) -> Outcome:
    """The outcome of a request. A 200 with nothing audible in it has failed, as has one that broke off."""
    playback = playback_of(response, format) if response.ok else None
    error = ""
    if playback is None and not response.refused:
        error = response.error or (f"status {response.status}" if response.status != 200 else "nothing audible")
    latency_s = response.ended_s - response.sent_s
    return Outcome(response.sent_s, latency_s, playback, response.refused, response.retry_after_s, error)


def figures(outcomes: Sequence[Outcome], began_s: float, ended_s: float) -> Figures:
    """The figures of outcomes; their audio is counted from `began_s` to `ended_s`."""
    heard = [outcome.playback for outcome in outcomes if outcome.playback]
    underruns = [each.underrun_s for each in heard if each.underrun_s is not None]
    refusals = [outcome.latency_s for outcome in outcomes if outcome.refused]
    audio_s = sum(_audio_by(each, ended_s) - _audio_by(each, began_s) for each in heard)
    ttfa = [each.ttfa_s for each in heard]
    return Figures(
        requests=len(outcomes),
        heard=len(heard),
        refused=len(refusals),
        failed=len(outcomes) - len(heard) - len(refusals),
        ttfa_p50_s=percentile(ttfa, 50),
        ttfa_p99_s=percentile(ttfa, 99),
        e2e_p99_s=percentile([each.e2e_s for each in heard], 99),
        rtf_p99=percentile([each.e2e_s / each.audio_s for each in heard], 99),
        underrun_p50_s=percentile(underruns, 50),
        underrun_p99_s=percentile(underruns, 99),
        c50=share_within(underruns, 0.05),
        c100=share_within(underruns, 0.1),
        c200=share_within(underruns, 0.2),
        audio_s_per_s=audio_s / max(1e-9, ended_s - began_s),
        refusal_p99_s=percentile(refusals, 99),
        errors=dict(Counter(outcome.error for outcome in outcomes if outcome.error)),
    )


def percentile(values: Sequence[float], percent: float) -> float | None:
    """A percentile; None of no values."""
    return float(np.percentile(values, percent)) if values else None


def share_within(values: Sequence[float], limit: float) -> float | None:
    """Percent of the values that are at most `limit`; None of no values."""
    return 100 * sum(value <= limit for value in values) / len(values) if values else None


def _audio_by(playback: Playback, at_s: float) -> float:
    index = bisect_right(playback.heard, at_s, key=lambda arrival: arrival[0])
    return playback.heard[index - 1][1] if index else 0.0
