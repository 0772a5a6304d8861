"""A bidirectional LSTM in plain PyTorch, over segments of any lengths."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from speechd.engines.kokoro.gpu.packing import Layout


class TorchLstm:
    """See `operations.Lstm`.

    Both directions over padded rows; the backward one over each segment's rows in reverse, so that it starts at the
    segment's end. Unlike PyTorch's packed sequences, this needs no lengths on the host.
    """

    def __init__(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        self._forward, self._backward = (_one_way(state, suffix, device) for suffix in ("", "_reverse"))

    def __call__(self, rows: Tensor, layout: Layout) -> Tensor:
        place = torch.arange(layout.longest, device=rows.device)
        lengths = layout.lengths[:, None]
        turned = torch.where(place < lengths, lengths - 1 - place, place)[:, :, None]
        padded = layout.padded(rows[0])
        forward = self._forward(padded)[0]
        backward = self._backward(padded.gather(1, turned.expand_as(padded)))[0]
        return layout.packed(torch.cat([forward, backward.gather(1, turned.expand_as(backward))], dim=2))[None]


def _one_way(state: Mapping[str, Tensor], suffix: str, device: torch.device) -> nn.LSTM:
    """One direction of a bidirectional LSTM."""
    hidden = state["weight_hh_l0"].shape[1]
    with torch.device("meta"):
        lstm = nn.LSTM(state["weight_ih_l0"].shape[1], hidden, batch_first=True)
    lstm.load_state_dict({name: state[name + suffix].to(device) for name, _ in lstm.named_parameters()}, assign=True)
    lstm.requires_grad_(False).flatten_parameters()
    return lstm
