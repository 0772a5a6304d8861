"""Winograd's short convolutions over time, their matrices made from interpolation points.

They are the transpose of Toom's and Cook's multiplication of polynomials (Winograd 1980, "Arithmetic complexity of
computations"); Lavin and Gray 2016 (arXiv:1509.09308) brought them to neural networks.

A filter of `taps` gives `outputs` results from `outputs + taps - 1` inputs x by as many products as there are points:
y = backward · ((weights · filter) * (forward · x)), instead of outputs x taps products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

POINTS: Final = tuple(
    sign * point for point in (Fraction(0), *map(Fraction, ("1", "2", "4", "4/5", "2/5"))) for sign in (1, -1)
)[1:]
"""0 and five opposite pairs. Of the sets of eleven tried, the most exact in float32 (2e-6 of the result, root mean
square): one set serves every kernel length here, F(6, 6) twice for 11 taps, F(5, 7) for 7 and F(9, 3) for 3."""


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """forward (points, points), weights (points, taps), backward (outputs, points)."""

    forward: Matrix
    weights: Matrix
    backward: Matrix


@cache
def transform(outputs: int, taps: int) -> Transform:
    """The matrices for as many `POINTS` as `outputs + taps - 1`, each row of a product scaled by powers of two.

    Scaled so, the rows of `forward` and the columns of `backward` have about unit length and nothing grows on the way.
    """
    size = outputs + taps - 1
    if size != len(POINTS):
        raise ValueError(f"{outputs} outputs of {taps} taps take {size} points; there are {len(POINTS)}")
    interpolation = _inverse([[point**power for power in range(size)] for point in POINTS])
    forward = np.array([[float(value) for value in row] for row in interpolation]).T
    weights = np.array([[float(point**power) for power in range(taps)] for point in POINTS])
    backward = np.array([[float(point**power) for point in POINTS] for power in range(outputs)])
    for index in range(size):
        before = 2.0 ** -round(math.log2(float(np.linalg.norm(forward[index]))))
        after = 2.0 ** -round(math.log2(float(np.linalg.norm(backward[:, index]))))
        forward[index] *= before
        backward[:, index] *= after
        weights[index] /= before * after
    return Transform(forward, weights, backward)


def _inverse(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """The inverse of a square matrix, exactly, by Gauss-Jordan elimination."""
    size = len(rows)
    wide = [row + [Fraction(int(index == column)) for column in range(size)] for index, row in enumerate(rows)]
    for column in range(size):
        pivot = next(index for index in range(column, size) if wide[index][column] != 0)
        wide[column], wide[pivot] = wide[pivot], wide[column]
        wide[column] = [value / wide[column][column] for value in wide[column]]
        for index in range(size):
            if index != column:
                factor = wide[index][column]
                wide[index] = [value - factor * own for value, own in zip(wide[index], wide[column], strict=True)]
    return [row[size:] for row in wide]
