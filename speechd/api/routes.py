"""The HTTP surface: one short endpoint per path."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from speechd import __version__
from speechd.api.overflow.overflow import OVERFLOW_HEADER, Overflow, Reply, SpeechCall
from speechd.api.schema import MODELS, SpeechRequest, parse
from speechd.audio.joiner import SegmentJoiner
from speechd.config.settings import Settings
from speechd.encoders import FORMATS, open_encoder
from speechd.encoders.base import Encoder
from speechd.engines.base import SynthesisOptions
from speechd.engines.registry import LoadedEngine
from speechd.errors import NotFound, NotReady, UnsupportedMediaType, shorten
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.exposition import MEDIA_TYPE, Metrics
from speechd.metrics.recording import MeasuredEncoder, StreamMeter
from speechd.pool.admission import Admission
from speechd.pool.client import PoolClient
from speechd.pool.scoreboard import Scoreboard
from speechd.speech.planner import CHARACTERS_PER_S
from speechd.speech.reading import Readers, Utterance
from speechd.speech.response import ClientTimeouts, Framing, RawFraming, ServerSentEvents, SpeechResponse
from speechd.speech.spool import Spool
from speechd.speech.stream import SpeechStream
from speechd.voices import Catalogue

SPEECH: Final = "/v1/audio/speech"

CREATED = 1_735_689_600
"""Unix seconds, 2025-01-01: about when Kokoro-82M v1.0 came out. OpenAI's `Model` must have a date of creation."""


