"""Steps at joins."""

from __future__ import annotations

import pytest
import torch

from speechd.engines.kokoro.distance import loudness_step_db, spectral_step_db

TONE = torch.sin(torch.arange(2400) * 0.3)


def test_loudness_step_is_the_change_of_level() -> None:
    louder = torch.cat([TONE[:1200], 2 * TONE[1200:]])
    assert loudness_step_db(louder, 1200) == pytest.approx(6.02, abs=0.1)
    assert loudness_step_db(TONE, 1200) == pytest.approx(0, abs=0.1)


def test_spectral_step_is_the_change_of_spectrum() -> None:
    other = torch.cat([TONE[:1200], torch.sin(torch.arange(1200) * 0.9)])
    assert spectral_step_db(TONE, 1200) < 3 < 10 < spectral_step_db(other, 1200)
    assert spectral_step_db(torch.zeros(1200), 600) == 0


@pytest.mark.parametrize("place", [599, 1801])
def test_steps_at_the_ends_are_refused(place: int) -> None:
    with pytest.raises(ValueError, match="both sides"):
        loudness_step_db(TONE, place)
