"""StyleTTS 2's decoder (Li et al. 2023, arXiv:2306.07691), up to its vocoder.

The encoded text, its pitch and its energy go through residual blocks, and become the generator's input.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder
from speechd.engines.kokoro.cpu.norm_statistics import Statistics
from speechd.engines.kokoro.cpu.ops import MakeProduct
from speechd.engines.kokoro.cpu.residual_block import ResidualBlock
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights


class Decoder:
    """Prosody → rows (half frames, channels), a stretch of them at a time."""

    def __init__(self, weights: Weights, make: MakeProduct) -> None:
        style = StyleMapBuilder()
        self._encode = ResidualBlock(weights.part("encode"), style, make)
        self._decode = [ResidualBlock(block, style, make) for block in weights.parts("decode")]
        self._style: StyleMap = style.freeze()
        self._pitch, self._energy = weights.convolution("F0_conv"), weights.convolution("N_conv")
        weight, self._text_bias = weights.convolution("asr_res.0")
        self._text_weight = weight[:, :, 0]

    @property
    def statistics_size(self) -> int:
        """Numbers that the means and variances of all norms are."""
        return sum(self._style.sizes)

    def source(self, out: Stretch) -> Stretch:
        """The frames that the half frames `out` of the result are made of."""
        return self._stretches(out)[0]

    def __call__(
        self,
        text: Tensor,
        pitch: Tensor,
        energy: Tensor,
        style: Tensor,
        out: Stretch,
        core: Stretch,
        statistics: Statistics,
    ) -> Tensor:
        """The half frames `out` of the result.

        text (frames, channels): of the frames `source(out)`; pitch, energy (half frames,): of the whole passage; style
        (1, style size): the decoder's half of the voice row; core: the window's frames.
        """
        styles = self._style(style)
        at, *ends = self._stretches(out)
        curves = [
            functional.conv1d(curve[None, None], *weights, stride=2, padding=1)[0].T[at.first : at.end]
            for curve, weights in ((pitch, self._pitch), (energy, self._energy))
        ]
        rows = self._encode(torch.cat([text, *curves], dim=1), at, ends[0], core, styles, statistics)
        beside = torch.cat([functional.linear(text, self._text_weight, self._text_bias), *curves], dim=1)
        for block, (here, to) in zip(self._decode, pairwise(ends), strict=True):
            near = torch.cat([rows, beside[here.within(at)]], dim=1)
            rows = block(near, here, to, core, styles, statistics)
        return rows

    def _stretches(self, out: Stretch) -> list[Stretch]:
        """What is needed of each block's input, the first one's first, and `out`."""
        needed = [out]
        for block in (*reversed(self._decode), self._encode):
            needed.insert(0, block.source(needed[0]))
        return needed
