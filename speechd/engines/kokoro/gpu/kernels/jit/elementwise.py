"""What is applied to single numbers, and numbers as the sum of two float16."""

from __future__ import annotations

import triton
import triton.language as tl

LOW_SCALE = tl.constexpr(2048.0)
"""Factor of a low part whose products have a sum of their own, 2¹¹: what float16 leaves of x is then a normal number
too, unless |x| < 2⁻¹⁴ (Ootomo and Yokota, Recovering single precision accuracy from Tensor Cores, 2022)."""


@triton.jit
def squared_sine(x):
    """sin²(x), whose period is π; within 2⁻²³ for |x| < 10⁴.

    π in three parts (Cody and Waite), and a polynomial of degree 9 for |r| ≤ π / 2 with a relative error of 6e-9. The
    library's sine would take four times as many registers for arguments that do not occur.
    """
    turns = tl.floor(x * 0.3183098861837907 + 0.5)
    r = x - turns * 3.140625
    r = r - turns * 9.67502593994140625e-4
    r = r - turns * 1.509957990978376432e-7
    s = r * r
    p = 2.6057789638432236e-06 * s - 0.00019809602041411314
    p = p * s + 0.00833306623226272
    p = p * s - 0.1666665954975453
    sine = r + r * s * p
    return sine * sine


@triton.jit
def activated(x, ACTIVATION: tl.constexpr, SLOPE: tl.constexpr):
    """`Activation` of x, by its number."""
    if ACTIVATION == 1:
        x = x + squared_sine(x)
    elif ACTIVATION == 2:
        x = tl.where(x > 0, x, x * SLOPE)
    elif ACTIVATION == 3:
        # x/2 · (1 + tanh u) is x · sigmoid(2u).
        x = x * tl.sigmoid(x * (1.5957691216057308 + 0.07135481627260025 * x * x))
    return x


@triton.jit
def high_part(x):
    return x.to(tl.float16)


@triton.jit
def low_part(x, high, SCALE: tl.constexpr):
    """What `high` leaves of x, times SCALE."""
    return ((x - high.to(tl.float32)) * SCALE).to(tl.float16)
