"""What a server with these settings takes: its limits, files, workers, and the state between two windows."""

from __future__ import annotations

from typing import Final

from speechd.audio.samples import SAMPLE_RATE
from speechd.config.settings import Settings
from speechd.engines.base import Engine, SupportsWindows
from speechd.pool.capacity import Limits
from speechd.server.descriptors import FileDemand
from speechd.server.hooks import DesiredWorkers
from speechd.speech.look_ahead import SEGMENTS_AHEAD
from speechd.speech.spool import STEP_BYTES

FILES_PER_SEGMENT: Final = 2
"""Descriptors of a segment's audio: the file that comes with it, and the map's own."""


def limits(settings: Settings) -> Limits:
    """What is admitted, over all workers."""
    return Limits(
        max_in_flight=settings.max_in_flight,
        max_in_flight_per_key=settings.max_in_flight_per_key,
        max_wait_s=settings.max_wait_s,
        segments_per_request=SEGMENTS_AHEAD,
        synthesis_timeout_s=settings.synthesis_timeout_s,
        max_overflow_in_flight=settings.overflow_max_in_flight,
        max_held_bytes=settings.max_whole_total_bytes,
        max_sessions=settings.max_sessions,
    )


def window_state_limit(settings: Settings, engine: Engine) -> int:
    """Bytes of the state between two windows; 0 where segments are to be synthesised whole."""
    in_windows = settings.windows == "auto" and engine.batch_limit == 1 and engine.sample_rate == SAMPLE_RATE
    return engine.window_state_limit if in_windows and isinstance(engine, SupportsWindows) else 0


def file_demand(settings: Settings) -> FileDemand:
    """The files that the application opens in a worker, at most."""
    audio = settings.max_in_flight * SEGMENTS_AHEAD * FILES_PER_SEGMENT
    overflow = settings.overflow_max_in_flight if settings.overflow_url else 0
    spools = settings.max_whole_total_bytes // STEP_BYTES
    return FileDemand(requests=settings.max_in_flight, streams=audio + overflow, spools=spools)


def desired_workers(settings: Settings, engine: Engine) -> DesiredWorkers:
    """The workers that there are to be: with slots of their own, or with slots beside them.

    An engine that speaks batches is best asked by few, and a GPU's driver is best not in a process that has listeners:
    its failure would end their connections, and its calls would hold up their audio.
    """
    return DesiredWorkers(settings.workers, back_ends=settings.slots or int(engine.batch_limit > 1))
