from __future__ import annotations

import numpy as np
import pytest

from speechd.engines.kokoro.cpu import winograd


@pytest.mark.parametrize(("outputs", "taps"), [(6, 6), (5, 7), (9, 3)])
def test_transform_computes_the_correlation(outputs: int, taps: int) -> None:
    random = np.random.default_rng(0)
    signal, taken = random.standard_normal(outputs + taps - 1), random.standard_normal(taps)
    matrices = winograd.transform(outputs, taps)
    products = (matrices.weights @ taken) * (matrices.forward @ signal)
    np.testing.assert_allclose(matrices.backward @ products, np.correlate(signal, taken), atol=1e-12)


@pytest.mark.parametrize(("outputs", "taps"), [(6, 6), (5, 7), (9, 3)])
def test_transform_of_opposite_points_mirrors(outputs: int, taps: int) -> None:
    # The compiled kernels compute the two together.
    matrices = winograd.transform(outputs, taps)
    sign = (-1.0) ** np.arange(len(winograd.POINTS))
    np.testing.assert_array_equal(matrices.forward[1::2] * sign, matrices.forward[2::2])
    np.testing.assert_array_equal(matrices.backward[:, 1::2].T * sign[:outputs], matrices.backward[:, 2::2].T)
    assert not matrices.forward[1:, [0, -1]].any() or not matrices.forward[1:, 0].any()


def test_transform_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="12 points"):
        winograd.transform(6, 7)
