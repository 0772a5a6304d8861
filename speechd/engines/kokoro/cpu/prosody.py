"""From token ids to prosody: durations, pitch, energy and the encoded text (StyleTTS 2, arXiv:2306.07691).

All rows are time x channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder
from speechd.engines.kokoro.cpu.albert import Albert
from speechd.engines.kokoro.cpu.curve import LEAK, Curve
from speechd.engines.kokoro.cpu.ops import MakeProduct, windows
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import TextOperations

__all__ = ["LEAK", "Prosody", "ProsodyPredictor"]

LAYER_NORM_EPSILON: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Prosody:
    """The text and how it is to be spoken; a frame is 600 samples (25 ms), a half frame 300.

    durations (tokens,) int64 frames; pitch (half frames,) Hz, energy (half frames,); text (frames, channels).
    """

    durations: Tensor
    pitch: Tensor
    energy: Tensor
    text: Tensor


class Convolution:
    """A convolution over time that keeps the length, rows (time, in) → (time, out), as one product."""

    def __init__(self, weights: Weights, name: str, make: MakeProduct, scale: float = 1.0) -> None:
        weight, bias = weights.convolution(name)
        self._taps = weight.shape[2]
        self._product = make(weight.transpose(1, 2).flatten(1) * scale, bias * scale)

    def __call__(self, rows: Tensor) -> Tensor:
        reach = self._taps // 2
        return self._product(windows(functional.pad(rows, (0, 0, reach, reach)), self._taps))


class DurationEncoder:
    """LSTMs with adaptive layer norms between them, the style beside every row."""

    def __init__(self, weights: Weights, operations: TextOperations) -> None:
        layers = list(weights.parts("lstms"))
        self._operations = operations
        self._lstms = [operations.lstm(layer) for layer in layers[::2]]
        self._norms = [operations.product(*layer.linear("fc")) for layer in layers[1::2]]

    def __call__(self, rows: Tensor, style: Tensor) -> Tensor:
        beside = style.expand(len(rows), -1)
        for lstm, norm in zip(self._lstms, self._norms, strict=True):
            rows = lstm(torch.cat([rows, beside], dim=1))
            gain, offset = norm(style)[0].chunk(2)
            rows = self._operations.layer_norm(rows, 1 + gain, offset, LAYER_NORM_EPSILON)
        return torch.cat([rows, beside], dim=1)


class TextEncoder:
    """Token ids (n,) → rows (n, channels)."""

    def __init__(self, weights: Weights, operations: TextOperations) -> None:
        self._operations = operations
        self._embedding = weights.tensor("embedding.weight")
        self._layers = [
            (Convolution(layer, "0", operations.product), layer.tensor("1.gamma"), layer.tensor("1.beta"))
            for layer in weights.parts("cnn")
        ]
        self._lstm = operations.lstm(weights.part("lstm"))

    def __call__(self, input_ids: Tensor) -> Tensor:
        rows = self._embedding[input_ids]
        for convolution, gain, offset in self._layers:
            rows = self._operations.layer_norm(convolution(rows), gain, offset, LAYER_NORM_EPSILON, slope=LEAK)
        return self._lstm(rows)


class ProsodyPredictor:
    """Token ids and a style → prosody: PL-BERT, the text encoder and the predictors of StyleTTS 2."""

    def __init__(self, config: dict[str, Any], state: dict[str, Weights], operations: TextOperations) -> None:
        bert, predictor = config["plbert"], state["predictor"]
        self._operations = operations
        self._albert = Albert(state["bert"], bert["num_attention_heads"], bert["num_hidden_layers"], operations)
        narrow = state["bert_encoder"]
        self._narrow = operations.product(narrow.tensor("weight"), narrow.tensor("bias"))
        self._text_encoder = TextEncoder(state["text_encoder"], operations)
        self._duration_encoder = DurationEncoder(predictor.part("text_encoder"), operations)
        self._lstm = operations.lstm(predictor.part("lstm"))
        self._durations = operations.product(*predictor.linear("duration_proj.linear_layer"))
        self._shared = operations.lstm(predictor.part("shared"))
        style = StyleMapBuilder()
        self._pitch = Curve(predictor, "F0", style, operations)
        self._energy = Curve(predictor, "N", style, operations)
        self._style: StyleMap = style.freeze()

    @property
    def limit(self) -> int:
        """The most token ids of one synthesis, the two pads included."""
        return self._albert.limit

    def __call__(self, input_ids: Tensor, style: Tensor, speed: float) -> Prosody:
        """input_ids (n,) with the two pads; style (1, style size), the prosody's half of the voice row.

        The same bits whatever the thread count.
        """
        with self._operations.alone():
            return self._prosody(input_ids, style, speed)

    def _prosody(self, input_ids: Tensor, style: Tensor, speed: float) -> Prosody:
        rows = self._duration_encoder(self._narrow(self._albert(input_ids)), style)
        per_token = torch.sigmoid(self._durations(self._lstm(rows))).sum(dim=-1) / speed
        durations = torch.round(per_token).clamp_(min=1).long()
        token_of_frame = torch.repeat_interleave(durations)
        shared = self._shared(rows, token_of_frame)
        styles = self._style(style)
        return Prosody(
            durations=durations,
            pitch=self._pitch(shared, styles),
            energy=self._energy(shared, styles),
            text=self._text_encoder(input_ids)[token_of_frame],
        )
