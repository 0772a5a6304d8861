"""PL-BERT (Li et al. 2023, arXiv:2301.08810), which encodes the phonemes.

It is an ALBERT (Lan et al. 2020, arXiv:1909.11942): a transformer encoder whose one layer is applied many times.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.ops import MakeProduct
from speechd.engines.kokoro.cpu.tensors import Weights

EPSILON: Final = 1e-12
"""ALBERT's `layer_norm_eps`."""


class LayerNorm:
    """Layer normalisation over the channels of rows (time, channels)."""

    def __init__(self, weights: Weights) -> None:
        self.weight, self.bias = weights.tensor("weight"), weights.tensor("bias")

    def __call__(self, rows: Tensor) -> Tensor:
        return functional.layer_norm(rows, self.weight.shape, self.weight, self.bias, EPSILON)


class Albert:
    """Token ids (n,) → rows (n, hidden)."""

    def __init__(self, weights: Weights, heads: int, repeats: int, make: MakeProduct) -> None:
        embeddings = weights.part("embeddings")
        self._heads = heads
        self._repeats = repeats
        self._words = embeddings.tensor("word_embeddings.weight")
        self._places = (
            embeddings.tensor("position_embeddings.weight") + embeddings.tensor("token_type_embeddings.weight")[0]
        )
        self._embedding_norm = LayerNorm(embeddings.part("LayerNorm"))
        self._widen = weights.linear("encoder.embedding_hidden_mapping_in")

        layer = weights.part("encoder.albert_layer_groups.0.albert_layers.0")
        attention = layer.part("attention")
        queries, keys, values = (attention.linear(name) for name in ("query", "key", "value"))
        self._attend = make(torch.cat([queries[0], keys[0], values[0]]), torch.cat([queries[1], keys[1], values[1]]))
        self._attended = make(*attention.linear("dense"))
        self._attention_norm = LayerNorm(attention.part("LayerNorm"))
        self._expand = make(*layer.linear("ffn"))
        self._contract = make(*layer.linear("ffn_output"))
        self._layer_norm = LayerNorm(layer.part("full_layer_layer_norm"))

    @property
    def limit(self) -> int:
        """The most token ids it can read."""
        return self._places.shape[0]

    def __call__(self, input_ids: Tensor) -> Tensor:
        rows = self._embedding_norm(self._words[input_ids] + self._places[: len(input_ids)])
        rows = functional.linear(rows, *self._widen)
        for _ in range(self._repeats):
            rows = self._attention_norm(self._attended(self._attention(rows)) + rows)
            wide = functional.gelu(self._expand(rows), approximate="tanh")
            rows = self._layer_norm(self._contract(wide) + rows)
        return rows

    def _attention(self, rows: Tensor) -> Tensor:
        count, hidden = rows.shape
        split = self._attend(rows).view(1, count, 3, self._heads, hidden // self._heads)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        return mixed.transpose(1, 2).reshape(count, hidden)
