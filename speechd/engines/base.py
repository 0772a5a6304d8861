"""What an engine is: `prepare` makes a segment of a passage of text, `synthesize` turns the segment into audio.

`check` and `prepare` run in the process that reads the text of a home worker; `synthesize` runs in the one synthesis
thread of any worker, perhaps another one. The segment therefore carries everything that synthesis needs in at most
`PAYLOAD_LIMIT` bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

from speechd.audio.samples import Audio
from speechd.voices import Blend

PAYLOAD_LIMIT: Final = 4096
"""Bytes. A segment waits in a row of shared memory, and this is the row's room for it."""


class SegmentTooLong(Exception):
    """The text has more phonemes than one engine call speaks (Kokoro: 510); split it and prepare the parts."""


def speakable(text: str) -> bool:
    """Whether anything in `text` has a spoken form: a letter, a digit or a symbol, not punctuation and spaces alone."""
    return any(unicodedata.category(character)[0] in "LNS" for character in text)


@dataclass(frozen=True, slots=True)
class Segment:
    """What one engine call speaks.

    payload: at most `PAYLOAD_LIMIT` bytes, meaningful to the engine that prepared it alone.
    duration_s: predicted audio seconds, for deadlines and expected waits; the truth comes with the audio.
    """

    payload: bytes
    duration_s: float


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """How a passage is to be spoken.

    blend: the voice, or weighted voices.
    language: BCP 47, lower case ("en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br", "ja", "zh").
    speed: 0.25 ... 4.0, 1.0 is the voice's own.
    seed: for engines that draw noise; equal requests have equal seeds, so that equal requests sound equal.
    """

    blend: Blend
    language: str
    speed: float = 1.0
    seed: int = 0


class Speaker(Protocol):
    """An engine as a slot knows it."""

    @property
    def name(self) -> str:
        """ "kokoro", "espeak", "tone", ..."""
        ...

    def start(self, threads: int) -> None:
        """In the worker, after the fork, before the first synthesis: raise threads, move to the device, warm up."""
        ...

    def synthesize(self, segment: Segment) -> Audio:
        """Speak the segment. Only ever called from one thread at a time. Any exception means that it failed."""
        ...


@runtime_checkable
class Engine(Speaker, Protocol):
    """Turns segments into audio at `SAMPLE_RATE`.

    Built in the arbiter before the fork (no forward pass, no thread and no CUDA there), then `start`ed in each worker.
    """

    @property
    def passage_limit(self) -> int:
        """Characters of spoken text that one segment can hold in all but rare cases (see `SegmentTooLong`)."""
        ...

    @property
    def efficient_length(self) -> int:
        """Characters of spoken text at which synthesis costs least per audio second; segments grow up to it."""
        ...

    def check(self, delivery: SynthesisOptions) -> None:
        """Raise `InvalidRequest` if this engine cannot speak so (a language that is not installed, say).

        May load what the delivery needs (a voice pack); called before anything is prepared, in every process that does.
        """
        ...

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
        """A segment for `text` (spoken text, which may hold `[word](/ipa/)`), or None where nothing can be spoken.

        Raises `SegmentTooLong`.
        """
        ...


@runtime_checkable
class SupportsUnload(Protocol):
    """An engine with a model that is large enough to be put away while nobody asks for speech. In the arbiter, under
    the same rules as building it. Without the model, all but `start` and `synthesize` works."""

    def unload(self) -> None:
        """Give the model's memory back; without effect where there is none."""
        ...

    def load(self) -> None:
        """Have the model again, as after building. Any exception means that there is none; it may be any moment's."""
        ...


@runtime_checkable
class Isolated(Protocol):
    """An engine whose `synthesize` has native code parse what clients have written. It speaks in a process of its own,
    whose death ends no worker. `start` is called in the process that forks those: it must begin no thread."""

    isolated: Literal[True]


@runtime_checkable
class SupportsThreads(Protocol):
    """An engine that speaks on more threads or fewer from one segment to the next."""

    def use(self, threads: int) -> None:
        """Speak on so many from now on; called where `synthesize` is."""
        ...
