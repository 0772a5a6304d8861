"""Overflow: what would be refused here for load goes to another server of OpenAI's contract ("the other").

    Overflow.reply ──▶ OverflowReply ──▶ OtherStream.open ──▶ its first bytes are here: a SpeechReply of them
         └──▶ here           └──▶ here ◀────── Declined: the client has had nothing, and the other is hung up on

Nothing is spoken twice: `here`, which makes the local reply or raises its refusal, is called when the other is done
with. A request that has come from another server is never sent on, so that it cannot go round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Protocol

import httpx

from speechd import __version__
from speechd.api.overflow.upstream import Declined, UpstreamRequest, UpstreamSpeech
from speechd.config.settings import Settings
from speechd.errors import Overloaded
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.exposition import OVERFLOW_FIRST_AUDIO, OVERFLOWS
from speechd.pool.admission import Admission
from speechd.speech.response import (
    ClientLeft,
    ClientTimeouts,
    Message,
    PassthroughFraming,
    Receive,
    Send,
    SpeechResponse,
    Ticket,
    until_disconnect,
)
from speechd.speech.spool import Spool

OVERFLOW_HEADER: Final = "x-speechd-overflow"
"""Header of the requests that are sent on, and of the replies to clients that came from there."""

FORWARDED_HEADERS: Final = ("x-speechd-engine", "x-speechd-warning")
"""Headers of the other's replies that clients get."""

LOAD_REFUSALS: Final = ("count", "wait")
"""Refusals that are the server's, not the client's. A key's own limit stays one."""

BREAKER_OUTCOMES: Final = ("unreachable", "slow")
"""Outcomes for which the other is left alone. To be refused takes no time, and says nothing of the next request."""

KEEP_ALIVE_S: Final = 4.0
"""How long an idle connection is kept: less than uvicorn's 5 s, lest the other closes it while it is being used."""


@dataclass(frozen=True, slots=True)
class SpeechCall:
    """A valid request. id: its x-request-id; body: as received; key: the number of its API key; whole: none of it is
    sent before all is here; sse: as events; patience: with its client; log: the fields of its line."""

    id: str
    body: bytes
    key: int | None
    whole: bool
    sse: bool
    patience: ClientTimeouts
    log: dict[str, Any]


