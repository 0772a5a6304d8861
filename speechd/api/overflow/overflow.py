"""Overflow: requests that would be refused here for load go to another server of OpenAI's contract, the upstream.

Overflow.respond ──decide──▶ local: this server's response
                    ├──────▶ upstream: OverflowResponse ──declined──▶ local
                    └──────▶ refused: the refusal is raised
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2
from starlette.types import ASGIApp

from speechd import __version__
from speechd.api.call import SpeechCall
from speechd.api.overflow.circuit_breaker import CircuitBreaker
from speechd.api.overflow.decision import Destination, Facts, decide
from speechd.api.overflow.response import Attempt, OverflowResponse
from speechd.api.overflow.results import OverflowResults
from speechd.api.overflow.upstream import UpstreamRequest, UpstreamSpeech
from speechd.api.paths import OVERFLOW_HEADER, REQUEST_ID_HEADER, SPEECH
from speechd.config.settings import Settings
from speechd.context import OverflowOutcome
from speechd.errors import Unavailable
from speechd.metrics.counters import WorkerCounters
from speechd.pool.admission import Admission
from speechd.speech.spool import Spool

KEEP_ALIVE_S: Final = 4.0
"""How long an idle connection is kept: less than uvicorn's 5 s, so that upstream does not close it while it is used."""


class Overflow:
    """The way to the upstream server, for the requests of one worker. Used from its event loop, between `open` and
    `close`."""

    def __init__(self, settings: Settings, admission: Admission, counters: WorkerCounters) -> None:
        self._settings, self._admission = settings, admission
        self._url = speech_url(settings.overflow_url)
        self._breaker = CircuitBreaker(settings.overflow_retry_s)
        self._results = OverflowResults(self._breaker, counters, settings.overflow_first_audio_s)

    def open(self) -> None:
        """Get ready; not at the first request, because reading the certificates takes 40 ms."""
        headers = {"user-agent": f"speechd/{__version__}", "accept-encoding": "identity", OVERFLOW_HEADER: "1"}
        if self._settings.overflow_api_key:
            headers["authorization"] = f"Bearer {self._settings.overflow_api_key}"
        self._client = httpx2.AsyncClient(
            headers=headers,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none: one client's would go with all others'
            timeout=httpx2.Timeout(None, connect=self._settings.overflow_connect_s),  # `UpstreamSpeech` has the others
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_S),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def respond(self, call: SpeechCall, local: Callable[[], ASGIApp]) -> ASGIApp:
        """The response to a request. local: takes a place and makes this server's response, or raises a refusal.

        Raises `Unavailable` if the request is refused, and whatever else `local` raises.
        """
        facts = Facts(self._admission.expected_wait_s(), may_overflow=not call.is_forwarded)
        refusal: Unavailable | None = None
        # Places are taken from all workers at once, so a decision can be overtaken: what then comes is one more fact.
        while (destination := decide(facts, self._settings.overflow_after_s)) is not Destination.REFUSED:
            try:
                if destination is Destination.LOCAL:
                    return local()
                if (attempt := self._attempt(call)) is not None:
                    return OverflowResponse(call, attempt, self._results, local)
                facts = replace(facts, may_overflow=False)
            except Unavailable as error:
                facts, refusal = replace(facts, refusal=error.reason), error
        assert refusal is not None
        raise refusal

    def _attempt(self, call: SpeechCall) -> Attempt | None:
        """What a request to upstream needs; None if it may not be sent. Raises `Overloaded` for its key's limit."""
        ticket = self._admission.admit_overflow(call.context.key)
        if ticket is None:
            self._results.ended(call, OverflowOutcome.FULL)
            return None
        if not self._breaker.allow(time.monotonic()):
            ticket.release()
            self._results.ended(call, OverflowOutcome.RESTING)
            return None
        spool = Spool(self._settings.max_whole_bytes, self._admission) if call.whole else None
        return Attempt(ticket, self._speech(call, spool), spool)

    def _speech(self, call: SpeechCall, spool: Spool | None) -> UpstreamSpeech:
        headers = {"content-type": "application/json", REQUEST_ID_HEADER: call.context.id}
        request = self._client.build_request("POST", self._url, content=call.body, headers=headers)
        first_audio_s = min(self._settings.overflow_first_audio_s, call.timeouts().first_audio_s)
        wanted = UpstreamRequest(call.wanted.sse, first_audio_s, self._settings.overflow_idle_s)
        return UpstreamSpeech(self._client, request, wanted, spool)


def speech_url(base_url: str) -> str:
    """The address of speech on the server at a base URL, which OpenAI's SDKs write with /v1, and others without."""
    return base_url.rstrip("/").removesuffix("/v1") + SPEECH
