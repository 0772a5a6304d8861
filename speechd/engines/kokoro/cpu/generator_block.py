"""The residual blocks of the generator's stages (see `generator`), on stretches of a passage.

All rows are time x channels. A convolution at the end of a stretch sees zeros where the passage goes on, so the rows
that are wrong for it are left out before the next one reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from speechd.engines.kokoro.cpu.adain import StyleMapBuilder
from speechd.engines.kokoro.cpu.buffers import Buffers
from speechd.engines.kokoro.cpu.norm_statistics import Statistics
from speechd.engines.kokoro.cpu.ops import Activation, MakeConvolution
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import Spread, TextOperations

Styles = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class Norms:
    """What the norms of one window have. styles: gain and offset of each; core: the window's rows at this rate."""

    styles: Styles
    core: Stretch
    statistics: Statistics
    operations: TextOperations

    def __call__(self, rows: Tensor, at: Stretch, moments: Tensor | None = None) -> Spread:
        """Mean and variance for the rows of the stretch `at`, whose `moments` are known or not."""
        return self.statistics(self.core, self.operations.spread(rows, self.core.within(at), moments))

    def affine(self, norm: int, spread: Spread) -> tuple[Tensor, Tensor]:
        """What the norm of this index makes of rows of this mean and variance, as a factor and a summand."""
        return self.operations.affine(spread, *self.styles[norm])


class ResidualBlock:
    """Three rounds of (norm, Snake, dilated convolution, norm, Snake, convolution) beside an identity.

    Snake is x + sin²(αx)/α, with a learned α per channel (Ziyin et al. 2020, "Neural networks fail to learn periodic
    functions and how to fix it", arXiv:2006.08195); vocoders have it since BigVGAN (Lee et al. 2023, arXiv:2206.04658).
    """

    def __init__(self, weights: Weights, dilations: list[int], style: StyleMapBuilder, make: MakeConvolution) -> None:
        self._rounds = []
        self.reach = 0
        for index, dilation in enumerate(dilations):
            pair = []
            for half, step in (1, dilation), (2, 1):
                # With v = αx, x + sin²(αx)/α is (v + sin²(v))/α: α goes into the norm, 1/α into the convolution.
                alpha = weights.tensor(f"alpha{half}.{index}").flatten()
                weight, bias = weights.convolution(f"convs{half}.{index}")
                norm = style.add(weights.part(f"adain{half}.{index}"), alpha)
                reach = weight.shape[2] // 2 * step
                pair.append((norm, reach, make(weight / alpha[:, None], bias, step, Activation.SNAKE)))
                self.reach += reach
            self._rounds.append(pair)

    def __call__(
        self,
        rows: Tensor,
        at: Stretch,
        of: Spread,
        to: Stretch,
        norms: Norms,
        buffers: Buffers,
        out: Tensor,
        add: bool,
    ) -> None:
        """out ← block(rows) (+ out where `add`), in the rows `to`; others of `out` have any content then.

        rows, out: of the stretch `at`; `out` may be rows. of: what the norms of rows are to have.
        """
        channels, reach = rows.shape[1], self.reach
        here = to.widened(reach)
        stay = rows[here.within(at)]
        for index, ((first, wide, widen), (second, narrow, close)) in enumerate(self._rounds):
            inner = buffers.rows("inner", len(here), channels)
            moments = widen(stay, norms.affine(first, of), inner)
            of = norms(inner, here, moments)
            # The rows at the ends saw zeros where there is sound.
            reach -= wide
            near = to.widened(reach)
            inner, stay = inner[near.within(here)], stay[near.within(here)]
            last = index == len(self._rounds) - 1
            target = stay if index or out is rows else buffers.rows("stay", len(near), channels)
            target = out[near.within(at)] if last else target
            moments = close(inner, norms.affine(second, of), target, stay, last and add)
            of = of if last else norms(target, near, moments)
            reach -= narrow
            here = to.widened(reach)
            stay = target[here.within(near)]