class Reply(Protocol):
    """An ASGI response."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None: ...


class Overflow:
    """The way to the other, for the requests of one worker. Used from its event loop, between `open` and `close`."""

    def __init__(self, settings: Settings, admission: Admission, row: WorkerCounters) -> None:
        self._settings, self._admission, self._row = settings, admission, row
        self._url = speech_url(settings.overflow_url)
        self._rest = CircuitBreaker(settings.overflow_retry_s)

    def open(self) -> None:
        """Get ready; not at the first request, for reading the certificates takes 40 ms."""
        headers = {"user-agent": f"speechd/{__version__}", "accept-encoding": "identity", OVERFLOW_HEADER: "1"}
        if self._settings.overflow_api_key:
            headers["authorization"] = f"Bearer {self._settings.overflow_api_key}"
        self._client = httpx.AsyncClient(
            headers=headers,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none: one client's would go with all others'
            timeout=httpx.Timeout(None, connect=self._settings.overflow_connect_s),  # `UpstreamSpeech` has the others
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_S),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def reply(self, asked: SpeechCall, here: Callable[[], Reply]) -> Reply:
        """The other's reply to what would be refused here for load, or would wait for longer than `overflow_after_s`,
        if the other may be asked; else that of `here`, which raises what it raises."""
        try:
            if self._admission.expected_wait_s() <= self._settings.overflow_after_s:
                return here()
        except Overloaded as refusal:
            if refusal.reason not in LOAD_REFUSALS:
                raise
        ticket = self._admission.admit_overflow(asked.key)
        if ticket is not None and self._rest.may_ask(time.monotonic()):
            spool = Spool(self._settings.max_whole_bytes, self._admission) if asked.whole else None
            return OverflowReply(self, asked, self._stream(asked, spool), spool, ticket, here)
        self.ended(asked, "full" if ticket is None else "resting")
        if ticket is not None:
            ticket.release()
        return here()

    def answered(self, asked: SpeechCall, stream: UpstreamSpeech) -> None:
        """Its first bytes are here."""
        self._rest.end(time.monotonic(), answers=True)
        if not asked.whole and stream.timings.first_audio_s is not None:
            self._row.observe(OVERFLOW_FIRST_AUDIO, stream.timings.first_audio_s)

    def declined(self, asked: SpeechCall, outcome: str) -> None:
        """Nothing has come of it."""
        # A client that waits for less long than we would, or has left, has not found out whether it answers.
        hurried = outcome == "slow" and asked.patience.first_audio_s < self._settings.overflow_first_audio_s
        unknown = outcome == "client left" or hurried
        self._rest.end(time.monotonic(), answers=None if unknown else outcome not in BREAKER_OUTCOMES)
        self.ended(asked, outcome)

    def ended(self, asked: SpeechCall, outcome: str) -> None:
        """What became of it, one of `OVERFLOWS`."""
        asked.log["overflow"] = outcome
        self._row.count(OVERFLOWS, outcome)

    def _stream(self, asked: SpeechCall, spool: Spool | None) -> UpstreamSpeech:
        request = self._client.build_request(
            "POST",
            self._url,
            content=asked.body,
            headers={"content-type": "application/json", "x-request-id": asked.id},
        )
        first_audio_s = min(self._settings.overflow_first_audio_s, asked.patience.first_audio_s)
        wish = UpstreamRequest(asked.sse, first_audio_s, self._settings.overflow_idle_s)
        return UpstreamSpeech(self._client, request, wish, spool)


class OverflowReply:
    """An ASGI response: the other's speech, or `here`'s where it declines. Holds the ticket, the stream and a whole
    reply's spool until one of the two replies."""

    def __init__(
        self,
        overflow: Overflow,
        asked: SpeechCall,
        stream: UpstreamSpeech,
        spool: Spool | None,
        ticket: Ticket,
        here: Callable[[], Reply],
    ) -> None:
        self._overflow, self._asked, self._stream, self._spool = overflow, asked, stream, spool
        self._ticket, self._here = ticket, here

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        declined = await self._open(receive)
        if declined is None:
            self._overflow.answered(self._asked, self._stream)
            await self._reply()(scope, receive, send)
        elif declined == "client left":
            self._asked.log["outcome"] = declined
        else:
            await self._here()(scope, receive, send)

    async def _open(self, receive: Receive) -> str | None:
        """Why there is no reply of the other's, and all is given back; None if there is one."""
        declined: str | None = "broken"
        try:
            await until_disconnect(receive, self._stream.open())
            declined = None
        except Declined as error:
            declined = error.outcome
        except ClientLeft:
            declined = "client left"
        finally:
            if declined is not None:
                try:
                    await self._stream.close()
                finally:
                    if self._spool is not None:
                        self._spool.close()
                    self._ticket.release()
                    self._overflow.declined(self._asked, declined)
        return declined

    def _reply(self) -> SpeechResponse:
        asked, stream = self._asked, self._stream

        def headers() -> dict[str, str]:
            return {OVERFLOW_HEADER: "1"} | {
                name: stream.headers[name] for name in FORWARDED_HEADERS if name in stream.headers
            }

        def ended(outcome: str) -> None:
            asked.log.update(ttfa_s=stream.timings.first_audio_s, outcome=outcome)
            self._overflow.ended(asked, outcome)

        framing = PassthroughFraming(stream.headers["content-type"], sse=asked.sse)
        return SpeechResponse(
            stream, self._ticket, framing, spool=self._spool, headers=headers, patience=asked.patience, ended=ended
        )


class CircuitBreaker:
    """Whether the other is left alone: for a while after it did not answer, and then but for one request at a time,
    until it answers. Moments are of one clock, in seconds."""

    def __init__(self, rest_s: float) -> None:
        self._rest_s = rest_s
        self._until: float | None = None
        self._trying = False

    def may_ask(self, now: float) -> bool:
        """Whether a request may be sent, which must `end` then."""
        if self._until is None:
            return True
        if now < self._until or self._trying:
            return False
        self._trying = True
        return True

    def end(self, now: float, *, answers: bool | None) -> None:
        """What such a request has shown; None: nothing."""
        self._trying = False
        if answers:
            self._until = None
        elif answers is not None and self._rest_s:
            self._until = now + self._rest_s


def speech_url(base_url: str) -> str:
    """Where the server at a base URL speaks. OpenAI's SDKs take theirs with /v1, others without."""
    return base_url.rstrip("/").removesuffix("/v1") + "/v1/audio/speech"
