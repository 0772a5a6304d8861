"""Whether batches that overlap have the bits that they have by themselves.

The text half of one is computed beside the speech half of another, in graphs that share their memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import torch

from bench.gpu.exactness import batch_of
from bench.gpu.section import Context
from bench.gpu.speed import synthesizer
from speechd.engines.kokoro.model import Rendered

BATCHES: Final = ((25,), (60,) * 8, (12, 120, 1), (30,) * 20, (5,) * 60, (200, 40), (1,), (120,) * 20)
"""Tokens of the segments of each; those of the last are spoken in two parts."""
TINY_BATCHES: Final = ((3,), (5, 2))
ROUNDS: Final = 6
IN_HAND: Final = 2
"""Batches at once, as in `pool.pipeline`."""


def run(context: Context) -> None:
    """Speak all batches several times, each begun before the last is taken, and compare them with the first time, when
    each was alone and without graphs."""
    model = context.model()
    batches = [batch_of(sizes) for sizes in (TINY_BATCHES if context.tiny else BATCHES)]
    alone = [model.synthesize(batch) for batch in batches]
    synthesize = synthesizer(context, model)
    shuffled = Random(0)
    order = [index for _ in range(ROUNDS) for index in shuffled.sample(range(len(batches)), len(batches))]
    different = 0
    begun: deque[tuple[int, Callable[[], list[Rendered]]]] = deque()
    for index in order:
        begun.append((index, synthesize(batches[index])))
        if len(begun) == IN_HAND:
            different += _differs(alone, *begun.popleft())
    different += sum(_differs(alone, *each) for each in begun)
    context.row(overlapping=len(order), different=different)


def _differs(alone: Sequence[Sequence[Rendered]], index: int, wait: Callable[[], list[Rendered]]) -> bool:
    pairs = zip(wait(), alone[index], strict=True)
    return not all(torch.equal(one.samples, other.samples) for one, other in pairs)
