"""`speechd synthesize_file`: the pipeline of a request in one process, without a server."""

from __future__ import annotations

from collections.abc import Iterator

from speechd.audio.joiner import SegmentJoiner, gap_s
from speechd.encoders import open_encoder
from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import NothingToSpeak
from speechd.pool.capacity import StreamBudget
from speechd.speech.planner import Planner
from speechd.text.markup import Pause
from speechd.text.passages import NotYet


def synthesize_file(
    input: str, delivery: SynthesisOptions, engine: Engine, format: str
) -> Iterator[tuple[bytes, float]]:
    """The bytes of `format`, whole, as they come to be, each with the audio seconds spoken so far.

    `engine` is started. Raises what a request would: `InvalidRequest`, `NothingToSpeak`, or the engine's own exception.
    """
    planner = Planner(input, delivery, engine)
    joiner = SegmentJoiner(delivery.speed)
    encoder = open_encoder(format, whole=True)
    spoken_s = 0.0
    try:
        # Nobody listens yet: all segments may be as long as is efficient.
        while (planned := planner.next(60.0, StreamBudget(realtime_factor=60.0))) is not None:
            if isinstance(planned, NotYet):
                continue
            if isinstance(planned, Pause):
                samples = joiner.pause(planned.duration_s)
            else:
                audio = engine.synthesize(planned.segment)
                spoken_s += audio.duration_s
                samples = joiner.push(audio, gap_s(planned.boundary))
            yield encoder.encode(samples), spoken_s
        if not spoken_s:
            raise NothingToSpeak("The text holds nothing that can be spoken.", param="input")
        yield encoder.encode(joiner.finish()) + encoder.finish(), spoken_s
    finally:
        encoder.close()
