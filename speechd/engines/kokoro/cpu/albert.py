"""PL-BERT (Li et al. 2023, arXiv:2301.08810), which encodes the phonemes.

It is an ALBERT (Lan et al. 2020, arXiv:1909.11942): a transformer encoder whose one layer is applied many times.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import TextOperations

EPSILON: Final = 1e-12
"""ALBERT's `layer_norm_eps`."""


class Albert:
    """Token ids (n,) → rows (n, hidden)."""

    def __init__(self, weights: Weights, heads: int, repeats: int, operations: TextOperations) -> None:
        embeddings = weights.part("embeddings")
        self._operations = operations
        self._heads = heads
        self._repeats = repeats
        self._words = embeddings.tensor("word_embeddings.weight")
        self._places = (
            embeddings.tensor("position_embeddings.weight") + embeddings.tensor("token_type_embeddings.weight")[0]
        )
        self._embedding_norm = embeddings.linear("LayerNorm")
        self._widen = operations.product(*weights.linear("encoder.embedding_hidden_mapping_in"))

        layer = weights.part("encoder.albert_layer_groups.0.albert_layers.0")
        attention = layer.part("attention")
        queries, keys, values = (attention.linear(name) for name in ("query", "key", "value"))
        self._attend = operations.product(
            torch.cat([queries[0], keys[0], values[0]]), torch.cat([queries[1], keys[1], values[1]])
        )
        self._attended = operations.product(*attention.linear("dense"))
        self._attention_norm = attention.linear("LayerNorm")
        self._expand = operations.product(*layer.linear("ffn"))
        self._contract = operations.product(*layer.linear("ffn_output"))
        self._layer_norm = layer.linear("full_layer_layer_norm")

    @property
    def limit(self) -> int:
        """The most token ids it can read."""
        return self._places.shape[0]

    def __call__(self, input_ids: Tensor) -> Tensor:
        do = self._operations
        rows = do.layer_norm(
            self._words[input_ids], *self._embedding_norm, EPSILON, residual=self._places[: len(input_ids)]
        )
        rows = self._widen(rows)
        for _ in range(self._repeats):
            attended = self._attended(do.attention(self._attend(rows), self._heads))
            rows = do.layer_norm(attended, *self._attention_norm, EPSILON, residual=rows)
            changed = self._contract(do.gelu_(self._expand(rows)))
            rows = do.layer_norm(changed, *self._layer_norm, EPSILON, residual=rows)
        return rows
