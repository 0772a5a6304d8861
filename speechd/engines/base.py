"""The engine as a protocol: `prepare` makes a segment of a passage of text, `synthesize` audio of segments.

`load_voice` and `prepare` run in the process that reads the text of a home worker; `synthesize` runs in the one
synthesis thread of any worker, perhaps another one. A segment therefore carries everything that synthesis needs in at
most `PAYLOAD_LIMIT` bytes.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

from speechd.audio.samples import Audio
from speechd.config.settings import Settings
from speechd.voices import Blend, Catalogue

PAYLOAD_LIMIT: Final = 4096
"""Bytes. A segment waits in a row of shared memory, and this is the row's room for it."""


class SegmentTooLong(Exception):
    """The text has more phonemes than one engine call speaks (Kokoro: 510); split it and prepare the parts."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The settings that an engine is given.

    model_dir: folder with Kokoro's weights, None for the hub's cache; device: "auto", "cpu", "cuda" or "mps";
    dtype: of Kokoro's convolutions: "float32", or faster and close "bfloat16" (CPUs that have it) and "float16" (CUDA);
    engine_path: folder with the module of an engine of the operator's own, None for where Python looks anyway.
    """

    model_dir: Path | None = None
    device: str = "auto"
    dtype: str = "float32"
    engine_path: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> EngineOptions:
        """The options among the server's settings."""
        return cls(settings.model_dir, settings.device, settings.dtype, settings.engine_path)


class WordTokens(NamedTuple):
    """A word of a prepared text: its characters from `start` to before `stop`, and its tokens from `token_start` to
    before `token_stop`, as `TokenTime` counts them. Words come in order; a word without a sound has no tokens."""

    start: int
    stop: int
    token_start: int
    token_stop: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A passage of an utterance, prepared for the engine.

    payload: at most `PAYLOAD_LIMIT` bytes, meaningful to the engine that prepared it alone.
    duration_s: predicted audio seconds, for deadlines and expected waits; the truth comes with the audio.
    tokens: what the engine speaks, counted: phonemes (Kokoro) or characters; 0 where it does not say.
    words, phonemes: only where `SynthesisOptions.words` is set: its words with their tokens, and all of its tokens as
    Kokoro's phonemes, empty where it has none of those.
    """

    payload: bytes
    duration_s: float
    tokens: int = 0
    words: tuple[WordTokens, ...] = ()
    phonemes: str = ""


@dataclass(frozen=True, slots=True)
class SynthesisOptions:
    """How a passage is to be spoken.

    blend: the voice, or weighted voices.
    language: BCP 47, lower case ("en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br", "ja", "zh").
    speed: 0.25 ... 4.0, 1.0 is the voice's own.
    seed: for engines that draw noise; equal requests have equal seeds, so that equal requests sound equal.
    words: whether segments are to say which tokens are which word's, and audio when they sound. It changes no sound.
    normalize: whether written forms ("12 km") are turned into words before the engine is given a passage.
    """

    blend: Blend
    language: str
    speed: float = 1.0
    seed: int = 0
    words: bool = False
    normalize: bool = True


class Synthesizer(Protocol):
    """An engine as a slot knows it."""

    @property
    def name(self) -> str:
        """ "kokoro", "espeak", "tone", ..."""
        ...

    @property
    def batch_limit(self) -> int:
        """Segments that one call of `synthesize` is given at most; 1 where several at once are no faster."""
        ...

    @property
    def batch_limit_s(self) -> float:
        """Predicted audio seconds of the segments of one call; a segment that has more is given alone."""
        ...

    def start(self, threads: int) -> None:
        """Raise threads, move to the device, warm up: in the worker, after the fork, before the first synthesis."""
        ...

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        """The audio of each segment, in their order, or the exception with which this one failed.

        Called by one thread at a time, with at least one segment. An exception that is raised says nothing about which
        segment failed: of several, each is then tried alone.
        """
        ...


@runtime_checkable
class Engine(Synthesizer, Protocol):
    """An engine as the server knows it, with what it brings: voices, languages, a sample rate.

    Built in the arbiter before the fork (no forward pass, no thread and no CUDA there), then `start`ed in each worker.
    """

    @property
    def sample_rate(self) -> int:
        """Hz, of the audio that it makes. Audio at another rate than the server's is resampled."""
        ...

    @property
    def model_ids(self) -> Mapping[str, str]:
        """Ids by which requests name its model, and whose each is (`owned_by` of OpenAI's `Model`)."""
        ...

    @property
    def passage_limit(self) -> int:
        """Characters of spoken text that one segment can hold in all but rare cases (see `SegmentTooLong`)."""
        ...

    @property
    def passage_length(self) -> int:
        """Characters of spoken text that a passage has where the text has them: about what sounds best."""
        ...

    def voices(self) -> Catalogue:
        """All voices that can be asked for; some may lack a file or a package, which `load_voice` finds out."""
        ...

    def languages(self) -> Sequence[str]:
        """The languages that it speaks, as `SynthesisOptions` names them; some may lack a package here."""
        ...

    def load_voice(self, options: SynthesisOptions) -> None:
        """Load what speaking so needs (a voice's file, a language's lexicon), if it is not there yet.

        Called before anything is prepared, in every process that does. Raises `InvalidRequest` where this engine
        cannot speak so, for example in a language whose packages are not installed.
        """
        ...

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        """A segment for `text` (spoken text, which may hold `[word](/ipa/)`), or None where nothing can be spoken.

        Raises `SegmentTooLong`.
        """
        ...


