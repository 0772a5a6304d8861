"""From token ids to durations, and to the encoded text that the durations stretch; for all segments at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.albert import EPSILON as ALBERT_EPSILON
from speechd.engines.kokoro.cpu.prosody import LAYER_NORM_EPSILON, LEAK
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.layers import LayerNorm, joined, linear, lstm
from speechd.engines.kokoro.gpu.operations import Activation, Convolution, Operations
from speechd.engines.kokoro.gpu.packing import Layout


@dataclass(frozen=True, slots=True)
class EncodedText:
    """What the tokens become; rows are packed tokens.

    durations (rows,) int64, frames of each token, 0 in the gaps; frames (segments,) int64, those of each segment;
    prosody (rows, channels), which pitch and energy are made of; text (rows, channels), which the decoder reads.
    """

    durations: Tensor
    frames: Tensor
    prosody: Tensor
    text: Tensor


class Albert:
    """PL-BERT: token ids (rows,) → (1, rows, hidden). One layer's weights, used many times."""

    def __init__(self, weights: Weights, config: Mapping[str, Any], operations: Operations) -> None:
        device = operations.device
        embeddings = weights.part("embeddings")
        self._operations = operations
        self._heads: int = config["num_attention_heads"]
        self._repeats: int = config["num_hidden_layers"]
        self._words = embeddings.tensor("word_embeddings.weight").to(device)
        places, types = (embeddings.tensor(f"{name}_embeddings.weight") for name in ("position", "token_type"))
        self._places = (places + types[0]).to(device)
        self._embedding_norm = _albert_norm(embeddings.part("LayerNorm"), device)
        self._widen = linear(operations, *weights.linear("encoder.embedding_hidden_mapping_in"))
        layer = weights.part("encoder.albert_layer_groups.0.albert_layers.0")
        attention = layer.part("attention")
        self._project = linear(operations, *joined(attention.linear(name) for name in ("query", "key", "value")))
        self._attended = linear(operations, *attention.linear("dense"))
        self._attention_norm = _albert_norm(attention.part("LayerNorm"), device)
        self._expand = linear(operations, *layer.linear("ffn"))
        self._contract = linear(operations, *layer.linear("ffn_output"), Activation.GELU)
        self._layer_norm = _albert_norm(layer.part("full_layer_layer_norm"), device)

    @property
    def limit(self) -> int:
        """The most tokens of a segment."""
        return len(self._places)

    def __call__(self, input_ids: Tensor, layout: Layout) -> Tensor:
        places = self._places[layout.offset.clamp(0, self.limit - 1)]
        rows = self._embedding_norm(self._words[input_ids] + places)[None]
        rows, _ = self._widen(rows, layout)
        for _ in range(self._repeats):
            rows = self._layer(rows, layout)
        return rows

    def _layer(self, rows: Tensor, layout: Layout) -> Tensor:
        projected, _ = self._project(rows, layout)
        mixed = self._operations.attention(projected, layout, self._heads)
        rows = self._attention_norm(self._attended(mixed, layout, residual=rows)[0])
        wide, _ = self._expand(rows, layout)
        return self._layer_norm(self._contract(wide, layout, residual=rows)[0])


def _albert_norm(weights: Weights, device: torch.device) -> LayerNorm:
    return LayerNorm(weights.tensor("weight"), weights.tensor("bias"), ALBERT_EPSILON, device)


class TextEncoder:
    """Token ids (rows,) → (1, rows, channels)."""

    def __init__(self, weights: Weights, operations: Operations) -> None:
        self._embedding = weights.tensor("embedding.weight").to(operations.device)
        self._layers = [_text_layer(layer, operations) for layer in weights.parts("cnn")]
        self._lstm = lstm(weights.part("lstm"), operations)

    def __call__(self, input_ids: Tensor, layout: Layout) -> Tensor:
        rows = self._embedding[input_ids][None]
        for convolution, norm in self._layers:
            rows = functional.leaky_relu(norm(convolution(rows, layout)[0]), LEAK)
        return self._lstm(rows, layout)


def _text_layer(weights: Weights, operations: Operations) -> tuple[Convolution, LayerNorm]:
    weight, bias = weights.convolution("0")
    gain, offset = weights.tensor("1.gamma"), weights.tensor("1.beta")
    return (
        operations.convolution([weight], [bias]),
        LayerNorm(gain, offset, LAYER_NORM_EPSILON, operations.device),
    )


class DurationEncoder:
    """LSTMs with adaptive layer norms between them; the style stands beside every row that they read."""

    def __init__(self, weights: Weights, operations: Operations) -> None:
        layers = list(weights.parts("lstms"))
        self._lstms = [lstm(layer, operations) for layer in layers[::2]]
        norms = [layer.linear("fc") for layer in layers[1::2]]
        self._sizes = [len(bias) for _, bias in norms]
        self._styles = linear(operations, *joined(norms))

    def __call__(self, rows: Tensor, layout: Layout, style: Tensor, places: Layout) -> Tensor:
        """rows (1, rows, channels), style (segments, style size) → (1, rows, channels + style size)."""
        beside = style[layout.row_segment][None]
        norms = torch.split(self._styles(style[None], places)[0][0], self._sizes, dim=1)
        for recurrent, norm in zip(self._lstms, norms, strict=True):
            rows = recurrent(torch.cat([rows, beside], dim=2), layout)
            gain, offset = norm[layout.row_segment].chunk(2, dim=1)
            normal = functional.layer_norm(rows, rows.shape[2:], eps=LAYER_NORM_EPSILON)
            rows = torch.addcmul(offset, normal, 1 + gain)
        return torch.cat([rows, beside], dim=2)


class TextHalf:
    """Everything up to the durations, whose sum the host must know before it can go on."""

    def __init__(self, config: Mapping[str, Any], parts: Mapping[str, Weights], operations: Operations) -> None:
        predictor = parts["predictor"]
        self._albert = Albert(parts["bert"], config["plbert"], operations)
        narrow = parts["bert_encoder"]
        self._narrow = linear(operations, narrow.tensor("weight"), narrow.tensor("bias"))
        self._text_encoder = TextEncoder(parts["text_encoder"], operations)
        self._duration_encoder = DurationEncoder(predictor.part("text_encoder"), operations)
        self._lstm = lstm(predictor.part("lstm"), operations)
        self._durations = linear(operations, *predictor.linear("duration_proj.linear_layer"))

    @property
    def limit(self) -> int:
        """The most token ids of one segment, the two pads included."""
        return self._albert.limit

    def __call__(self, input_ids: Tensor, layout: Layout, style: Tensor, speed: Tensor, places: Layout) -> EncodedText:
        """input_ids (rows,), each segment's with its two pads; style (segments, size), the prosody's half; speed
        (segments,) > 0; places: the layout of rows that are segments."""
        rows, _ = self._narrow(self._albert(input_ids, layout), layout)
        prosody = self._duration_encoder(rows, layout, style, places)
        shares, _ = self._durations(self._lstm(prosody, layout), layout)
        per_token = torch.sigmoid(shares[0]).sum(dim=1) / speed[layout.row_segment]
        durations = torch.where(layout.valid[:, 0], per_token.round().clamp(min=1), 0.0).long()
        text = self._text_encoder(input_ids, layout)[0]
        return EncodedText(durations, _per_segment(durations, layout), prosody[0], text)


def _per_segment(durations: Tensor, layout: Layout) -> Tensor:
    """Sum of the durations of each segment, (segments,)."""
    total = torch.zeros(layout.segments, dtype=durations.dtype, device=durations.device)
    return total.index_add(0, layout.row_segment, durations)
