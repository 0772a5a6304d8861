"""Speech without a server: the pipeline of a request in one process, for `speechd say`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.resample import resampled
from speechd.encoders import open_encoder
from speechd.encoders.base import Encoder, Sink
from speechd.engines.base import Engine, SynthesisOptions, synthesize_one
from speechd.errors import InvalidRequest
from speechd.speech.planner import Planner
from speechd.text.fed_text import FedText
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

LONGEST_S: Final = 60.0
"""Seconds of a segment, where it can be cut: engines without windows hold all of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a file gains. data: its next bytes, if any. spoken_s: seconds of speech so far. share: how much of the text
    that is, from 0 to 1."""

    data: bytes
    spoken_s: float
    share: float


def synthesize_file(
    input: str,
    options: SynthesisOptions,
    engine: Engine,
    format: str,
    *,
    whole: bool = True,
    sink: Sink | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Generator[Piece, None, None]:
    """The bytes of `format`, as they come to be.

    engine: started. whole, sink: as in `open_encoder`; without a sink, a whole file is held until it is complete.
    is_stopped: asked before each segment. Once it is true the file ends there, complete in itself.

    Raises what a request would, `InvalidRequest` or the engine's own exception; and the first of them if nothing can be
    spoken.
    """
    encoder = open_encoder(format, whole=whole, sink=sink)
    try:
        yield from _pieces(input, options, engine, encoder, is_stopped)
    except BaseException:
        if sink is not None:
            with suppress(Exception):
                encoder.finish()  # so that what there is can be played
        raise
    finally:
        encoder.close()


def _pieces(
    input: str, options: SynthesisOptions, engine: Engine, encoder: Encoder, is_stopped: Callable[[], bool]
) -> Iterator[Piece]:
    planner = Planner(input, options, engine)
    joiner = SegmentJoiner()
    share_of = _shares(input, options.language)
    spoken_s = share = 0.0
    while not is_stopped() and (planned := planner.next(LONGEST_S)) is not None:
        share = share_of(planner.progress.position.read)
        if isinstance(planned, NotYet):
            continue
        if isinstance(planned, Pause):
            samples = joiner.pause(planned.duration_s)
        else:
            audio = resampled(synthesize_one(engine, planned.segment))
            spoken_s += audio.duration_s
            samples = joiner.add(audio, planned.gap_s, planned.volume).samples
        yield Piece(encoder.encode(samples), spoken_s, share)
    if not spoken_s and not is_stopped():
        raise InvalidRequest("The text holds nothing that can be spoken.", param="input")
    if spoken_s:
        yield Piece(encoder.encode(joiner.finish()) + encoder.finish(), spoken_s, share)


def _shares(input: str, language: str) -> Callable[[int], float]:
    """How much of a text its first sentences are, by their number."""
    fed = FedText(language)
    fed.feed(input)
    fed.finish()
    ends = list(accumulate((len(written) if isinstance(written, str) else 0) for written in fed.sentences()))
    return lambda read: ends[min(read, len(ends)) - 1] / ends[-1] if read and ends and ends[-1] else 0.0
