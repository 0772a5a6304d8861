"""Compares passages in windows with the same passages whole, on a user's own weights; part of `speechd verify`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.cpu.norm_statistics import Carried, Given, Own, Statistics
from speechd.engines.kokoro.cpu.passage import Passage
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.window_joins import end_of_window
from speechd.engines.kokoro.cpu.windows import Voice
from speechd.engines.kokoro.distance import loudness_step_db, snr_db, spectral_distance_db, spectral_step_db
from speechd.engines.kokoro.model import SAMPLE_RATE

FRAMES_PER_S: Final = 40
GROWING_S: Final = (1.0, 2.0, 4.0)
"""Seconds of the windows of one passage as a listener gets them; the last is that of all further ones."""

LENGTHS: Final = (60, 150)
"""Tokens of the passages that are compared: a sentence, and about what passages have."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far sound in windows is from the whole. Steps are the means over all joins, nan where there is none.

    snr_db, spectra_db: as in `distance`; loudness_step_db, spectral_step_db: at the joins; whole_...: in the whole
    passage, at the same places.
    """

    snr_db: float
    spectra_db: float
    loudness_step_db: float
    whole_loudness_step_db: float
    spectral_step_db: float
    whole_spectral_step_db: float


class WholePassage:
    """A passage, rendered whole, and in windows as they are asked for."""

    def __init__(self, model: CpuModel, input_ids: Tensor, style: Tensor, speed: float = 1.0, seed: int = 0) -> None:
        """Arguments as for `CpuModel`."""
        self._model = model
        with torch.inference_mode():
            self.passage = Passage.of(model.prosody(input_ids, style, speed))
            self.voice: Voice = model.voice(style, seed)
            whole = Own()
            self.samples = self.render(Stretch.whole(self.passage.frames), whole)
        self._statistics = whole.seen

    @torch.inference_mode()
    def render(self, core: Stretch, statistics: Statistics) -> Tensor:
        """The frames `core` as one window."""
        return self._model.renderer.render(self.passage, self.voice, core, statistics)

    def given(self, ends: Sequence[int]) -> Tensor:
        """All samples, in windows that end before the frames `ends`, with the statistics of the whole."""
        return self._joined(ends, lambda: Given(self._statistics))

    def own(self, ends: Sequence[int]) -> Tensor:
        """The same, each with its own statistics."""
        return self._joined(ends, Own)

    def carried(self, ends: Sequence[int]) -> Tensor:
        """The same, with statistics carried from window to window."""
        made: list[Carried] = []

        def next_statistics() -> Carried:
            made.append(Carried(made[-1].after if made else np.empty(0, np.float32)))
            return made[-1]

        return self._joined(ends, next_statistics)

    def ends(self, lengths_s: Sequence[float]) -> list[int]:
        """Where windows of about these lengths end, in frames; further ones are as long as the last."""
        ends = [0]
        for wanted_s in itertools.chain(lengths_s, itertools.repeat(lengths_s[-1])):
            ends.append(end_of_window(self.passage, ends[-1], wanted_s * FRAMES_PER_S))
            if ends[-1] == self.passage.frames:
                break
        return ends[1:]

    def distance(self, samples: Tensor, ends: Sequence[int]) -> Distance:
        """How far samples in windows are from the whole."""
        frame = len(self.samples) // self.passage.frames
        places = [end * frame for end in ends[:-1]]
        steps = [
            mean(step(sound, place) for place in places)
            for step in (loudness_step_db, spectral_step_db)
            for sound in (samples, self.samples)
        ]
        return Distance(snr_db(self.samples, samples), spectral_distance_db(self.samples, samples), *steps)

    @torch.inference_mode()
    def _joined(self, ends: Sequence[int], statistics: Callable[[], Statistics]) -> Tensor:
        return self._model.renderer.joined(self.passage, self.voice, ends, statistics)


def mean(values: Iterable[float]) -> float:
    """nan of none."""
    found = list(values)
    return sum(found) / len(found) if found else math.nan


@dataclass(frozen=True, slots=True)
class WindowComparison:
    """One passage in windows against the whole. given_db: signal-to-noise ratio with the statistics of the whole."""

    tokens: int
    audio_s: float
    windows: int
    given_db: float
    carried: Distance

    def exact(self, snr_db: float) -> bool:
        """Whether windows are the same function but for the norms' statistics; snr_db: what to ask of the waveform."""
        return self.given_db >= snr_db

    def __str__(self) -> str:
        carried = self.carried
        return (
            f"{self.tokens:3} tokens, {self.audio_s:5.2f} s in {self.windows} windows: waveform {self.given_db:.1f} dB "
            f"with the norms of the whole; as served {carried.snr_db:.1f} dB, spectra {carried.spectra_db:.2f} dB "
            f"apart, steps at joins {carried.loudness_step_db:.1f} dB of loudness (whole: "
            f"{carried.whole_loudness_step_db:.1f}) and {carried.spectral_step_db:.1f} dB of spectrum (whole: "
            f"{carried.whole_spectral_step_db:.1f})"
        )


def compare_windows(model: CpuModel, input_ids: Tensor, style: Tensor, speed: float = 1.0) -> WindowComparison:
    """Speak one passage whole, and in windows of `GROWING_S`."""
    whole = WholePassage(model, input_ids, style, speed)
    ends = whole.ends(GROWING_S)
    return WindowComparison(
        tokens=len(input_ids) - 2,
        audio_s=len(whole.samples) / SAMPLE_RATE,
        windows=len(ends),
        given_db=snr_db(whole.samples, whole.given(ends)),
        carried=whole.distance(whole.carried(ends), ends),
    )


def verify_windows(
    model: CpuModel, config: Mapping[str, Any], packs: Mapping[str, Tensor]
) -> Iterator[WindowComparison]:
    """Compare passages of `LENGTHS` in every voice of `packs`; see `verify.verify`."""
    generator = torch.Generator().manual_seed(1)
    phonemes = torch.tensor(sorted(set(config["vocab"].values())))
    for length in LENGTHS:
        for pack in packs.values():
            inner = phonemes[torch.randint(len(phonemes), (length,), generator=generator)]
            yield compare_windows(model, torch.nn.functional.pad(inner, (1, 1)), pack[length - 1])
