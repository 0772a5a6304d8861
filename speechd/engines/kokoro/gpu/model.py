"""The whole model for a batch: token ids and voice rows of many segments → their samples.

It has two halves. Between them the host must learn how long the segments are, for that decides the shapes of all that
follows. Within a half nothing waits for the host.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.decoder import Decoder
from speechd.engines.kokoro.gpu.generator import Generator
from speechd.engines.kokoro.gpu.operations import Operations
from speechd.engines.kokoro.gpu.packing import GAP, Layout, Layouts, Packing, Rate, Tables
from speechd.engines.kokoro.gpu.prosody import Prosody, stretched
from speechd.engines.kokoro.gpu.text import EncodedText, TextHalf
from speechd.engines.kokoro.model import ModelInput, Rendered

SEGMENTS: Final = 64
"""The most segments of a batch. Products over segments always have so many rows, so that their sums have one order."""

REACH: Final = 25
"""Rows to either side that the widest convolution of the generator reads: 11 taps at dilation 5."""


class TextInputs:
    """What the text half reads, in device memory that the next batch may overwrite."""

    def __init__(
        self, size: int, longest: int, style_size: int, operations: Operations, segments: int = SEGMENTS
    ) -> None:
        """size: tokens, gaps included; longest: tokens of the longest segment; segments: at most."""
        device = operations.device
        self._tables = Tables(size, segments, longest, [Rate(1)], device)
        self._places = Layout.dense(segments, device)
        self.input_ids = torch.zeros(self._tables.size, dtype=torch.int64, device=device)
        self.style = torch.zeros(segments, style_size, device=device)
        self.speed = torch.ones(segments, device=device)

    @property
    def size(self) -> int:
        return self._tables.size

    def layouts(self) -> tuple[Layout, Layout]:
        """New layouts of the tokens and of the segments."""
        return self._tables.layout(1), self._places

    def write(self, batch: Sequence[ModelInput], packing: Packing) -> None:
        """Take over `batch`. Raises ValueError where it does not fit."""
        self._tables.write(packing)
        input_ids = torch.zeros(packing.size, dtype=torch.int64)
        for start, length, segment in zip(packing.starts, packing.lengths, batch, strict=True):
            input_ids[start : start + length] = segment.input_ids
        style = self.style.shape[1]
        copy(input_ids, self.input_ids)
        copy(torch.cat([segment.ref_s[:, style:] for segment in batch]), self.style)
        copy(torch.tensor([segment.speed for segment in batch], dtype=torch.float32), self.speed)


class SpeechInputs:
    """What the speech half reads, in device memory that the next batch may overwrite."""

    def __init__(self, size: int, longest: int, model: BatchModel) -> None:
        """size: frames, gaps included; longest: frames of the longest segment."""
        device, segments = model.operations.device, model.segments
        self._rates = model.rates
        self._tables = Tables(size, segments, longest, self._rates, device)
        self._tokens = Tables(size, segments, longest, [Rate(1)], device)
        self._places = Layout.dense(segments, device)
        self.durations = torch.zeros(self._tokens.size, dtype=torch.int64, device=device)
        self.prosody = torch.zeros(self._tokens.size, model.prosody_size, device=device)
        self.text = torch.zeros(self._tokens.size, model.text_size, device=device)
        self.style = torch.zeros(segments, 2 * model.style_size, device=device)
        self.seeds = torch.zeros(segments, dtype=torch.int64, device=device)

    def layouts(self) -> Layouts:
        """New layouts."""
        frames, halves, *stages, samples = (self._tables.layout(rate.rate) for rate in self._rates)
        return Layouts(frames, halves, tuple(stages), samples, self._places)

    def tokens(self) -> Layout:
        """A new layout of the tokens."""
        return self._tokens.layout(1)

    def write(self, batch: Sequence[ModelInput], encoded: EncodedText, tokens: Packing, frames: Packing) -> None:
        """Take over `batch`. Raises ValueError where it does not fit."""
        self._tables.write(frames)
        self._tokens.write(tokens)
        for here, there in (
            (encoded.durations, self.durations),
            (encoded.prosody, self.prosody),
            (encoded.text, self.text),
        ):
            there[: tokens.size].copy_(here[: tokens.size])
        copy(torch.cat([segment.ref_s for segment in batch]), self.style)
        copy(torch.tensor([segment.seed for segment in batch], dtype=torch.int64), self.seeds)


def token_count(segment: ModelInput) -> int:
    """Tokens of a segment, the two pads included."""
    return len(segment.tokens) + 2


def copy(host: Tensor, device: Tensor) -> None:
    """Copy `host` into the first rows of `device`, without waiting for it."""
    device[: len(host)].copy_(host.pin_memory() if device.is_cuda else host, non_blocking=True)


class BatchModel:
    """Kokoro for many segments at once: for each of them the function of `CpuModel`.

    Built on its device, so after a fork. All methods but `synthesize` can be captured.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        state: Mapping[str, Mapping[str, Tensor]],
        operations: Operations,
        segments: int = SEGMENTS,
    ) -> None:
        """config: that of a checkpoint; state: its five state dicts by name, on the CPU; segments: of a batch, at most.

        Raises ValueError and KeyError where config and state do not belong together.
        """
        parts = {name: Weights(tensors) for name, tensors in state.items()}
        generator = config["istftnet"]
        self.operations = operations
        self.segments = segments
        self.style_size: int = config["style_dim"]
        self.text_size: int = config["hidden_dim"]
        self.prosody_size: int = config["hidden_dim"] + config["style_dim"]
        self.rates = rates(generator)
        self.gap = max(GAP, -(-REACH // self.rates[2].rate))
        self._text = TextHalf(config, parts, operations)
        self._prosody = Prosody(parts["predictor"], operations)
        self._decoder = Decoder(parts["decoder"], operations)
        self._generator = Generator(parts["decoder"].part("generator"), generator, operations)

    @property
    def limit(self) -> int:
        """The most token ids of one segment, the two pads included."""
        return self._text.limit

    @property
    def frame_samples(self) -> int:
        """Samples of a frame."""
        return self.rates[-1].rate

    def check(self, segment: ModelInput) -> None:
        """Raise ValueError where there are more tokens than the model reads."""
        if (count := token_count(segment)) > self.limit:
            raise ValueError(f"{count} tokens; the model reads {self.limit} with the two pads")

    @torch.inference_mode()
    def encode(self, inputs: TextInputs) -> EncodedText:
        """The text half."""
        layout, places = inputs.layouts()
        return self._text(inputs.input_ids, layout, inputs.style, inputs.speed, places)

    @torch.inference_mode()
    def speak(self, inputs: SpeechInputs) -> Tensor:
        """The speech half: samples, packed."""
        layouts = inputs.layouts()
        pitch, energy, text = self.prosody(inputs, layouts)
        excitation = self.excitation(pitch, inputs.seeds, layouts)
        return self.waveform(text, pitch, energy, inputs.style, excitation, layouts)

    @torch.inference_mode()
    def prosody(self, inputs: SpeechInputs, layouts: Layouts) -> tuple[Tensor, Tensor, Tensor]:
        """Pitch in Hz and energy, (half frames,), and the encoded text (frames, channels); packed."""
        token = stretched(inputs.durations, inputs.tokens(), layouts.frames)
        pitch, energy = self._prosody(inputs.prosody[token], inputs.style[:, self.style_size :].contiguous(), layouts)
        return pitch, energy, inputs.text[token]

    @torch.inference_mode()
    def excitation(self, pitch: Tensor, seeds: Tensor, layouts: Layouts) -> Tensor:
        """The harmonic source (samples,) for the pitch, with the noise of the seeds (segments,); packed."""
        return self._generator.source(pitch, seeds, layouts.halves, layouts.samples)

    @torch.inference_mode()
    def waveform(
        self, text: Tensor, pitch: Tensor, energy: Tensor, style: Tensor, excitation: Tensor, layouts: Layouts
    ) -> Tensor:
        """The samples that the excitation becomes, packed. style (segments, 2 x style size)."""
        return self.generate(self.decode(text, pitch, energy, style, layouts), style, excitation, layouts)

    @torch.inference_mode()
    def decode(self, text: Tensor, pitch: Tensor, energy: Tensor, style: Tensor, layouts: Layouts) -> Tensor:
        """The decoder's rows (1, half frames, channels), packed."""
        return self._decoder(text, pitch, energy, style[:, : self.style_size].contiguous(), layouts)

    @torch.inference_mode()
    def generate(self, rows: Tensor, style: Tensor, excitation: Tensor, layouts: Layouts) -> Tensor:
        """The generator's samples, packed."""
        return self._generator(rows, style[:, : self.style_size].contiguous(), excitation, layouts)

    def pack(self, lengths: Sequence[int]) -> Packing:
        """The packing of segments with these lengths in tokens or in frames."""
        return Packing.of(lengths, self.gap)

    def unpack(self, samples: Tensor, packing: Packing) -> list[Tensor]:
        """Each segment's part of packed samples."""
        return packing.unpack(samples, self.frame_samples)

    def synthesize(self, batch: Sequence[ModelInput]) -> list[Rendered]:
        """The result for each segment; for a batch of any size, without graphs."""
        text, tokens = self.text_inputs(batch)
        encoded = self.encode(text)
        durations = tokens.unpack(encoded.durations.cpu())
        frames = self.pack([int(each.sum()) for each in durations])
        speech = self.speech_inputs(batch, encoded, tokens, frames)
        parts = self.unpack(self.speak(speech).cpu(), frames)
        return [Rendered(part.clone(), each) for part, each in zip(parts, durations, strict=True)]

    def empty_text_inputs(self, size: int, longest: int) -> TextInputs:
        """Inputs of the text half for so many tokens, gaps included, and the longest segment's."""
        return TextInputs(size, longest, self.style_size, self.operations, self.segments)

    def text_inputs(self, batch: Sequence[ModelInput]) -> tuple[TextInputs, Packing]:
        """Inputs of the text half that fit `batch`."""
        tokens = self.pack(list(map(token_count, batch)))
        inputs = self.empty_text_inputs(tokens.size, max(tokens.lengths))
        inputs.write(batch, tokens)
        return inputs, tokens

    def speech_inputs(
        self, batch: Sequence[ModelInput], encoded: EncodedText, tokens: Packing, frames: Packing
    ) -> SpeechInputs:
        """Inputs of the speech half that fit `batch`."""
        inputs = SpeechInputs(frames.size, max(frames.lengths), self)
        inputs.write(batch, encoded, tokens, frames)
        return inputs


def rates(generator: Mapping[str, Any]) -> tuple[Rate, ...]:
    """Rows a frame: of frames, half frames, the generator's stages and samples. The last stage has one row more."""
    steps: list[int] = generator["upsample_rates"]
    stages = [2 * math.prod(steps[: index + 1]) for index in range(len(steps))]
    return (
        Rate(1),
        Rate(2),
        *map(Rate, stages[:-1]),
        Rate(stages[-1], extra=1),
        Rate(stages[-1] * generator["gen_istft_hop_size"]),
    )