class SequentialEngine(ABC):
    """The part of an engine that is the same for all that synthesise one segment at a time."""

    batch_limit: int = 1
    batch_limit_s: float = math.inf

    @abstractmethod
    def speak(self, segment: Segment) -> Audio:
        """The audio of one segment. Any exception means that it failed."""

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        """See `Synthesizer`."""
        return [self._outcome(segment) for segment in segments]

    def _outcome(self, segment: Segment) -> Audio | Exception:
        try:
            return self.speak(segment)
        except Exception as error:  # whatever it raises, it is this segment that failed
            return error


def synthesize_one(engine: Synthesizer, segment: Segment) -> Audio:
    """The audio of one segment. Raises what the engine raised."""
    (outcome,) = engine.synthesize([segment])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A stretch of a segment's audio.

    audio: its samples follow those of the window before, without a gap or a click. Its alignment has the tokens that
    begin in it, in seconds from its own first sample; the last of them may end beyond it.
    state: what the next window needs, for any process that has the engine; empty after the last window.
    left_s: seconds of audio of the segment that are not rendered yet; 0 after the last window.
    """

    audio: Audio
    state: bytes
    left_s: float


@runtime_checkable
class SupportsWindows(Protocol):
    """An engine that can render a segment in windows, one after the other, in any process."""

    @property
    def window_state_limit(self) -> int:
        """Bytes that a state has at most."""
        ...

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        """The next window, of about `wanted_s` seconds; all that is left where that is little more, or `wanted_s` is
        infinite.

        state: of the window before, empty for the first. The same arguments give the same bits, whatever the thread
        count or process. With an empty state and an infinite `wanted_s` the samples are exactly those of `synthesize`.
        Any exception means that the segment failed.
        """
        ...


@runtime_checkable
class SupportsPhonemes(Protocol):
    """An engine that can be given phonemes instead of text: characters of Kokoro's alphabet."""

    def prepare_phonemes(self, phonemes: str, options: SynthesisOptions) -> Segment | None:
        """A segment for these phonemes, or None where they have no sound. Raises `SegmentTooLong`."""
        ...


@runtime_checkable
class SupportsPacks(Protocol):
    """An engine whose voices are files, of which it can make another one."""

    def pack(self, blend: Blend) -> bytes:
        """The file of a voice that sounds like this blend. Raises `InvalidRequest` if one of its voices lacks here."""
        ...


@runtime_checkable
class SupportsUnload(Protocol):
    """An engine with a model that is large enough to be unloaded while nobody asks for speech.

    Called in the arbiter, under the same rules as building it. Without the model, all but `start` and `synthesize`
    works.
    """

    def unload(self) -> None:
        """Give the model's memory back; without effect where there is none."""
        ...

    def load(self) -> None:
        """Load the model again, as it was after building. Any exception means that there is none for now."""
        ...


@runtime_checkable
class Isolated(Protocol):
    """An engine whose `synthesize` has native code parse what clients have written.

    It speaks in a process of its own, whose death ends no worker. `start` is called in the process that forks those,
    and must begin no thread.
    """

    isolated: Literal[True]


@runtime_checkable
class SupportsThreads(Protocol):
    """An engine whose number of threads can change from one call to the next."""

    def set_threads(self, threads: int) -> None:
        """Synthesise on so many threads from now on; called in the thread that calls `synthesize`."""
        ...
