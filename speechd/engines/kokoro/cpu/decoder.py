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
from speechd.engines.kokoro.cpu.ops import Arithmetic
from speechd.engines.kokoro.cpu.residual_block import ResidualBlock, whole
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights


class Decoder:
    """Prosody → rows (half frames, channels), a stretch of them at a time."""

    def __init__(self, weights: Weights, make: Arithmetic) -> None:
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
        rows = self._encode(_whole(text, *curves), at, ends[0], core, styles, statistics)
        beside = torch.cat([functional.linear(text, self._text_weight, self._text_bias), *curves], dim=1)
        for block, (here, to) in zip(self._decode, pairwise(ends), strict=True):
            rows = block(_whole(rows, beside[here.within(at)]), here, to, core, styles, statistics)
        return rows

    def _stretches(self, out: Stretch) -> list[Stretch]:
        """What is needed of each block's input, the first one's first, and `out`."""
        needed = [out]
        for block in (*reversed(self._decode), self._encode):
            needed.insert(0, block.source(needed[0]))
        return needed


def _whole(*parts: Tensor) -> Tensor:
    """The channels of all parts side by side, and as many of zeros as a block wants."""
    channels = sum(part.shape[1] for part in parts)
    return torch.cat([*parts, parts[0].new_zeros(len(parts[0]), whole(channels) - channels)], dim=1)
