"""From prosody to the generator's input: the text, its pitch and its energy through residual blocks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.layers import AdaptiveBlock, Styles, padding
from speechd.engines.kokoro.gpu.operations import Operations
from speechd.engines.kokoro.gpu.packing import Layout, Layouts


class Decoder:
    """Text, pitch and energy → (1, half frames, channels)."""

    def __init__(self, weights: Weights, operations: Operations) -> None:
        self._operations = operations
        styles = Styles(operations)
        self._encode = AdaptiveBlock(weights.part("encode"), styles, operations)
        self._decode = [AdaptiveBlock(block, styles, operations) for block in weights.parts("decode")]
        self._styles = styles.freeze()
        self._curves = [_Halving(*weights.convolution(name), operations.device) for name in ("F0_conv", "N_conv")]
        weight, bias = weights.convolution("asr_res.0")
        self._text = operations.convolution([weight], [bias])

    def __call__(
        self,
        text: Tensor,
        pitch: Tensor,
        energy: Tensor,
        style: Tensor,
        layouts: Layouts,
    ) -> Tensor:
        """text (frames, channels); pitch, energy (half frames,); style (segments, style size), the decoder's half."""
        frames, halves = layouts.frames, layouts.halves
        styles = self._styles(style, layouts.places)
        curves = [
            halving(halves.masked(curve[:, None])[:, 0])
            for halving, curve in zip(self._curves, (pitch, energy), strict=True)
        ]
        rows = self._block(self._encode, [text, *curves], frames, frames, styles)
        beside = self._text(text[None], frames)[0][0]
        for block in self._decode:
            to = halves if block.doubles else frames
            rows = self._block(block, [rows[0], beside, *curves], frames, to, styles)
        return rows

    def _block(self, block: AdaptiveBlock, parts: list[Tensor], layout: Layout, to: Layout, styles: Tensor) -> Tensor:
        channels = sum(part.shape[1] for part in parts)
        zeros = parts[0].new_zeros(len(parts[0]), padding(channels))
        rows = torch.cat([*parts, zeros], dim=1)[None]
        return block(rows, self._operations.statistics(rows, layout), layout, to, styles, measure=False)[0]


class _Halving:
    """A convolution of one channel with stride 2 and 3 taps: half frames (n,) → frames (n / 2, 1)."""

    def __init__(self, weight: Tensor, bias: Tensor, device: torch.device) -> None:
        self._taps, self._bias = weight.flatten().to(device).unbind(), bias.to(device)

    def __call__(self, curve: Tensor) -> Tensor:
        before, here, after = self._taps
        even, odd = curve[::2], curve[1::2]
        last = functional.pad(odd, (1, 0))[:-1]
        return (last * before + even * here + odd * after + self._bias)[:, None]
