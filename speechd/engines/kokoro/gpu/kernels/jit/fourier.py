"""The short-time Fourier transform of packed samples and its inverse, as sums over the few samples of a frame."""

from __future__ import annotations

import triton
import triton.language as tl

from speechd.engines.kokoro.gpu.kernels.jit.elementwise import high_part, low_part

BINS = tl.constexpr(16)
"""Bins of a frame, filled up to a power of two."""

PI = tl.constexpr(3.141592653589793)


@triton.jit
def angle(y, x):
    """atan2(y, x) in float64 within 10⁻⁹, and 0 for (0, 0)."""
    along, across = tl.abs(x), tl.abs(y)
    larger, smaller = tl.maximum(along, across), tl.minimum(along, across)
    slope = smaller / tl.where(larger > 0, larger, 1.0)
    # Above tan(π/8), atan a = π/4 + atan((a - 1) / (a + 1)).
    steep = slope > 0.41421356237309503
    t = tl.where(steep, (slope - 1) / (slope + 1), slope)
    s = t * t
    p = 0.0 * s + 1.0 / 21.0
    p = 1.0 / 19.0 - s * p
    p = 1.0 / 17.0 - s * p
    p = 1.0 / 15.0 - s * p
    p = 1.0 / 13.0 - s * p
    p = 1.0 / 11.0 - s * p
    p = 1.0 / 9.0 - s * p
    p = 1.0 / 7.0 - s * p
    p = 1.0 / 5.0 - s * p
    p = 1.0 / 3.0 - s * p
    turn = t - t * s * p + tl.where(steep, PI / 4, 0.0)
    turn = tl.where(across > along, PI / 2 - turn, turn)
    turn = tl.where(x < 0, PI - turn, turn)
    return tl.where(y < 0, -turn, turn)


@triton.jit
def analyse(
    samples,
    cosines,
    sines,
    high,
    low,
    sample_starts,
    sample_lengths,
    starts,
    lengths,
    block_segment,
    SIZE: tl.constexpr,
    HOP: tl.constexpr,
    COUNT: tl.constexpr,
    CHANNELS: tl.constexpr,
    BLOCK: tl.constexpr,
    ROWS: tl.constexpr,
    EXACT: tl.constexpr,
):
    """samples, one after the other → magnitudes, phases and zeros of each frame, (rows, CHANNELS) in float16 parts.

    cosines, sines (SIZE, BINS) float64, times the window; COUNT: of the bins. Frames are centred, each segment's ends
    are mirrored. Rows in the gaps are zeros, as in `convolution.split`. In float64: where a sum is near zero, its sign
    decides the phase.
    """
    start = tl.program_id(0) * ROWS
    segment = tl.load(block_segment + start // BLOCK)
    if (segment < 0) & (start >= BLOCK):
        return
    near = tl.maximum(segment, 0)
    first = tl.load(starts + near)
    row = start + tl.arange(0, ROWS)
    inside = (row >= first) & (row < first + tl.load(lengths + near)) & (segment >= 0)
    last = tl.load(sample_lengths + near) - 1
    line = samples + tl.load(sample_starts + near)
    place = tl.arange(0, BINS)
    real = tl.zeros((ROWS, BINS), tl.float64)
    imaginary = tl.zeros((ROWS, BINS), tl.float64)
    for n in range(SIZE):
        at = tl.abs((row - first) * HOP + n - SIZE // 2)
        at = tl.where(at > last, 2 * last - at, at)
        x = tl.load(line + at, mask=inside, other=0.0).to(tl.float64)[:, None]
        real += x * tl.load(cosines + n * BINS + place)[None, :]
        imaginary += x * tl.load(sines + n * BINS + place)[None, :]
    # A segment's first frame mirrors itself, so that only rounding would decide between the phases π and -π.
    imaginary = tl.where((row == first)[:, None], 0.0, imaginary)
    magnitude = tl.where(inside[:, None], tl.sqrt(real * real + imaginary * imaginary), 0.0).to(tl.float32)
    phase = tl.where(inside[:, None], angle(imaginary, real), 0.0).to(tl.float32)
    known = (place < COUNT)[None, :]
    to = row[:, None] * CHANNELS + place[None, :]
    rest = (place < CHANNELS - 2 * COUNT)[None, :]
    zeros = tl.zeros((ROWS, BINS), tl.float16)
    magnitude_high, phase_high = high_part(magnitude), high_part(phase)
    tl.store(high + to, magnitude_high, mask=known)
    tl.store(high + to + COUNT, phase_high, mask=known)
    tl.store(high + to + 2 * COUNT, zeros, mask=rest)
    if EXACT:
        tl.store(low + to, low_part(magnitude, magnitude_high, 1.0), mask=known)
        tl.store(low + to + COUNT, low_part(phase, phase_high, 1.0), mask=known)
        tl.store(low + to + 2 * COUNT, zeros, mask=rest)


@triton.jit
def synthesise(
    polar,
    inverse,
    squares,
    out,
    sample_starts,
    starts,
    lengths,
    block_segment,
    SIZE: tl.constexpr,
    HOP: tl.constexpr,
    COUNT: tl.constexpr,
    BLOCK: tl.constexpr,
    ROWS: tl.constexpr,
    STEPS: tl.constexpr,
):
    """polar (rows, 2 x COUNT): logarithms of magnitudes, and values whose sines are phases → samples.

    inverse (SIZE / HOP, 2, STEPS, BINS): what the real and the imaginary part of a bin add to each of HOP samples, in
    each of the frames that overlap there. squares (SIZE / HOP, STEPS): the window's, by whose sum they are divided.
    Each row of a segment but the last becomes the HOP samples that start at the frame's centre.
    """
    start = tl.program_id(0) * ROWS
    segment = tl.load(block_segment + start // BLOCK)
    if segment < 0:
        return
    first = tl.load(starts + segment)
    frames = tl.load(lengths + segment)
    frame = start + tl.arange(0, ROWS) - first
    place, step = tl.arange(0, BINS), tl.arange(0, STEPS)
    known = (place < COUNT)[None, :]
    total = tl.zeros((ROWS, STEPS), tl.float32)
    overlap = tl.zeros((ROWS, STEPS), tl.float32)
    for index in range(SIZE // HOP):
        of = frame + SIZE // 2 // HOP - index
        there = ((of >= 0) & (of < frames))[:, None]
        at = polar + (first + of)[:, None].to(tl.int64) * (2 * COUNT) + place[None, :]
        magnitude = tl.where(there & known, tl.exp(tl.load(at, mask=there & known, other=0.0)), 0.0)
        phase = tl.sin(tl.load(at + COUNT, mask=there & known, other=0.0))
        real, imaginary = magnitude * tl.cos(phase), magnitude * tl.sin(phase)
        table = inverse + index * (2 * STEPS * BINS) + step[:, None] * BINS + place[None, :]
        total += tl.sum(real[:, None, :] * tl.load(table)[None, :, :], 2)
        total += tl.sum(imaginary[:, None, :] * tl.load(table + STEPS * BINS)[None, :, :], 2)
        overlap += tl.where(there, tl.load(squares + index * STEPS + step)[None, :], 0.0)
    sample = tl.load(sample_starts + segment) + frame[:, None] * HOP + step[None, :]
    inside = ((frame >= 0) & (frame < frames - 1))[:, None] & (step < HOP)[None, :]
    tl.store(out + sample, total / tl.where(overlap > 0, overlap, 1.0), mask=inside)
