"""The ISTFTNet generator: half frames and the harmonic source → samples; for all segments at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from speechd.engines.kokoro.cpu.generator import LEAK
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.layers import Styles
from speechd.engines.kokoro.gpu.operations import Activation, Convolution, Operations, Spectrum, Statistics
from speechd.engines.kokoro.gpu.packing import Layout, Layouts

POST_LEAK = 0.01
"""Slope of the leaky ReLU below zero, before the last convolution."""

NOISE_DILATIONS = (1, 3, 5)
"""Of the residual block after each noise convolution; the stock model's code has them."""


class ResidualBlocks:
    """Parallel blocks, each of rounds of (norm, Snake, dilated convolution, norm, Snake, convolution) + identity."""

    def __init__(
        self, blocks: Sequence[Weights], dilations: Sequence[int], styles: Styles, operations: Operations
    ) -> None:
        self._rounds = [
            (
                _convolution(blocks, f"1.{index}", dilation, styles, operations),
                _convolution(blocks, f"2.{index}", 1, styles, operations),
            )
            for index, dilation in enumerate(dilations)
        ]

    def __call__(self, rows: Tensor, statistics: Statistics | None, layout: Layout, styles: Tensor) -> Tensor:
        """rows (1, rows, channels) and their statistics → (blocks, rows, channels)."""
        for index, (widen, close) in enumerate(self._rounds):
            inner, of = widen(rows, layout, styles=styles, statistics=statistics, measure=True)
            last = index == len(self._rounds) - 1
            rows, statistics = close(inner, layout, styles=styles, statistics=of, residual=rows, measure=not last)
        return rows


def _convolution(
    blocks: Sequence[Weights], name: str, dilation: int, styles: Styles, operations: Operations
) -> Convolution:
    """Snake and the convolution `name` of all blocks, "1.0" being the first of the first round."""
    # With v = αu, u + sin²(αu)/α is (v + sin²(v))/α: α goes into the norm, 1/α into the convolution.
    alphas = [block.tensor(f"alpha{name}").flatten() for block in blocks]
    pairs = [block.convolution(f"convs{name}") for block in blocks]
    return operations.convolution(
        [weight / alpha[:, None] for (weight, _), alpha in zip(pairs, alphas, strict=True)],
        [bias for _, bias in pairs],
        dilation=dilation,
        activation=Activation.SNAKE,
        norms=[styles.add(block.part(f"adain{name}"), alpha) for block, alpha in zip(blocks, alphas, strict=True)],
    )


class Stage:
    """One upsampling: leaky ReLU, transposed convolution, plus the noise branch, then the parallel blocks."""

    def __init__(
        self, weights: Weights, config: Mapping[str, Any], index: int, styles: Styles, operations: Operations
    ) -> None:
        rates: list[int] = config["upsample_rates"]
        sizes: list[int] = config["resblock_kernel_sizes"]
        dilations: list[list[int]] = config["resblock_dilation_sizes"]
        if any(each != dilations[0] for each in dilations):
            raise ValueError(f"resblock_dilation_sizes {dilations}: only equal ones are known here")
        weight, bias = weights.convolution(f"ups.{index}")
        # The mean of the blocks before: leaky ReLU lets the division pass, so the weights take it.
        self._upsampling = operations.upsampling(
            weight if index == 0 else weight / len(sizes),
            bias,
            stride=rates[index],
            slope=LEAK,
            mirrored=index == len(rates) - 1,
        )
        self._noise = operations.noise_convolution(
            *weights.convolution(f"noise_convs.{index}"), stride=math.prod(rates[index + 1 :])
        )
        self._noise_block = ResidualBlocks([weights.part(f"noise_res.{index}")], NOISE_DILATIONS, styles, operations)
        # The longest kernel first: what takes longest should start first.
        order = sorted(range(len(sizes)), key=lambda block: -sizes[block])
        blocks = [weights.part(f"resblocks.{index * len(sizes) + block}") for block in order]
        self._blocks = ResidualBlocks(blocks, dilations[0], styles, operations)

    def __call__(self, rows: Tensor, layout: Layout, spectrum: Spectrum, to: Layout, styles: Tensor) -> Tensor:
        """rows (branches, layout.rows, in) → (blocks, to.rows, out), of which the sum is meant."""
        noise, statistics = self._noise(spectrum, to)
        noise = self._noise_block(noise, statistics, to, styles)
        mixed, statistics = self._upsampling(rows, layout, noise, to)
        return self._blocks(mixed, statistics, to, styles)


class Generator:
    """Half frames, style and the source's excitation → samples."""

    def __init__(self, weights: Weights, config: Mapping[str, Any], operations: Operations) -> None:
        rates: list[int] = config["upsample_rates"]
        hop: int = config["gen_istft_hop_size"]
        self._operations = operations
        self.source = operations.source(*weights.linear("m_source.l_linear"), hop=math.prod(rates) * hop)
        styles = Styles(operations)
        self._stages = [Stage(weights, config, index, styles, operations) for index in range(len(rates))]
        self._styles = styles.freeze()
        weight, bias = weights.convolution("conv_post")
        blocks = len(config["resblock_kernel_sizes"])
        self._post = operations.convolution(
            [weight / blocks], [bias], activation=Activation.LEAKY, slope=POST_LEAK, sum_branches=True
        )

    def __call__(self, rows: Tensor, style: Tensor, excitation: Tensor, layouts: Layouts) -> Tensor:
        """rows (1, half frames, channels), style (segments, style size), excitation (samples,) → (samples,)."""
        spectrum = self._operations.spectrum(excitation, layouts.samples, layouts.stages[-1])
        styles = self._styles(style, layouts.places)
        layout = layouts.halves
        for stage, to in zip(self._stages, layouts.stages, strict=True):
            rows = stage(rows, layout, spectrum, to, styles)
            layout = to
        polar, _ = self._post(rows, layout)
        return self._operations.samples(polar, layout, layouts.samples)
