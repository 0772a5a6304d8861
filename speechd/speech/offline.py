"""Speech without a server: the pipeline of a request in one process, for `speechd say`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.resample import resampled
from speechd.encoders import open_encoder
from speechd.engines.base import Engine, SynthesisOptions, synthesize_one
from speechd.errors import InvalidRequest
from speechd.speech.planner import Planner
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

LONGEST_S: Final = 60.0
"""Seconds of a segment, where it can be cut: engines without windows hold all of it."""


def synthesize_file(
    input: str, options: SynthesisOptions, engine: Engine, format: str
) -> Iterator[tuple[bytes, float]]:
    """The bytes of `format`, whole, as they come to be, each with the audio seconds spoken so far.

    `engine` is started. Raises what a request would, `InvalidRequest` or the engine's own exception; and the first of
    them if nothing can be spoken.
    """
    planner = Planner(input, options, engine)
    joiner = SegmentJoiner()
    encoder = open_encoder(format, whole=True)
    spoken_s = 0.0
    try:
        while (planned := planner.next(LONGEST_S)) is not None:
            if isinstance(planned, NotYet):
                continue
            if isinstance(planned, Pause):
                samples = joiner.pause(planned.duration_s)
            else:
                audio = resampled(synthesize_one(engine, planned.segment))
                spoken_s += audio.duration_s
                samples = joiner.add(audio, planned.gap_s, planned.volume).samples
            yield encoder.encode(samples), spoken_s
        if not spoken_s:
            raise InvalidRequest("The text holds nothing that can be spoken.", param="input")
        yield encoder.encode(joiner.finish()) + encoder.finish(), spoken_s
    finally:
        encoder.close()
