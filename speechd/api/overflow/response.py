"""The response to a request that was sent to the upstream server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from speechd.api.call import SpeechCall
from speechd.api.overflow.results import OverflowResults
from speechd.api.overflow.upstream import Declined, UpstreamSpeech
from speechd.api.paths import ENGINE_HEADER, OVERFLOW_HEADER, WARNING_HEADER
from speechd.context import Outcome, OverflowOutcome
from speechd.pool.admission import Ticket
from speechd.speech.disconnect import ClientLeft, until_disconnect
from speechd.speech.framing import PassthroughFraming
from speechd.speech.response import SpeechResponse
from speechd.speech.spool import Spool

FORWARDED_HEADERS: Final = (ENGINE_HEADER, WARNING_HEADER)
"""Headers of upstream's replies that are passed on to clients."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a request to the upstream server holds: its place among those, the reply, and the spool of a whole one."""

    ticket: Ticket
    speech: UpstreamSpeech
    spool: Spool | None

    async def close(self) -> None:
        """Give everything back; hang up on the server if its reply has not ended."""
        try:
            await self.speech.close()
        finally:
            if self.spool is not None:
                self.spool.close()
            self.ticket.release()


class OverflowResponse:
    """An ASGI response: upstream's speech, or, if it declines, the response that `local` makes or the error it raises.

    Nothing is spoken twice: `local` is called once the attempt has given everything back.
    """

    def __init__(
        self, call: SpeechCall, attempt: Attempt, results: OverflowResults, local: Callable[[], ASGIApp]
    ) -> None:
        self._call, self._attempt, self._results, self._local = call, attempt, results, local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declined = await self._open(receive)
        if declined is None:
            self._results.answered(self._call, self._attempt.speech.timings)
            await self._response()(scope, receive, send)
        elif declined is OverflowOutcome.CLIENT_LEFT:
            self._call.context.outcome = Outcome.CLIENT_LEFT
        else:
            await self._local()(scope, receive, send)

    async def _open(self, receive: Receive) -> OverflowOutcome | None:
        """Wait for upstream's speech: None once it is here; else why there is none, after everything is given back."""
        declined: OverflowOutcome | None = OverflowOutcome.BROKEN
        try:
            await until_disconnect(receive, self._attempt.speech.open())
            declined = None
        except Declined as error:
            declined = error.outcome
        except ClientLeft:
            declined = OverflowOutcome.CLIENT_LEFT
        finally:
            if declined is not None:
                try:
                    await self._attempt.close()
                finally:
                    self._results.declined(self._call, declined, waited_s=self._attempt.speech.wanted.first_audio_s)
        return declined

    def _response(self) -> SpeechResponse:
        speech, context = self._attempt.speech, self._call.context

        def headers() -> dict[str, str]:
            passed_on = {name: speech.headers[name] for name in FORWARDED_HEADERS if name in speech.headers}
            return {OVERFLOW_HEADER: "1"} | passed_on

        def ended(outcome: Outcome) -> None:
            context.timings, context.outcome = speech.timings, outcome
            self._results.ended(self._call, OverflowOutcome(outcome))

        return SpeechResponse(
            speech,
            self._attempt.ticket,
            PassthroughFraming(speech.headers["content-type"], sse=self._call.wanted.sse),
            spool=self._attempt.spool,
            headers=headers,
            timeouts=self._call.timeouts(),
            abort=context.abort,
            ended=ended,
        )
