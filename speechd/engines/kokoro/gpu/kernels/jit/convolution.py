"""A convolution over time of packed rows, as a product of matrices on tensor cores, in two launches:

    split      norm, activation → the operand: rows as one or two float16 parts, with zeros in the gaps (`jit.operand`)
    convolve   the product over taps and channels; scale, bias, residual; each tile's statistics, and the segment's

A tile has rows of one segment and starts at a multiple of its size from the segment's start. So every sum, those of the
statistics too, is taken in an order that the segment alone decides: a result does not depend on what lies beside it.
"""

from __future__ import annotations

import triton
import triton.language as tl

from speechd.engines.kokoro.gpu.kernels.jit.operand import OPERAND_BLOCK
from speechd.engines.kokoro.gpu.kernels.jit.statistics import measure_tile


@triton.jit
def multiplied(
    high,
    low,
    weight_high,
    weight_low,
    base,
    weight_row,
    taps,
    dilation,
    column,
    CHANNELS: tl.constexpr,
    ROW_STRIDE: tl.constexpr,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    EXACT: tl.constexpr,
):
    """The product of ROWS rows of the operand, the first tap of which starts at `base`, and of weights."""
    line = tl.arange(0, ROWS)
    inner = tl.arange(0, DEPTH)
    rows = line[:, None] * ROW_STRIDE + inner[None, :]
    matrix = inner[:, None] * WIDTH + column[None, :]
    total = tl.zeros((ROWS, COLUMNS), tl.float32)
    STEPS: tl.constexpr = CHANNELS // DEPTH
    for step in range(taps * STEPS):
        tap = step // STEPS
        here = (step % STEPS) * DEPTH
        at = base + tap * dilation * CHANNELS + here
        weight_at = (weight_row + tap * CHANNELS + here) * WIDTH
        a = tl.load(high + at + rows)
        b = tl.load(weight_high + weight_at + matrix)
        if EXACT:
            # Tensor cores cut off what they add, always towards zero. Short sums, added by rounding, undo that.
            products = tl.dot(tl.load(low + at + rows), b)
            products = tl.dot(a, tl.load(weight_low + weight_at + matrix), products)
            total += tl.dot(a, b, products)
        else:
            total = tl.dot(a, b, total)
    return total


@triton.jit
def store_mirror(total, out, residual, residual_scale, line, column, offset, place, near, PHASE: tl.constexpr):
    """The first row of a segment's result: the second of the rows that the segment's first row becomes."""
    again = (line == 0) & (offset == 0)
    second = (column >= PHASE) & (column < 2 * PHASE)
    mirror = again[:, None] & second[None, :]
    at = place - 2 * PHASE + near
    copied = total + tl.load(residual + at, mask=mirror, other=0.0) * residual_scale
    tl.store(out + at, copied, mask=mirror)