@dataclass(frozen=True, slots=True)
class Api:
    """The endpoints of one worker, over what they need."""

    settings: Settings
    choice: LoadedEngine
    catalogue: Catalogue
    board: Scoreboard
    admission: Admission
    overflow: Overflow | None
    pool: PoolClient
    readers: Readers
    encode: Executor
    metrics: Metrics
    row: WorkerCounters

    def routes(self) -> list[Route]:
        """Every path of the server."""
        return [
            Route(SPEECH, self.speech, methods=["POST"]),
            Route("/v1/audio/voices", self.voices),
            Route("/v1/models", self.models),
            Route("/v1/models/{id:path}", self.model),
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/metrics", self.scrape),
        ]

    async def speech(self, request: Request) -> Reply:
        """`POST /v1/audio/speech`. A place is taken after the body was read and before any work on the text."""
        _require_json(request)
        body = b"".join([piece async for piece in request.stream()])  # which the request does not keep
        arrival = time.monotonic()
        wanted = parse(body, catalogue=self.catalogue, max_input_chars=self.settings.max_input_chars)
        # A client of HTTP/1.0 knows no chunked transfer: only a length tells it a complete reply from a broken one.
        whole = not wanted.stream or request.scope["http_version"] == "1.0"
        state = request.state
        state.log.update(voice=str(wanted.blend), characters=len(wanted.input), format=wanted.format)
        here = partial(self._reply, request, wanted, whole=whole, arrival=arrival)
        if self.overflow is None or OVERFLOW_HEADER in request.headers:
            return here()
        patience = self._patience(request, arrival)
        return self.overflow.reply(SpeechCall(state.id, body, state.key, whole, wanted.sse, patience, state.log), here)

    def _reply(self, request: Request, wanted: SpeechRequest, *, whole: bool, arrival: float) -> SpeechResponse:
        log: dict[str, Any] = request.state.log
        ticket = self.admission.admit(request.state.key)
        meter = StreamMeter(self.row, wanted.format, whole=whole)
        spool = self._spool(wanted) if whole else None

        def encoder() -> Encoder:
            return MeasuredEncoder(open_encoder(wanted.format, whole=whole, sink=spool), meter)

        limit_s = _longest_whole_s(self.settings, wanted.format) if whole else math.inf
        stream = self._stream(wanted, encoder, arrival, limit_s)

        def headers() -> dict[str, str]:
            return {"x-speechd-engine": self.choice.engine.name, "server-timing": meter.begin(stream.timings)}

        def ended(outcome: str) -> None:
            meter.end(stream.timings)
            log.update(_measured(stream), outcome=outcome)

        return SpeechResponse(
            stream,
            ticket,
            _framing(wanted),
            spool=spool,
            headers=headers,
            patience=self._patience(request, arrival),
            ended=ended,
        )

    def _spool(self, wanted: SpeechRequest) -> Spool:
        expected_s = len(wanted.input) / (CHARACTERS_PER_S * wanted.speed)
        expected_bytes = expected_s * FORMATS[wanted.format].bytes_per_s
        return Spool(self.settings.max_whole_bytes, self.admission, expected_bytes)

    def _stream(
        self, wanted: SpeechRequest, open_encoder: Callable[[], Encoder], arrival: float, limit_s: float
    ) -> SpeechStream:
        delivery = SynthesisOptions(wanted.blend, wanted.language, wanted.speed, _seed(wanted))
        return SpeechStream(
            self.readers.read(Utterance(wanted.input, delivery, limit_s)),
            self.pool,
            open_encoder,
            self.encode,
            joiner=SegmentJoiner(wanted.speed, wanted.volume),
            look_ahead_s=self.settings.look_ahead_s,
            arrival=arrival,
        )

    def _patience(self, request: Request, arrival: float) -> ClientTimeouts:
        # OpenAI's SDKs say how long they wait between two reads; working beyond it would be for nobody.
        stated = request.headers.get("x-stainless-read-timeout", "")
        first_audio_s = self.settings.synthesis_timeout_s + self.settings.max_wait_s
        if stated.replace(".", "", 1).isdecimal():
            first_audio_s = min(first_audio_s, float(stated) - (time.monotonic() - arrival))
        return ClientTimeouts(write_s=self.settings.write_timeout_s, first_audio_s=first_audio_s)

    async def voices(self, request: Request) -> Response:
        """`GET /v1/audio/voices`, a convention of the self-hosted servers."""
        return JSONResponse(
            {
                "voices": [
                    {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
                    for voice in self.catalogue
                ]
            }
        )

    async def models(self, request: Request) -> Response:
        """`GET /v1/models`."""
        return JSONResponse({"object": "list", "data": [_model(id) for id in MODELS]})

    async def model(self, request: Request) -> Response:
        """`GET /v1/models/{id}`."""
        id = request.path_params["id"]
        if id not in MODELS:
            raise NotFound(f"The model '{shorten(id)}' does not exist here.", param="model", code="model_not_found")
        return JSONResponse(_model(id))

    async def health(self, request: Request) -> Response:
        """`GET /health`: the process answers. What it serves with is stated, for people; where there are keys, the most
        of it for those who have one."""
        board = self.board
        health: dict[str, object] = {"status": "ok", "engine": self.choice.engine.name, "ready": board.ready}
        if request.state.key is not None or not self.settings.api_keys:
            health |= {
                "version": __version__,
                "in_flight": int(board.in_flight.sum()),
                "waiting": board.queue.waiting,
                "running": board.queue.running,
                "model": board.model.state.name.lower(),
                "workers": board.states(),
            }
        if self.choice.warning:
            health["warning"] = self.choice.warning
        return JSONResponse(health)

    async def ready(self, request: Request) -> Response:
        """`GET /ready`: some worker's engine is warm, or will be once a request comes; and the server is not on its way
        out."""
        if not self.board.is_ready():
            raise NotReady("The server is loading or draining.", reason="not ready", retry_after_s=2.0)
        return JSONResponse({"status": "ready", "model": self.board.model.state.name.lower()})

    async def scrape(self, request: Request) -> Response:
        """`GET /metrics`, of the whole server; for Prometheus, and like `/health` without a key."""
        return Response(self.metrics.render(), media_type=MEDIA_TYPE)


def _require_json(request: Request) -> None:
    """Without a type there is no telling a program's request from one that any web page can have sent."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        instead = f", not as '{shorten(media_type)}'" if media_type else ""
        raise UnsupportedMediaType(f"Send the request with the header 'Content-Type: application/json'{instead}.")


def _framing(wanted: SpeechRequest) -> Framing:
    return ServerSentEvents(len(wanted.input)) if wanted.sse else RawFraming(FORMATS[wanted.format].media_type)


def _longest_whole_s(settings: Settings, format: str) -> float:
    """Seconds of audio that a whole reply may have. How many a codec makes of its bytes is not known beforehand."""
    known = FORMATS[format]
    return min(settings.max_whole_s, settings.max_whole_bytes / known.bytes_per_s if known.is_raw else math.inf)


def _seed(wanted: SpeechRequest) -> int:
    """Equal requests sound equal, whichever worker serves them."""
    if wanted.seed is not None:
        return wanted.seed
    content = f"{wanted.blend}\n{wanted.language}\n{wanted.speed}\n{wanted.input}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=7).digest())


def _measured(stream: SpeechStream) -> dict[str, float]:
    timings = stream.timings
    measured = {"audio_s": timings.audio_s, "synthesis_s": timings.synthesis_s}
    if timings.first_audio_s is not None:
        measured["ttfa_s"] = timings.first_audio_s
    if timings.audio_s:
        measured["rtf"] = timings.synthesis_s / timings.audio_s
    return measured


def _model(id: str) -> dict[str, object]:
    return {"id": id, "object": "model", "created": CREATED, "owned_by": MODELS[id]}
