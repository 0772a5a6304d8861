"""What `speechd verify` says of windows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.distance import snr_db
from speechd.engines.kokoro.verify import EXACT_SNR_DB
from speechd.engines.kokoro.verify_windows import WholePassage, compare_windows
from tests.harness.synthetic_model import SyntheticModel, tokens, voice_row


@pytest.fixture(scope="module")
def whole(small: SyntheticModel) -> WholePassage:
    return WholePassage(fast.load(small.config, small.state), tokens(25), voice_row(0))


def test_windows_of_a_listener_are_compared(small: SyntheticModel) -> None:
    comparison = compare_windows(fast.load(small.config, small.state), tokens(25), voice_row(0))
    assert (comparison.tokens, comparison.windows) == (25, 2)
    assert comparison.exact(EXACT_SNR_DB), str(comparison)
    assert not replace(comparison, given_db=EXACT_SNR_DB - 1).exact(EXACT_SNR_DB)


def test_carried_statistics_are_those_that_are_served(small: SyntheticModel, whole: WholePassage) -> None:
    ends = whole.ends([1.0])
    assert ends[-1] == whole.passage.frames
    # The first window has its own either way.
    first = ends[0] * len(whole.samples) // whole.passage.frames
    assert snr_db(whole.own(ends)[:first], whole.carried(ends)[:first]) > EXACT_SNR_DB
    assert snr_db(whole.own(ends)[first:], whole.carried(ends)[first:]) < EXACT_SNR_DB


def test_distance_to_itself_is_none_and_its_steps_are_the_whole_s(whole: WholePassage) -> None:
    frames = whole.passage.frames
    distance = whole.distance(whole.samples, [frames // 2, frames])
    assert distance.spectra_db == 0
    assert distance.loudness_step_db == distance.whole_loudness_step_db
    assert distance.spectral_step_db == distance.whole_spectral_step_db
