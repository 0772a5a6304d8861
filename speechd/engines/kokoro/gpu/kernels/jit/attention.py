"""Softmax attention within each segment (Dao et al., FlashAttention, 2022), with factors of two float16 parts."""

from __future__ import annotations

import triton
import triton.language as tl

from speechd.engines.kokoro.gpu.kernels.jit.elementwise import LOW_SCALE, high_part, low_part


@triton.jit
def product(a, b, EXACT: tl.constexpr):
    """The matrix product of float32 a and b."""
    a_high, b_high = high_part(a), high_part(b)
    total = tl.dot(a_high, b_high)
    if EXACT:
        small = tl.dot(low_part(a, a_high, LOW_SCALE), b_high)
        small = tl.dot(a_high, low_part(b, b_high, LOW_SCALE), small)
        total += small * (1.0 / LOW_SCALE)
    return total


@triton.jit
def attend(
    projected,
    out,
    starts,
    lengths,
    tile_segment,
    segment_tile,
    scale,
    HIDDEN: tl.constexpr,
    HEAD: tl.constexpr,
    TILE: tl.constexpr,
    KEYS: tl.constexpr,
    EXACT: tl.constexpr,
):
    """projected (rows, 3, HIDDEN): queries, keys, values → out (rows, HIDDEN).

    A program has one tile of queries and one head of HEAD numbers, and goes through the segment's keys in their order.
    """
    tile, head = tl.program_id(0), tl.program_id(1)
    segment = tl.load(tile_segment + tile)
    if segment < 0:
        return
    first, length = tl.load(starts + segment), tl.load(lengths + segment)
    offset = (tile - tl.load(segment_tile + segment)) * TILE
    channel = head * HEAD + tl.arange(0, HEAD)
    line = offset + tl.arange(0, TILE)
    inside = (line < length)[:, None]
    at = (first + line)[:, None].to(tl.int64) * (3 * HIDDEN) + channel[None, :]
    queries = tl.load(projected + at, mask=inside, other=0.0) * scale
    largest = tl.full((TILE,), float("-inf"), tl.float32)
    weight = tl.zeros((TILE,), tl.float32)
    total = tl.zeros((TILE, HEAD), tl.float32)
    for start in range(0, length, KEYS):
        key = start + tl.arange(0, KEYS)
        there = key < length
        near = projected + (first + key).to(tl.int64) * (3 * HIDDEN)
        keys = tl.load(near[None, :] + HIDDEN + channel[:, None], mask=there[None, :], other=0.0)
        values = tl.load(near[:, None] + 2 * HIDDEN + channel[None, :], mask=there[:, None], other=0.0)
        scores = tl.where(there[None, :], product(queries, keys, EXACT), float("-inf"))
        higher = tl.maximum(largest, tl.max(scores, 1))
        shrink = tl.exp(largest - higher)
        portion = tl.exp(scores - higher[:, None])
        weight = weight * shrink + tl.sum(portion, 1)
        total = total * shrink[:, None] + product(portion, values, EXACT)
        largest = higher
    place = (first + line)[:, None].to(tl.int64) * HIDDEN + channel[None, :]
    tl.store(out + place, total / weight[:, None], mask=inside)
