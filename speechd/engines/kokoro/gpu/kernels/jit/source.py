"""The harmonic source and its noise."""

from __future__ import annotations

import triton
import triton.language as tl

TURN = tl.constexpr(6.283185307179586)


@triton.jit
def uniform(word):
    """A number in (0, 1) from 32 random bits, of which it takes the upper 23."""
    return ((word >> 9).to(tl.float32) + 0.5) * 1.1920928955078125e-07


@triton.jit
def normal(seed, sample):
    """Standard normal noise as `noise.normal` has it: Philox 4x32-10 by a quarter of the index, then Box and Muller."""
    zero = sample * 0
    first, second, third, fourth = tl.philox(seed, sample // 4, zero, zero, zero)
    lane = sample % 4
    radius = uniform(tl.where(lane < 2, first, third))
    angle = uniform(tl.where(lane < 2, second, fourth)) * TURN
    return tl.sqrt(-2.0 * tl.log(radius)) * tl.where(lane % 2 == 0, tl.cos(angle), tl.sin(angle))


@triton.jit
def tanh(x):
    """Lambert's continued fraction up to 1, which keeps small numbers exact; the logistic function beyond."""
    s = x * x
    f = 11.0 + s / 13.0
    f = 9.0 + s / f
    f = 7.0 + s / f
    f = 5.0 + s / f
    f = 3.0 + s / f
    return tl.where(s < 1.0, x / (1.0 + s / f), 2.0 * tl.sigmoid(2.0 * x) - 1.0)


@triton.jit
def fused(product, number):
    """A fused multiply-add: the float64 product of two float32, which is exact, plus a float32, rounded once."""
    return (product + number).to(tl.float32)


@triton.jit
def excite(
    phases,
    amplitudes,
    pitch,
    seeds,
    out,
    starts,
    lengths,
    block_segment,
    rows,
    size,
    scale,
    bias,
    voiced_noise,
    unvoiced_noise,
    voiced_above,
    HOP: tl.constexpr,
    HARMONICS: tl.constexpr,
    BLOCK: tl.constexpr,
    SAMPLES: tl.constexpr,
):
    """phases (HARMONICS, rows) at half frames of HOP samples, amplitudes (HARMONICS,), pitch (rows,) → out (size,).

    starts, lengths: of segments in half frames; BLOCK: samples of a block. The interpolation of phases rounds as
    PyTorch's does on a CPU, with fused multiply-adds.
    """
    index = tl.program_id(0) * SAMPLES + tl.arange(0, SAMPLES)
    segment = tl.load(block_segment + index // BLOCK, mask=index < size, other=-1)
    near = tl.maximum(segment, 0)
    start, length = tl.load(starts + near), tl.load(lengths + near)
    sample = index - start * HOP
    inside = (segment >= 0) & (sample >= 0) & (sample < length * HOP)
    sample = tl.where(inside, sample, 0)
    half = sample // HOP
    place = tl.maximum(fused((sample.to(tl.float32) + 0.5).to(tl.float64) * scale, -0.5), 0.0)
    # The first half of the samples lies between the half frame before and this one.
    left = tl.maximum(half - tl.where(sample % HOP < HOP // 2, 1, 0), 0)
    right = tl.minimum(left + 1, tl.maximum(length - 1, 0))
    share = place - left.to(tl.float32)
    tone = tl.zeros((SAMPLES,), tl.float32)
    for harmonic in range(HARMONICS):
        line = phases + harmonic * rows + start
        before, after = tl.load(line + left, mask=inside, other=0.0), tl.load(line + right, mask=inside, other=0.0)
        phase = fused((1.0 - share).to(tl.float64) * before, share * after)
        tone += tl.sin(phase) * tl.load(amplitudes + harmonic)
    voiced = tl.load(pitch + start + half, mask=inside, other=0.0) > voiced_above
    noise = normal(tl.load(seeds + near), sample)
    mixed = tl.where(voiced, tone + noise * voiced_noise, noise * unvoiced_noise)
    tl.store(out + index, tanh(mixed + bias), mask=inside)
