"""Warm-up: what the first listeners would wait for is done before a worker is ready.

In the arbiter, so that all share it: packs, lexicons, rules, and what readers keep once they have read. In each worker,
because it cannot be shared: the engine's first synthesis.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Sequence
from itertools import chain, cycle, islice, zip_longest
from typing import Final

from speechd.audio.samples import Audio
from speechd.config.settings import InvalidSetting
from speechd.engines.base import Engine, Segment, SupportsWindows, SynthesisOptions, Synthesizer, synthesize_one
from speechd.errors import InvalidRequest
from speechd.languages.table import find_language
from speechd.pool.dispatch import FIRST_WINDOW_S
from speechd.speech.planner import Planned, Planner
from speechd.text.passages import PassageReader
from speechd.voices import Catalogue

BUDGET_S: Final = 1.0
"""Seconds of synthesis by which the server's start may be later. On a CPU a first segment or two fit, and that will do:
the first of the longer ones takes a tenth more than the next (measured). On a GPU, where it is more, all fit."""

LENGTHS: Final = 3
"""Segments planned in each language: a first one, one that it covers, and one of the ordinary length."""

REPEATED: Final = 8
"""Times that the text of a language is repeated for the segments of `LENGTHS`."""

AUTO_VOICES: Final = "auto"
"""In place of a voice: the voices that have a second name in the engine's catalogue (Kokoro's: OpenAI's)."""

log = logging.getLogger("speechd")


def load_voices(engine: Engine, catalogue: Catalogue, voices: Iterable[str]) -> list[SynthesisOptions]:
    """Load what the voices need, in the arbiter before the fork. Returns options for each of their languages.

    A voice that this server lacks is passed over, with a warning. Raises `InvalidSetting` for one that does not exist.
    """
    languages: dict[str, SynthesisOptions] = {}
    for voice in chain.from_iterable(catalogue.aliases if name == AUTO_VOICES else (name,) for name in voices):
        try:
            blend = catalogue.parse(voice)
        except InvalidRequest as error:
            raise InvalidSetting(f"--warm-up (SPEECHD_WARM_UP): {error}") from None
        options = SynthesisOptions(blend, blend.language)
        try:
            engine.load_voice(options)
        except InvalidRequest as error:
            log.warning("no warm-up for the voice %s: %s", voice, error)
        else:
            languages.setdefault(options.language, options)
    for language in languages:
        text = find_language(language).warm_up
        reader = PassageReader(language)
        reader.feed(text)
        reader.finish()
        reader.next(len(text), len(text), engine.passage_limit)
    return list(languages.values())


def plan(engine: Engine, by_language: Iterable[SynthesisOptions]) -> list[Segment]:
    """Plan segments, in the arbiter, as listeners get them: those first that every listener gets first."""
    planned = [_segments(engine, options) for options in by_language]
    return [segment for segment in chain.from_iterable(zip_longest(*planned)) if segment is not None]


def try_out(engine: Synthesizer, segments: Sequence[Segment]) -> tuple[float, float]:
    """Synthesise the segments, in a worker whose engine is started: the first at any cost, others within `BUDGET_S`.

    The first is synthesised twice, and begun in a window where the engine can: what is done only once is no measure of
    the throughput. Returns the fastest after that, because other workers may be starting on the same cores: seconds of
    audio, and what they took; 0 and 0 without segments.
    """
    if engine.batch_limit > 1:
        return _try_out_batch(engine, segments)
    began = time.monotonic()
    for segment in segments[:1]:
        synthesize_one(engine, segment)
        if isinstance(engine, SupportsWindows) and engine.window_state_limit:
            engine.render_window(segment, b"", FIRST_WINDOW_S)
    warm = now = time.monotonic()
    planned_s, fastest = 0.0, (0.0, 0.0)
    for segment in segments:
        if planned_s and now - began + (now - warm) * segment.duration_s / planned_s > BUDGET_S:
            break
        audio_s = synthesize_one(engine, segment).duration_s
        took_s, now = time.monotonic() - now, time.monotonic()
        planned_s += segment.duration_s
        fastest = max(fastest, (audio_s, took_s), key=lambda spoken: spoken[0] / (spoken[1] or math.inf))
    return fastest


def _try_out_batch(engine: Synthesizer, segments: Sequence[Segment]) -> tuple[float, float]:
    """Synthesise as many segments at once as the engine takes, twice: a lone one says little of its throughput."""
    batch: list[Segment] = []
    for segment in islice(cycle(segments), engine.batch_limit):
        if batch and sum(each.duration_s for each in batch) + segment.duration_s > engine.batch_limit_s:
            break
        batch.append(segment)
    audio_s = took_s = 0.0
    for _ in range(2 if batch else 0):
        began = time.monotonic()
        outcomes = engine.synthesize(batch)
        took_s = time.monotonic() - began
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        audio_s = sum(outcome.duration_s for outcome in outcomes if isinstance(outcome, Audio))
    return audio_s, took_s


def _segments(engine: Engine, options: SynthesisOptions) -> list[Segment]:
    segments: list[Segment] = []
    text = find_language(options.language).warm_up  # "" of a language that the engine alone knows
    planner = Planner(text * REPEATED, options, engine)
    while text and len(segments) < LENGTHS:
        planned = planner.next()
        if not isinstance(planned, Planned):
            break
        segments.append(planned.segment)
    return segments
