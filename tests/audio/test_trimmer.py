from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples
from speechd.audio.silence import BLOCK_S, FADE_S, sound_bounds
from speechd.audio.trimmer import HEAD_S, TAIL_S, SegmentTrimmer

BLOCK, FADE, HEAD, TAIL = (round(seconds * SAMPLE_RATE) for seconds in (BLOCK_S, FADE_S, HEAD_S, TAIL_S))

LEVELS_DBFS = [-200.0, -75.0, -69.0, -66.0, -55.0, -49.0, -30.0, -3.0]
"""Around every threshold."""

stretches = st.lists(st.tuples(st.integers(0, 9_000), st.sampled_from(LEVELS_DBFS)), min_size=1, max_size=6)
"""What a segment is made of: samples, and how loud they are."""

cuts = st.lists(st.floats(0, 1), max_size=6)
"""Where it is cut into windows, as shares of its length."""


def noise(parts: list[tuple[int, float]]) -> Samples:
    """Stretches of noise of these lengths and levels."""
    random = np.random.default_rng(3)
    levels = np.repeat([10 ** (level / 20) for _, level in parts], [length for length, _ in parts])
    samples: Samples = (random.standard_normal(len(levels)) * levels).astype(np.float32)
    return samples


def windows(samples: Samples, cuts: list[float]) -> list[Samples]:
    """The samples, cut there; some windows may be empty."""
    return np.split(samples, sorted(round(cut * len(samples)) for cut in cuts))


def trimmed(parts: list[Samples]) -> tuple[Samples, SegmentTrimmer]:
    """What is kept of a segment in these windows."""
    trimmer = SegmentTrimmer(SAMPLE_RATE)
    kept = [trimmer.add(part, is_last=number == len(parts)) for number, part in enumerate(parts, 1)]
    return np.concatenate(kept), trimmer


@settings(deadline=None, max_examples=300)
@given(stretches, cuts)
def test_segment_in_windows_is_kept_as_the_whole_is_bit_for_bit(
    parts: list[tuple[int, float]], at: list[float]
) -> None:
    samples = noise(parts)
    whole, whole_trimmer = trimmed([samples])
    kept, trimmer = trimmed(windows(samples, at))
    assert np.array_equal(kept, whole)
    edges = [(each.start, each.head, each.tail) for each in (trimmer, whole_trimmer)]
    assert edges[0] == edges[1]


@settings(deadline=None, max_examples=100)
@given(stretches)
def test_what_is_kept_is_the_sound_with_its_edges(parts: list[tuple[int, float]]) -> None:
    samples = noise(parts)
    kept, trimmer = trimmed([samples])
    start, stop = sound_bounds(samples)
    if start == stop:
        assert (len(kept), trimmer.start) == (0, None)
        return
    assert trimmer.start == start - min(HEAD, start)
    assert trimmer.start + len(kept) == stop + min(TAIL, len(samples) - stop)
    inner = kept[FADE : len(kept) - FADE]
    assert np.array_equal(inner, samples[trimmer.start + FADE : trimmer.start + len(kept) - FADE])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(stretches, cuts, st.sampled_from([0.0, 0.07, 0.3]), st.booleans()), max_size=4))
def test_flow_of_segments_in_windows_is_that_of_whole_ones_bit_for_bit(
    segments: list[tuple[list[tuple[int, float]], list[float], float, bool]],
) -> None:
    whole, cut = SegmentJoiner(0.7), SegmentJoiner(0.7)
    flows: tuple[list[Samples], list[Samples]] = ([], [])
    for parts, at, gap_s, is_paused in segments:
        samples = noise(parts)
        joined = whole.add(Audio(samples), gap_s, 0.9)
        flows[0].append(joined.samples)
        pieces = windows(samples, at)
        for number, piece in enumerate(pieces, 1):
            share = cut.add(Audio(piece), gap_s, 0.9, is_last=number == len(pieces))
            flows[1].append(share.samples)
            assert share.offset in (None, joined.offset)
        assert share.offset == joined.offset
        for joiner, flow in zip((whole, cut), flows, strict=True):
            if is_paused:
                flow.append(joiner.pause(0.2))
    for joiner, flow in zip((whole, cut), flows, strict=True):
        flow.append(joiner.finish())
    assert np.array_equal(np.concatenate(flows[1]), np.concatenate(flows[0]))
    assert whole.has_sound is cut.has_sound


def test_sound_is_given_as_it_comes() -> None:
    trimmer = SegmentTrimmer(SAMPLE_RATE)
    sound = noise([(SAMPLE_RATE, -3.0)])
    assert len(trimmer.add(sound, is_last=False)) == SAMPLE_RATE - FADE
    assert len(trimmer.add(sound, is_last=False)) == SAMPLE_RATE
    assert len(trimmer.add(sound[:0], is_last=True)) == FADE


@pytest.mark.parametrize("silence", [0, 1, BLOCK, 5 * TAIL])
def test_silence_is_held_back_until_sound_follows(silence: int) -> None:
    trimmer = SegmentTrimmer(SAMPLE_RATE)
    sound = noise([(100 * BLOCK, -3.0)])
    given = len(trimmer.add(np.concatenate((sound, np.zeros(silence, np.float32))), is_last=False))
    assert given == len(sound) - FADE
    given += len(trimmer.add(np.zeros(silence, np.float32), is_last=False))
    assert given == len(sound) - FADE
    given += len(trimmer.add(sound, is_last=True))
    assert given == 2 * len(sound) + 2 * silence
