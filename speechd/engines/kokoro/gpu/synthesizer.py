"""Batches on a GPU: captured halves on two queues, so that one batch's text half runs beside another's speech half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.graphs import Captured, CapturedSizes, Event, Queue
from speechd.engines.kokoro.gpu.model import BatchModel, SpeechInputs, TextInputs, token_count
from speechd.engines.kokoro.gpu.packing import Packing
from speechd.engines.kokoro.gpu.text import EncodedText
from speechd.engines.kokoro.model import ModelInput, Rendered

TEXT_SIZES: Final = (128, 512, 2048, 8192)
"""Tokens of the captured text halves, gaps included."""

SPEECH_SIZES: Final = (80, 240, 640, 1600, 3200, 6000)
"""Frames of the captured speech halves, gaps included: 2, 6, 16, 40, 80 and 150 seconds."""

LONGEST_FRAMES: Final = 1600
"""40 seconds. A longer segment is spoken without graphs, whose padded LSTMs have so many steps at most."""


class PendingBatch(Protocol):
    """Segments that are being spoken."""

    def wait(self) -> list[Rendered]:
        """The result for each segment, once they are all there."""
        ...


@dataclass(frozen=True, slots=True)
class SpokenBatch:
    """Segments that have been spoken. See `PendingBatch`."""

    results: list[Rendered]

    def wait(self) -> list[Rendered]:
        return self.results


@dataclass(frozen=True, slots=True)
class LaunchedBatch:
    """Segments whose packed `samples` are complete with `done`. See `PendingBatch`."""

    done: Event
    samples: Tensor
    durations: list[Tensor]
    unpack: Callable[[Tensor], list[Tensor]]

    def wait(self) -> list[Rendered]:
        self.done.synchronize()
        parts = self.unpack(self.samples)
        return [Rendered(part.clone(), each) for part, each in zip(parts, self.durations, strict=True)]


@dataclass(frozen=True, slots=True)
class PartedBatch:
    """Segments that are spoken in several parts. See `PendingBatch`."""

    parts: Sequence[PendingBatch]

    def wait(self) -> list[Rendered]:
        return [rendered for part in self.parts for rendered in part.wait()]


class BatchSynthesizer:
    """Speaks batches. `submit` returns when the speech half is launched: the next batch can be submitted then."""

    def __init__(
        self,
        model: BatchModel,
        text_queue: Queue,
        speech_queue: Queue,
        text_sizes: Sequence[int] = TEXT_SIZES,
        speech_sizes: Sequence[int] = SPEECH_SIZES,
    ) -> None:
        """Captures all sizes, which takes seconds."""
        self._model = model
        self._text_queue = text_queue
        self._speech_queue = speech_queue
        limit = model.limit
        self.text = CapturedSizes(
            text_queue,
            text_sizes,
            lambda size: model.empty_text_inputs(size, min(size, limit)),
            model.encode,
        )
        self.speech = CapturedSizes(
            speech_queue,
            speech_sizes,
            lambda size: SpeechInputs(size, min(size, LONGEST_FRAMES), model),
            model.speak,
        )
        self._taken: Event | None = None  # when the speech half has taken over what the text half left

    def submit(self, batch: Sequence[ModelInput]) -> PendingBatch:
        """Begin to speak 1 to `model.segments` segments.

        How long they are is known after the text half alone: where they are too long together for the largest speech
        half, they are spoken in several. Raises ValueError where one has more tokens than the model reads.
        """
        for segment in batch:
            self._model.check(segment)
        tokens = self._model.pack(list(map(token_count, batch)))
        text = self.text.at_least(tokens.size)
        if text is None:
            return self._without_graphs(batch)
        durations, encoded = self._encode(text, batch, tokens)
        lengths = [int(each.sum()) for each in durations]
        parts: list[PendingBatch] = []
        for part in self._parts(lengths):
            frames = self._model.pack(lengths[part])
            # A part keeps the places that its tokens have in the whole batch.
            speech = self.speech.at_least(max(frames.size, tokens.size))
            if speech is None or max(frames.lengths) > LONGEST_FRAMES:
                parts.append(self._without_graphs(batch[part]))
                continue
            done, samples = self._speak(speech, batch[part], text, encoded, tokens.part(part), frames)
            parts.append(LaunchedBatch(done, samples, durations[part], partial(self._model.unpack, packing=frames)))
        return parts[0] if len(parts) == 1 else PartedBatch(parts)

    def _parts(self, lengths: Sequence[int]) -> list[slice]:
        """Neighbours that fit in one speech half; each that fits in none, or is longer than `LONGEST_FRAMES`, is by
        itself. lengths: frames of each segment."""
        parts: list[slice] = []
        for index in range(len(lengths)):
            joined = slice(parts[-1].start, index + 1) if parts else slice(index, index + 1)
            fits = self.speech.at_least(self._model.pack(lengths[joined]).size) is not None
            if parts and fits and max(lengths[joined]) <= LONGEST_FRAMES:
                parts[-1] = joined
            else:
                parts.append(slice(index, index + 1))
        return parts

    def _encode(
        self, text: Captured[TextInputs, EncodedText], batch: Sequence[ModelInput], tokens: Packing
    ) -> tuple[list[Tensor], Event]:
        """The durations of each segment's tokens, and when the text half is done; the only wait for the device."""
        with self._text_queue.active():
            if self._taken is not None:
                self._text_queue.wait(self._taken)
            text.inputs.write(batch, tokens)
            text.replay()
            durations = _to_host(text.outputs.durations[: tokens.size])
            encoded = self._text_queue.record()
        encoded.synchronize()
        return tokens.unpack(durations), encoded

    def _speak(
        self,
        speech: Captured[SpeechInputs, Tensor],
        batch: Sequence[ModelInput],
        text: Captured[TextInputs, EncodedText],
        encoded: Event,
        tokens: Packing,
        frames: Packing,
    ) -> tuple[Event, Tensor]:
        """When all is done, and the packed samples that are complete then."""
        with self._speech_queue.active():
            self._speech_queue.wait(encoded)
            speech.inputs.write(batch, text.outputs, tokens, frames)
            self._taken = self._speech_queue.record()
            speech.replay()
            samples = _to_host(speech.outputs[: frames.size * self._model.frame_samples])
            done = self._speech_queue.record()
        return done, samples

    def _without_graphs(self, batch: Sequence[ModelInput]) -> PendingBatch:
        with self._speech_queue.active():
            return SpokenBatch(self._model.synthesize(batch))


def _to_host(tensor: Tensor) -> Tensor:
    """A copy that is complete when the device gets there."""
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
    return host.copy_(tensor, non_blocking=True)