@triton.jit(
    do_not_specialize=[
        "operand_blocks",
        "residual_rows",
        "out_rows",
        "tiles",
        "segments",
        "dilation",
    ]
)
def convolve(
    high,
    low,
    weight_high,
    weight_low,
    weight_scale,
    bias,
    residual,
    out,
    partial,
    counters,
    statistics,
    starts,
    lengths,
    tile_segment,
    segment_tile,
    branch_taps,
    branch_start,
    operand_blocks,
    residual_rows,
    out_rows,
    tiles,
    segments,
    dilation,
    residual_scale,
    TAPS: tl.constexpr,
    CHANNELS: tl.constexpr,
    ROW_STRIDE: tl.constexpr,
    FIRST: tl.constexpr,
    OUTPUTS: tl.constexpr,
    WIDTH: tl.constexpr,
    PHASE: tl.constexpr,
    TILE: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    EXACT: tl.constexpr,
    RESIDUAL: tl.constexpr,
    MIRRORED: tl.constexpr,
    MEASURE: tl.constexpr,
):
    """out[r] ← Σ over taps t and channels c of operand[r + offset(t), c] · weight[t, c] + bias (+ residual · scale).

    high, low: the operand, rows ROW_STRIDE numbers apart. weight_high, weight_low: (taps x CHANNELS of all branches,
    WIDTH).
    TAPS: those of each branch, 0 where `branch_taps` says; the branch's first weight row is `branch_start`.
    FIRST: numbers before a row's own at which a single tap starts. WIDTH: OUTPUTS, filled up to a multiple of COLUMNS.
    PHASE: 0, or the outputs of one row of the result: a row then becomes OUTPUTS / PHASE rows, of which the first half
    has taps at the row before and at the row itself, the other half at the row itself and the row after.
    MIRRORED: each segment's result has a further first row, which equals its third but for the residual.
    RESIDUAL: 0 none, 1 of the same rows, 2 of half as many, each for two. TILE: rows of the layout's tiles; a program
    has ROWS of them.
    """
    BLOCKS: tl.constexpr = WIDTH // COLUMNS
    PARTS: tl.constexpr = TILE // ROWS
    program, branch = tl.program_id(0), tl.program_id(1)
    block = program % BLOCKS
    part = program // BLOCKS
    segment = tl.load(tile_segment + part // PARTS)
    if segment < 0:
        return
    first_part = tl.load(segment_tile + segment) * PARTS
    offset = (part - first_part) * ROWS
    length = tl.load(lengths + segment)
    count = tl.minimum(length - offset, ROWS)
    if count <= 0:
        return
    start = tl.load(starts + segment) + offset
    column = block * COLUMNS + tl.arange(0, COLUMNS)
    line = tl.arange(0, ROWS)
    if TAPS == 0:
        taps = tl.load(branch_taps + branch)
        weight_row = tl.load(branch_start + branch)
    else:
        taps = TAPS
        weight_row = 0
    base = branch.to(tl.int64) * operand_blocks * OPERAND_BLOCK + start.to(tl.int64) * ROW_STRIDE - FIRST
    if PHASE > 0:
        base += tl.where(block * COLUMNS * 2 >= OUTPUTS, 0, -1) * CHANNELS
    else:
        base -= (taps // 2) * dilation * CHANNELS
    total = multiplied(
        high, low, weight_high, weight_low, base, weight_row, taps, dilation, column, CHANNELS, ROW_STRIDE, WIDTH, ROWS,
        COLUMNS, DEPTH, EXACT,
    )  # fmt: skip
    known = column < OUTPUTS
    total = total * tl.load(weight_scale + branch) + tl.load(bias + branch * WIDTH + column)[None, :]
    inside = (line < count)[:, None]
    mask = inside & known[None, :]
    place = start.to(tl.int64) * OUTPUTS
    if MIRRORED:
        place += PHASE
    near = line[:, None] * OUTPUTS + column[None, :]
    if MIRRORED:
        store_mirror(total, out, residual, residual_scale, line, column, offset, place, near, PHASE)
    if RESIDUAL == 1:
        beside = residual + branch.to(tl.int64) * residual_rows * OUTPUTS + place
        total += tl.load(beside + near, mask=mask, other=0.0) * residual_scale
    elif RESIDUAL == 2:
        beside = (
            residual
            + branch.to(tl.int64) * residual_rows * OUTPUTS
            + ((start + line) // 2).to(tl.int64)[:, None] * OUTPUTS
        )
        total += tl.load(beside + column[None, :], mask=mask, other=0.0) * residual_scale
    tl.store(out + branch.to(tl.int64) * out_rows * OUTPUTS + place + near, total, mask=mask)
    if MEASURE:
        own = partial + branch.to(tl.int64) * tiles * (2 * WIDTH) + first_part.to(tl.int64) * (2 * WIDTH) + column
        counter = counters + (branch * segments + segment) * BLOCKS + block
        to = statistics + (branch * segments + segment) * (2 * OUTPUTS) + column
        measure_tile(total, count, inside, own, part - first_part, counter, to, known, length, ROWS, WIDTH, OUTPUTS)
