"""Engines that begin a batch while they still speak the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from speechd.audio.samples import Audio
from speechd.engines.base import Segment


class EngineLost(Exception):
    """The engine cannot speak again in this process (a GPU's context is gone): the process is to end."""


class PendingBatch(Protocol):
    """Segments that are being synthesised."""

    def wait(self) -> list[Audio | Exception]:
        """As the result of `Synthesizer.synthesize`, once it is there; raises what that would raise. Called once, by
        whichever thread."""
        ...


@runtime_checkable
class SupportsPipelining(Protocol):
    """An engine whose device speaks one batch while it reads the next: the text half of one beside the speech half of
    the other."""

    def submit(self, segments: Sequence[Segment]) -> PendingBatch:
        """Begin to synthesise, and return when the next batch can be submitted: the text half is done, and the speech
        half waits for that of the batch before.

        Called by one thread at a time, with what `synthesize` may be given. What it raises concerns all of them.
        """
        ...
