"""Speech of this server's own slots, as the response to a request."""

from __future__ import annotations

import hashlib
import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request

from speechd.api.call import SpeechCall
from speechd.api.captions import caption_headers, framing
from speechd.api.downloads import Downloads
from speechd.api.paths import ENGINE_HEADER, SILENCE_HEADER
from speechd.api.saved_speech import SavedFiles, SavedSpeech, SavedTimes
from speechd.api.schema import SpeechRequest
from speechd.audio.joiner import SegmentJoiner
from speechd.config.settings import Settings
from speechd.context import Outcome, RequestContext
from speechd.encoders import FORMATS, open_encoder
from speechd.encoders.base import Encoder
from speechd.engines.base import SynthesisOptions
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.recording import MeasuredEncoder, StreamMeter
from speechd.pool.admission import Admission
from speechd.pool.client import PoolClient
from speechd.speech.cues import CueBuilder
from speechd.speech.disconnect import until_disconnect
from speechd.speech.encoding import EncodingStage
from speechd.speech.explaining import Explained, explained
from speechd.speech.passage_sizes import CHARACTERS_PER_S
from speechd.speech.reader.messages import Utterance
from speechd.speech.reader.pool import ReaderPool
from speechd.speech.reading import Form
from speechd.speech.response import SpeechResponse
from speechd.speech.sentence_times import SentenceTimes
from speechd.speech.spool import Spool
from speechd.speech.stream import SpeechStream

NOTHING_TO_SPEAK: Final = "nothing to speak"
"""The value of `SILENCE_HEADER`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSpeech:
    """The way to this server's slots, for the requests of one worker. encoding: a single thread, for encoders."""

    settings: Settings
    engine_name: str
    admission: Admission
    pool: PoolClient
    readers: ReaderPool
    encoding: Executor
    counters: WorkerCounters
    downloads: Downloads

    def respond(self, call: SpeechCall) -> SpeechResponse:
        """The response, which holds a place; raises `Unavailable` if there is none."""
        ticket = self.admission.admit(call.context.key)
        meter = StreamMeter(self.counters, call.wanted.format, whole=call.whole)
        spool = self._spool(call.wanted) if call.whole else None
        stream = self._stream(call, spool, meter)
        framed = framing(call.wanted, whole=call.whole)
        saved = SavedSpeech(stream, partial(self._keep, call.wanted), spool) if call.wanted.download else None
        context = call.context
        context.timings = timings = stream.timings

        def headers() -> dict[str, str]:
            meter.record_first_audio(timings)
            told = {ENGINE_HEADER: self.engine_name, "server-timing": meter.server_timing(timings)}
            if stream.is_silence:
                told[SILENCE_HEADER] = NOTHING_TO_SPEAK
            return told | (saved.headers() if saved is not None else {}) | caption_headers(framed)

        def ended(outcome: Outcome) -> None:
            meter.record_end(timings)
            context.outcome = outcome

        return SpeechResponse(
            saved or stream,
            ticket,
            framed,
            spool=spool,
            headers=headers,
            timeouts=call.timeouts(),
            abort=context.abort,
            ended=ended,
        )

    async def explain(self, request: Request, wanted: SpeechRequest) -> list[Explained]:
        """What the request would speak. It holds a place meanwhile; raises `Unavailable` if there is none, and
        `ClientLeft`."""
        options = SynthesisOptions(wanted.blend, wanted.language, wanted.speed, words=True, normalize=wanted.normalize)
        utterance = Utterance(wanted.input, options, math.inf, wanted.extension.reading)
        ticket = self.admission.admit(RequestContext.of(request.scope).key)
        try:
            return await until_disconnect(request.receive, explained(self.readers.plan(utterance)))
        finally:
            ticket.release()

    def _keep(self, wanted: SpeechRequest) -> SavedFiles | None:
        """Begin the files of a reply that is to be kept; None if there can be none."""
        audio = self.downloads.begin(wanted.format)
        times = audio.beside() if audio is not None and wanted.timing else None
        if audio is None or times is None:
            return None if audio is None else SavedFiles(audio)
        has_voices = wanted.extension.reading.form in (Form.TAGS, Form.SSML)
        sentences = SentenceTimes(CueBuilder(wanted.input, wanted.language), voices=has_voices)
        return SavedFiles(audio, SavedTimes(sentences, times))

    def _spool(self, wanted: SpeechRequest) -> Spool:
        expected_s = len(wanted.input) / (CHARACTERS_PER_S * wanted.speed)
        expected_bytes = expected_s * FORMATS[wanted.format].bytes_per_s_at(wanted.sample_rate)
        return Spool(self.settings.max_whole_bytes, self.admission, expected_bytes)

    def _stream(self, call: SpeechCall, spool: Spool | None, meter: StreamMeter) -> SpeechStream:
        wanted = call.wanted
        is_timed, reading = wanted.extension.is_timed or wanted.timing, wanted.extension.reading
        options = SynthesisOptions(
            wanted.blend, wanted.language, wanted.speed, seed_of(wanted), is_timed, wanted.normalize
        )
        limit_s = longest_whole_s(self.settings, wanted.format, wanted.sample_rate) if call.whole else math.inf
        return SpeechStream(
            self.readers.plan(Utterance(wanted.input, options, limit_s, reading), meter.record_planned),
            self.pool,
            self._encoding(call, spool, meter),
            look_ahead_s=self.settings.look_ahead_s,
            arrival=call.arrival,
        )

    def _encoding(self, call: SpeechCall, spool: Spool | None, meter: StreamMeter) -> EncodingStage:
        wanted = call.wanted

        def encoder(whole: bool = call.whole) -> Encoder:
            return MeasuredEncoder(open_encoder(wanted.format, whole=whole, sink=spool, rate=wanted.sample_rate), meter)

        return EncodingStage(
            encoder,
            SegmentJoiner(wanted.volume),
            self.encoding,
            grown=spool.charge if spool is not None else None,
            open_whole=None if call.whole else partial(encoder, whole=True),
            at_once_s=FORMATS[wanted.format].at_once_s,
        )


def longest_whole_s(settings: Settings, format: str, rate: int) -> float:
    """How many seconds of audio a whole reply may have. How many a codec makes of its bytes is not known beforehand.

    rate: of its samples, in Hz."""
    known = FORMATS[format]
    return min(
        settings.max_whole_s, settings.max_whole_bytes / known.bytes_per_s_at(rate) if known.is_raw else math.inf
    )


def seed_of(wanted: SpeechRequest) -> int:
    """The seed of a request. Equal requests have equal ones, so that they sound equal, whichever worker serves them."""
    if wanted.seed is not None:
        return wanted.seed
    return derived_seed(wanted.blend, wanted.language, wanted.speed, wanted.input)


def derived_seed(*parts: object) -> int:
    """A seed that follows from these: equal ones for equal parts."""
    return int.from_bytes(hashlib.blake2b("\n".join(map(str, parts)).encode(), digest_size=7).digest())
