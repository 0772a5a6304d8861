"""StyleTTS 2's decoder (Li et al. 2023, arXiv:2306.07691), up to its vocoder.

The encoded text, its pitch and its energy go through residual blocks, and become the generator's input.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder
from speechd.engines.kokoro.cpu.ops import MakeProduct
from speechd.engines.kokoro.cpu.prosody import Prosody, ResidualBlock
from speechd.engines.kokoro.cpu.tensors import Weights


class Decoder:
    """Prosody → rows (half frames, channels)."""

    def __init__(self, weights: Weights, make: MakeProduct) -> None:
        style = StyleMapBuilder()
        self._encode = ResidualBlock(weights.part("encode"), style, make)
        self._decode = [ResidualBlock(block, style, make) for block in weights.parts("decode")]
        self._style: StyleMap = style.freeze()
        self._pitch, self._energy = weights.convolution("F0_conv"), weights.convolution("N_conv")
        weight, self._text_bias = weights.convolution("asr_res.0")
        self._text_weight = weight[:, :, 0]

    def __call__(self, prosody: Prosody, style: Tensor) -> Tensor:
        """style (1, style size): the decoder's half of the voice row."""
        styles = self._style(style)
        pitch, energy = (
            functional.conv1d(curve[None, None], *weights, stride=2, padding=1)[0].T
            for curve, weights in ((prosody.pitch, self._pitch), (prosody.energy, self._energy))
        )
        rows = self._encode(torch.cat([prosody.text, pitch, energy], dim=1), styles)
        text = functional.linear(prosody.text, self._text_weight, self._text_bias)
        for block in self._decode:
            rows = block(torch.cat([rows, text, pitch, energy], dim=1), styles)
        return rows
