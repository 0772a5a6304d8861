"""Mean and 1 / √(variance + ε) over time, from those of tiles, in an order that the segment alone decides."""

from __future__ import annotations

import triton
import triton.language as tl

EPSILON = tl.constexpr(1e-5)
CHUNK = tl.constexpr(32)
"""Tiles that are read at once."""


@triton.jit
def tile_statistics(x, count, inside, at, WIDTH: tl.constexpr):
    """Store the mean and the sum of squares around it of the tile x (time, channels) at `at` and `at` + WIDTH."""
    mean = tl.sum(tl.where(inside, x, 0.0), 0) / count.to(tl.float32)
    away = tl.where(inside, x - mean[None, :], 0.0)
    tl.store(at, mean)
    tl.store(at + WIDTH, tl.sum(away * away, 0))


@triton.jit
def finish_statistics(partial, at, mask, length, ROWS: tl.constexpr, WIDTH: tl.constexpr, CHANNELS: tl.constexpr):
    """Merge the tiles of a segment of `length` rows, the first of which is at `partial`: (tiles, 2, WIDTH), and store.

    Read past the first-level cache, for other multiprocessors have just written it.
    """
    tiles = tl.cdiv(length, ROWS)
    mean = tl.zeros(partial.shape, tl.float64)
    for first in range(0, tiles, CHUNK):
        index = first + tl.arange(0, CHUNK)
        there = (index < tiles)[:, None]
        place = partial[None, :] + (index * (2 * WIDTH))[:, None]
        count = tl.minimum(length - index * ROWS, ROWS).to(tl.float64)[:, None]
        here = tl.load(place, mask=there, other=0.0, cache_modifier=".cg").to(tl.float64)
        mean += tl.sum(tl.where(there, here * count, 0.0), 0)
    mean = mean / length.to(tl.float64)
    square = tl.zeros(partial.shape, tl.float64)
    for first in range(0, tiles, CHUNK):
        index = first + tl.arange(0, CHUNK)
        there = (index < tiles)[:, None]
        place = partial[None, :] + (index * (2 * WIDTH))[:, None]
        count = tl.minimum(length - index * ROWS, ROWS).to(tl.float64)[:, None]
        away = tl.load(place, mask=there, other=0.0, cache_modifier=".cg").to(tl.float64) - mean[None, :]
        own = tl.load(place + WIDTH, mask=there, other=0.0, cache_modifier=".cg").to(tl.float64)
        square += tl.sum(tl.where(there, own + count * away * away, 0.0), 0)
    spread = 1.0 / tl.sqrt(square / length.to(tl.float64) + EPSILON)
    tl.store(at, mean.to(tl.float32), mask=mask)
    tl.store(at + CHANNELS, spread.to(tl.float32), mask=mask)


@triton.jit
def measure_tile(
    x,
    count,
    inside,
    partial,
    tile,
    counter,
    to,
    known,
    length,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
    CHANNELS: tl.constexpr,
):
    """Store the statistics of a segment's tile number `tile`, and as the last of its programs those of the segment.

    partial: of the segment's tiles, (tiles, 2, WIDTH); to: of the segment, (2, CHANNELS), of which `known` exist;
    counter: of the programs that are done, 0 before the first and after the last. Whoever is the last merges the tiles,
    always in the same order.
    """
    tile_statistics(x, count, inside, partial + tile * (2 * WIDTH), WIDTH)
    tl.debug_barrier()
    seen = tl.atomic_add(counter, 1, sem="acq_rel", scope="gpu")
    if seen == tl.cdiv(length, ROWS) - 1:
        finish_statistics(partial, to, known, length, ROWS, WIDTH, CHANNELS)
        tl.store(counter, 0)


@triton.jit(do_not_specialize=["source_rows", "segments"])
def measure(
    source,
    partial,
    counters,
    statistics,
    lengths,
    starts,
    tile_segment,
    segment_tile,
    source_rows,
    segments,
    CHANNELS: tl.constexpr,
    TILE: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    """Statistics of rows (branches, rows, CHANNELS) that no convolution measured."""
    tile, column, branch = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    segment = tl.load(tile_segment + tile)
    if segment < 0:
        return
    length = tl.load(lengths + segment)
    first_tile = tl.load(segment_tile + segment)
    offset = (tile - first_tile) * TILE
    count = tl.minimum(length - offset, TILE)
    channel = column * COLUMNS + tl.arange(0, COLUMNS)
    line = tl.arange(0, TILE)
    inside = (line < count)[:, None]
    row = tl.load(starts + segment) + offset
    here = source + branch.to(tl.int64) * source_rows * CHANNELS + row.to(tl.int64) * CHANNELS
    x = tl.load(here + line[:, None] * CHANNELS + channel[None, :], mask=inside, other=0.0)
    own = partial + (branch * tl.num_programs(0) + first_tile) * (2 * CHANNELS) + channel
    counter = counters + (branch * segments + segment) * tl.num_programs(1) + column
    to = statistics + (branch * segments + segment) * (2 * CHANNELS) + channel
    known = channel < CHANNELS
    measure_tile(x, count, inside, own, tile - first_tile, counter, to, known, length, TILE, CHANNELS, CHANNELS)
