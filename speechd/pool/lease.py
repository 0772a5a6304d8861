"""What the queue hands out: the place of a segment, and the window of one that a slot has taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from speechd.engines.base import Segment


class Place(NamedTuple):
    """A segment in the queue: its row, and the serial number that tells it from the row's next segment."""

    row: int
    serial: int


class Work(NamedTuple):
    """What was done for a segment: audio seconds, seconds that slots took for them, and seconds that they would have
    taken on one slot's own threads."""

    audio_s: float
    busy_s: float
    own_s: float


@dataclass(frozen=True, slots=True)
class Lease:
    """A window of a segment that a slot has taken; all of the segment where the queue has no windows.

    deadline: seconds of `time.monotonic()`. window: its number within the segment. wanted_s: audio seconds, infinite
    for all that is left; state: of the window before. A window that is taken again, after a death, has the same of
    both, and hence the same samples. has_listener: whether somebody hears the stream already. left_s: audio seconds
    that are left of the segment.
    """

    place: Place
    home: int
    segment: Segment
    deadline: float
    window: int
    wanted_s: float
    state: bytes
    has_listener: bool
    left_s: float
