"""Live sessions: what one connection may have spoken at once, whatever its protocol."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from speechd.api.local_speech import LocalSpeech
from speechd.audio.joiner import SegmentJoiner
from speechd.context import RequestContext
from speechd.encoders import open_encoder
from speechd.encoders.base import Encoder
from speechd.engines.base import SynthesisOptions
from speechd.errors import Overloaded, with_jitter
from speechd.metrics.recording import MeasuredEncoder, StreamMeter
from speechd.pool.admission import Ticket
from speechd.speech.encoding import EncodingStage
from speechd.speech.live.flush_plan import FlushPlan
from speechd.speech.live.options import LiveOptions
from speechd.speech.live.utterance import LiveLimits, LiveUtterance

MAX_UTTERANCES: Final = 32
"""Utterances (contexts) that one connection may have at once."""


@dataclass(frozen=True, slots=True)
class LiveSpeech:
    """The way to this server's slots for text that is still being written, for the connections of one worker."""

    local: LocalSpeech

    def begin(self, context: RequestContext) -> LiveSession:
        """A session, for a connection that is not accepted yet. It holds a place among the sessions until it is closed.

        Raises `Unavailable` if there are too many, or nothing would be spoken now.
        """
        return LiveSession(self.local, context, self.local.admission.admit_session())


class LiveSession:
    """The utterances of one connection: `open` them, and `close` the session in any case."""

    def __init__(self, local: LocalSpeech, context: RequestContext, ticket: Ticket) -> None:
        self.context = context
        self._local, self._ticket = local, ticket
        self._open: dict[LiveUtterance, StreamMeter] = {}

    def open(self, options: LiveOptions) -> LiveUtterance:
        """An utterance, which is closed by `end`, or with the session. Raises `Overloaded`: the connection has too many
        already."""
        if len(self._open) >= MAX_UTTERANCES:
            raise Overloaded(
                f"This connection has {MAX_UTTERANCES} contexts already: close one of them.",
                reason="count",
                retry_after_s=with_jitter(1.0),
            )
        settings = self._local.settings
        meter = StreamMeter(self._local.counters, options.format, whole=False)
        synthesis = SynthesisOptions(
            options.blend, options.language, options.speed, seed_of(options), True, options.normalize
        )
        plan = FlushPlan(
            lambda utterance: self._local.readers.plan(utterance, meter.record_planned), synthesis, options.reading
        )
        limits = LiveLimits(
            max_chars=settings.max_input_chars,
            look_ahead_s=settings.look_ahead_s,
            max_wait_s=settings.max_wait_s,
            buffer_delay_s=options.buffer_delay_s,
            has_words=options.words,
        )
        utterance = LiveUtterance(plan, self._local.pool, self._encoding(options, meter), self._admit, limits)
        self._open[utterance] = meter
        return utterance

    @property
    def is_idle(self) -> bool:
        """Whether none of its utterances has anything to speak now."""
        return all(utterance.is_idle for utterance in self._open)

    async def end(self, utterance: LiveUtterance) -> None:
        """Close an utterance, whether it is complete or not. Safe to call twice."""
        await utterance.close()
        if (meter := self._open.pop(utterance, None)) is not None:
            meter.record_end(utterance.timings)

    async def close(self) -> None:
        """Close what is open, and give the session's place back. Safe to call twice."""
        try:
            await asyncio.gather(*map(self.end, tuple(self._open)))
        finally:
            self._ticket.release()

    def _admit(self) -> Ticket:
        return self._local.admission.admit(self.context.key)

    def _encoding(self, options: LiveOptions, meter: StreamMeter) -> EncodingStage:
        def encoder() -> Encoder:
            opened = open_encoder(options.format, whole=False, rate=options.sample_rate)
            return MeasuredEncoder(opened, meter)

        return EncodingStage(encoder, SegmentJoiner(options.volume), self._local.encoding)


def seed_of(options: LiveOptions) -> int:
    """The seed of an utterance. Equal options have equal ones: the text is not known yet."""
    if options.seed is not None:
        return options.seed
    content = f"{options.blend}\n{options.language}\n{options.speed}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=7).digest())
