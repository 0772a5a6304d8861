"""The operand of a convolution: rows as one or two float16 parts, with zeros in the gaps. See `jit.convolution`."""

from __future__ import annotations

import triton
import triton.language as tl

from speechd.engines.kokoro.gpu.kernels.jit.elementwise import activated, high_part, low_part

OPERAND_BLOCK = tl.constexpr(128)
"""Numbers; a branch of an operand starts at a multiple of them."""


@triton.jit
def normed(x, statistics, styles, segment, column, channel, CHANNELS: tl.constexpr):
    """Adaptive instance norm of x (rows, channels) of one segment."""
    mean = tl.load(statistics + segment * (2 * CHANNELS) + channel)
    spread = tl.load(statistics + segment * (2 * CHANNELS) + CHANNELS + channel)
    gain = tl.load(styles + column + channel)
    offset = tl.load(styles + column + CHANNELS + channel)
    return (x - mean[None, :]) * (spread * gain)[None, :] + offset[None, :]


@triton.jit
def operand_rows(
    source,
    statistics,
    styles,
    segment,
    column,
    row,
    inside,
    channel,
    source_stride,
    CHANNELS: tl.constexpr,
    SUMMED: tl.constexpr,
    NORM: tl.constexpr,
    ACTIVATION: tl.constexpr,
    SLOPE: tl.constexpr,
):
    """activation(norm(sum of branches)) at `row`, zeros where not `inside`."""
    at = source + row[:, None].to(tl.int64) * CHANNELS + channel[None, :]
    x = tl.load(at, mask=inside[:, None], other=0.0)
    for branch in tl.static_range(1, SUMMED):
        x += tl.load(at + branch * source_stride, mask=inside[:, None], other=0.0)
    if NORM:
        x = normed(x, statistics, styles, segment, column, channel, CHANNELS)
    x = activated(x, ACTIVATION, SLOPE)
    return tl.where(inside[:, None], x, 0.0)


@triton.jit
def pooled(x, after, row, inside, channel, pool_weight, pool_bias):
    """The depthwise transposed convolution: `row` of the doubled rate, from rows `row` / 2 and `row` / 2 + 1."""
    odd = (row % 2 == 1)[:, None]
    from_after = tl.load(pool_weight + channel * 3)[None, :]
    from_here = tl.load(pool_weight + channel * 3 + 1)[None, :]
    from_before = tl.load(pool_weight + channel * 3 + 2)[None, :]
    even_value = x * from_here
    odd_value = x * from_before + after * from_after
    x = tl.where(odd, odd_value, even_value) + tl.load(pool_bias + channel)[None, :]
    return tl.where(inside[:, None], x, 0.0)


@triton.jit(do_not_specialize=["source_rows", "statistics_segments", "styles_stride", "operand_blocks"])
def split(
    source,
    statistics,
    styles,
    norm_columns,
    pool_weight,
    pool_bias,
    high,
    low,
    starts,
    lengths,
    block_segment,
    source_rows,
    statistics_segments,
    styles_stride,
    operand_blocks,
    CHANNELS: tl.constexpr,
    BLOCK: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    SUMMED: tl.constexpr,
    NORM: tl.constexpr,
    ACTIVATION: tl.constexpr,
    SLOPE: tl.constexpr,
    POOL: tl.constexpr,
    EXACT: tl.constexpr,
):
    """source (branches or SUMMED, rows, CHANNELS) → high, low (branches, rows, CHANNELS) float16.

    A program has ROWS rows of one block (BLOCK rows, of one segment or of none). Blocks of no segment are left as they
    are, but for the first, which is the gap before the first segment. From one branch to the next there are
    source_rows, statistics_segments and operand_blocks x OPERAND_BLOCK numbers; 0 where branches share.
    """
    # Products with constants, so that the compiler knows that 16 divides them.
    source_stride = source_rows.to(tl.int64) * CHANNELS
    operand_stride = operand_blocks.to(tl.int64) * OPERAND_BLOCK
    start, branch = tl.program_id(0) * ROWS, tl.program_id(2).to(tl.int64)
    segment = tl.load(block_segment + start // BLOCK)
    if (segment < 0) & (start >= BLOCK):
        return
    near = tl.maximum(segment, 0)
    first = tl.load(starts + near)
    end = first + tl.where(segment < 0, 0, tl.load(lengths + near))
    row = start + tl.arange(0, ROWS)
    inside = (row >= first) & (row < end)
    channel = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    here = source + branch * source_stride
    measured = statistics + branch * statistics_segments * (2 * CHANNELS)
    style = styles + near * styles_stride
    column = 0
    if NORM:
        column = tl.load(norm_columns + branch)
    if POOL:
        # A pair of rows comes from one row and from the one after it.
        x = operand_rows(
            here, measured, style, near, column, row // 2, inside, channel, source_stride, CHANNELS, SUMMED, NORM,
            ACTIVATION, SLOPE,
        )  # fmt: skip
        after = operand_rows(
            here, measured, style, near, column, row // 2 + 1, inside & (row // 2 + 1 < end // 2), channel,
            source_stride, CHANNELS, SUMMED, NORM, ACTIVATION, SLOPE,
        )  # fmt: skip
        x = pooled(x, after, row, inside, channel, pool_weight, pool_bias)
    else:
        x = operand_rows(
            here, measured, style, near, column, row, inside, channel, source_stride, CHANNELS, SUMMED, NORM,
            ACTIVATION, SLOPE,
        )  # fmt: skip
    at = branch * operand_stride + row[:, None].to(tl.int64) * CHANNELS + channel[None, :]
    first_part = high_part(x)
    tl.store(high + at, first_part)
    if EXACT:
        tl.store(low + at, low_part(x, first_part, 1.0))
