"""Live sessions: what one connection may have spoken at once, whatever its protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from speechd.api.available import Available
from speechd.api.live.turns import Turns
from speechd.api.local_speech import LocalSpeech, derived_seed
from speechd.audio.joiner import SegmentJoiner
from speechd.config.settings import Settings
from speechd.context import Outcome, RequestContext, Timings
from speechd.encoders import open_encoder
from speechd.encoders.base import Encoder
from speechd.engines.base import SynthesisOptions
from speechd.errors import Overloaded, with_jitter
from speechd.metrics import recording
from speechd.metrics.recording import MeasuredEncoder, StreamMeter
from speechd.pool.admission import Ticket
from speechd.server.session import IN_USE
from speechd.speech.encoding import EncodingStage
from speechd.speech.live.flush_plan import FlushPlan
from speechd.speech.live.guess import FirstSentence
from speechd.speech.live.options import LiveOptions
from speechd.speech.live.plan import LiveTextPlan
from speechd.speech.live.planning import LiveLimits
from speechd.speech.live.utterance import LiveUtterance
from speechd.speech.reader.messages import Utterance
from speechd.speech.reading import Form, Reading

MAX_UTTERANCES: Final = 32
"""Utterances (contexts) that one connection may have at once."""

TEXTS: Final = 2
"""How many of the longest texts all that a connection has open at once may be: what is fed is kept to the end."""

InUse = Callable[[bool], None]
"""Told whether a connection has something to speak: until it has not, it is not ended for want of use."""


@dataclass(frozen=True, slots=True)
class LiveSpeech:
    """The way to this server's slots for text that is still being written, for the connections of one worker.
    available: what can be asked for."""

    local: LocalSpeech
    available: Available

    @property
    def settings(self) -> Settings:
        """The server's."""
        return self.local.settings

    def begin(self, context: RequestContext, in_use: InUse) -> LiveSession:
        """A session, for a connection that is not accepted yet. It holds a place among the sessions until it is closed.

        Raises `Unavailable` if there are too many, or nothing would be spoken now.
        """
        return LiveSession(self.local, context, self.local.admission.admit_session(), in_use)

    def begin_websocket(self, scope: Scope) -> LiveSession:
        """A session, for a WebSocket that is not accepted yet; as `begin`."""
        return self.begin(RequestContext.of(scope), scope["extensions"][IN_USE])


