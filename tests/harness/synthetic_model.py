"""A synthetic model: the stock package's, with random weights and small PL-BERT layers.

The decoder's widths are fixed in the package's code; fewer steps of upsampling make it quick.
"""

from __future__ import annotations

import io
import math
from typing import Any

import torch
from kokoro.model import KModel
from torch import Tensor

from speechd.engines.kokoro.stock_reference import Stock

PARTS = ("bert", "bert_encoder", "predictor", "text_encoder", "decoder")


class SyntheticModel:
    """config, the five state dicts, and the stock model of them."""

    def __init__(self, rates: tuple[int, int], seed: int) -> None:
        self.config = config(rates)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            nothing = io.BytesIO()
            torch.save({}, nothing)
            nothing.seek(0)
            model = KModel(repo_id="", config=self.config, model=nothing)
            vary(model)
        self.state = {part: getattr(model, part).state_dict() for part in PARTS}
        self.stock = Stock(model)


def vary(model: KModel) -> None:
    """Durations of about 3 frames, a voiced pitch, and no parameter left at the 0 or 1 it was initialised to."""
    predictor = model.predictor
    with torch.no_grad():
        predictor.duration_proj.linear_layer.weight.mul_(0.05)
        predictor.duration_proj.linear_layer.bias.fill_(math.log((2.9 / 50) / (1 - 2.9 / 50)))
        predictor.F0_proj.weight.mul_(100.0)
        predictor.F0_proj.bias.fill_(180.0)
        for name, parameter in model.named_parameters():
            if "alpha" in name or name.endswith("norm.weight"):
                parameter.uniform_(0.5, 2.0)
            elif name.endswith("norm.bias"):
                parameter.normal_(0.0, 0.2)


def config(rates: tuple[int, int]) -> dict[str, Any]:
    return {
        "istftnet": {
            "upsample_kernel_sizes": [2 * rate for rate in rates],
            "upsample_rates": list(rates),
            "gen_istft_hop_size": 5,
            "gen_istft_n_fft": 20,
            "resblock_dilation_sizes": [[1, 3, 5]] * 3,
            "resblock_kernel_sizes": [3, 7, 11],
            "upsample_initial_channel": 512,
        },
        "dim_in": 64,
        "dropout": 0.0,
        "hidden_dim": 512,
        "max_dur": 50,
        "n_layer": 3,
        "n_mels": 80,
        "n_token": 178,
        "style_dim": 128,
        "text_encoder_kernel_size": 5,
        "plbert": {
            "hidden_size": 96,
            "num_attention_heads": 3,
            "intermediate_size": 160,
            "max_position_embeddings": 512,
            "num_hidden_layers": 2,
            "dropout": 0.1,
        },
        "vocab": {chr(0x250 + index): index for index in range(1, 178)},
    }


def tokens(count: int, seed: int = 0) -> Tensor:
    """`count` token ids between the two pads."""
    inner = torch.randint(1, 178, (count,), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.pad(inner, (1, 1))


def voice_row(seed: int) -> Tensor:
    """A row as voice packs have them: small values."""
    return torch.randn(1, 256, generator=torch.Generator().manual_seed(seed)) * 0.3