class LiveSession:
    """The utterances of one connection: `open` them, `end` each, and `close` the session in any case."""

    def __init__(self, local: LocalSpeech, context: RequestContext, ticket: Ticket, in_use: InUse) -> None:
        self._local, self._context, self._ticket = local, context, ticket
        self._in_use, self._is_in_use = in_use, False
        self._places = 0  # among the requests in flight, that its utterances hold
        self._turns = Turns(self._has_room)
        self._open: dict[LiveUtterance, StreamMeter] = {}
        context.utterances, context.characters, context.timings = 0, 0, Timings()

    def open(self, options: LiveOptions) -> LiveUtterance:
        """An utterance, which is closed by `end`, or with the session. Raises `Overloaded`: the connection has too many
        already."""
        if len(self._open) >= MAX_UTTERANCES:
            raise Overloaded(
                f"This connection has {MAX_UTTERANCES} contexts already: close one of them.",
                reason="count",
                retry_after_s=with_jitter(1.0),
            )
        utterance, meter = self._made(options)
        self._open[utterance] = meter
        recording.utterance_started(self._local.counters)
        return utterance

    async def end(self, utterance: LiveUtterance) -> None:
        """Close an utterance, whether it is complete or not. Safe to call twice."""
        await utterance.close()
        if (meter := self._open.pop(utterance, None)) is None:
            return
        if utterance.timings.first_audio_s is not None:
            meter.record_first_audio(utterance.timings)
        meter.record_end(utterance.timings)
        recording.utterance_ended(self._local.counters, utterance.outcome, utterance.guesses)
        self._note(utterance)
        self._report()

    async def close(self) -> None:
        """Close what is open, and give the session's place back. Safe to call twice."""
        try:
            await asyncio.gather(*map(self.end, tuple(self._open)))
        finally:
            self._ticket.release()

    async def turn(self) -> bool:
        """See `live.planning.Places`."""
        return await self._turns.wait()

    def admit(self) -> Place:
        """See `live.planning.Places`."""
        if not self._has_room():
            raise Overloaded(
                "This connection has its share of the places.", reason="count", retry_after_s=with_jitter(1.0)
            )
        place = Place(self._local.admission.admit(self._context.key), lambda: self._count_places(-1))
        self._count_places(+1)
        return place

    def _has_room(self) -> bool:
        """Whether its utterances may hold one more place: others need some, too."""
        return not self._places or self._places < self._local.admission.share()

    def _room(self) -> int:
        """Characters that may still be fed."""
        fed = sum(utterance.size for utterance in self._open)
        return TEXTS * self._local.settings.max_input_chars - fed

    def _count_places(self, by: int) -> None:
        self._places += by
        self._turns.call()
        self._report()

    def _report(self) -> None:
        """Tell the connection whether it is in use: while anything is to be spoken, or the end of it to be told."""
        is_in_use = self._places > 0 or any(utterance.is_finished for utterance in self._open)
        if is_in_use != self._is_in_use:
            self._is_in_use = is_in_use
            self._in_use(is_in_use)

    def _note(self, utterance: LiveUtterance) -> None:
        """Write down what became of an utterance, for the log line of the connection."""
        context, all, own = self._context, self._context.timings, utterance.timings
        context.utterances = (context.utterances or 0) + 1
        context.characters = (context.characters or 0) + utterance.characters
        if utterance.outcome not in (Outcome.COMPLETE, Outcome.CANCELLED) or context.outcome is None:
            context.outcome = utterance.outcome
        if all is not None:
            all.audio_s += own.audio_s
            all.synthesis_s += own.synthesis_s
            if all.first_audio_s is None:
                all.first_audio_s = own.first_audio_s

    def _made(self, options: LiveOptions) -> tuple[LiveUtterance, StreamMeter]:
        local, settings = self._local, self._local.settings
        meter = StreamMeter(local.counters, options.format, whole=False)
        # Words are always traced, so that it is known how far a listener was taken.
        synthesis = SynthesisOptions(
            options.blend, options.language, options.speed, seed_of(options), words=True, normalize=options.normalize
        )
        plan, first = self._plan(synthesis, options.reading, meter)
        limits = LiveLimits(
            max_chars=settings.max_input_chars,
            look_ahead_s=settings.look_ahead_s,
            max_wait_s=settings.max_wait_s,
            buffer_delay_s=options.buffer_delay_s,
            has_words=options.words,
        )

        def encoder() -> Encoder:
            return MeasuredEncoder(open_encoder(options.format, whole=False, rate=options.sample_rate), meter)

        encoding = EncodingStage(encoder, SegmentJoiner(options.volume), local.encoding, flush_s=options.flush_s)
        return LiveUtterance(plan, first, local.pool, encoding, self, limits, self._room), meter

    def _plan(
        self, options: SynthesisOptions, reading: Reading, meter: StreamMeter
    ) -> tuple[LiveTextPlan, FirstSentence | None]:
        """The plan of an utterance, and what its first sentence may be guessed from."""
        readers = self._local.readers
        if reading.form is not Form.TEXT:  # what is no plain text is read whole, from flush to flush
            return FlushPlan(lambda utterance: readers.plan(utterance, meter.record_planned), options, reading), None
        plan = readers.live(Utterance("", options, reading=reading), meter.record_planned)
        return plan, FirstSentence(options.language)


class Place:
    """A place among the requests in flight, held until it is released. Releasing it again has no effect."""

    def __init__(self, ticket: Ticket, released: Callable[[], None]) -> None:
        """released: called once, when it is."""
        self._ticket, self._released = ticket, released
        self._is_held = True

    def release(self) -> None:
        """Give the place back."""
        if self._is_held:
            self._is_held = False
            self._ticket.release()
            self._released()


def seed_of(options: LiveOptions) -> int:
    """The seed of an utterance. Equal options have equal ones: the text is not known yet."""
    if options.seed is not None:
        return options.seed
    return derived_seed(options.blend, options.language, options.speed)
