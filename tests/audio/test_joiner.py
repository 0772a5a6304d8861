import numpy as np
import pytest

from speechd.audio.joiner import END, HEAD, TAIL, SegmentJoiner, gap_s
from speechd.audio.samples import FADE, SAMPLE_RATE, Audio, Samples
from speechd.text.passages import Boundary

MS = SAMPLE_RATE // 1000
SOUND = 300 * MS
NOTHING = np.zeros(0, np.float32)


def segment(hertz: float, *, before: int = 0, after: int = 0) -> Audio:
    """A tone of `SOUND` samples that starts and stops at full swing, with silence around it."""
    tone = 0.4 * np.cos(2 * np.pi * hertz / SAMPLE_RATE * np.arange(SOUND))
    return Audio(np.concatenate((np.zeros(before), tone, np.zeros(after))).astype(np.float32))


def runs(samples: Samples) -> list[int]:
    """Lengths of sound and silence in turn, sound positive; a tone's own zeros are no silence."""
    loud = np.flatnonzero(np.abs(samples) > 1e-6)
    cuts = np.flatnonzero(np.diff(loud) > MS)
    starts, stops = np.r_[loud[0], loud[cuts + 1]], np.r_[loud[cuts], loud[-1]] + 1
    out: list[int] = [-int(starts[0])]
    for start, stop, following in zip(starts, stops, [*starts[1:], len(samples)], strict=True):
        out += [int(stop - start), -int(following - stop)]
    return out


@pytest.mark.parametrize(
    ("before", "after"), [(0, 0), (500 * MS, 0), (0, 700 * MS), (10 * MS, 20 * MS), (300 * MS, 300 * MS)]
)
@pytest.mark.parametrize("gap_ms", [80, 120, 300])
def test_a_gap_has_its_length_whatever_silence_the_segments_bring(before: int, after: int, gap_ms: int) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.push(segment(500, before=before, after=after), gap_ms / 1000) for _ in range(3)]
    out = np.concatenate([*parts, joiner.finish()])
    lead = -min(before, HEAD)
    assert runs(out) == [lead, SOUND, -gap_ms * MS, SOUND, -gap_ms * MS, SOUND, -END]


def test_a_gap_of_nothing_keeps_the_edges() -> None:
    joiner = SegmentJoiner()
    edges = {"before": 500 * MS, "after": 500 * MS}
    out = np.concatenate([joiner.push(segment(500, **edges), 0.0) for _ in range(2)])
    assert runs(out) == [-HEAD, SOUND, -(TAIL + HEAD), SOUND, -TAIL]


@pytest.mark.parametrize(("speed", "gap_ms"), [(0.5, 600), (1.0, 300), (2.0, 150)])
def test_speed_shrinks_gaps(speed: float, gap_ms: int) -> None:
    joiner = SegmentJoiner(speed)
    out = np.concatenate([joiner.push(segment(500), 0.3) for _ in range(2)])
    assert runs(out)[2] == -gap_ms * MS


@pytest.mark.parametrize(
    ("pauses_ms", "silence_ms"), [([500], 500), ([200, 400], 600), ([100], 300), ([0], 300), ([10_000], 10_000)]
)
def test_the_longer_of_gap_and_pauses_counts(pauses_ms: list[int], silence_ms: int) -> None:
    joiner = SegmentJoiner(speed=1.0)
    parts = [joiner.push(segment(500, after=100 * MS), 0.3)]
    parts += [joiner.pause(pause / 1000) for pause in pauses_ms]
    parts += [joiner.push(segment(500, before=100 * MS), 0.3)]
    assert runs(np.concatenate(parts))[2] == -silence_ms * MS


def test_speed_leaves_pauses_alone() -> None:
    joiner = SegmentJoiner(speed=4.0)
    out = np.concatenate((joiner.push(segment(500), 0.3), joiner.pause(0.5), joiner.push(segment(500), 0.3)))
    assert runs(out)[2] == -500 * MS


def test_pauses_at_the_start_and_the_end_are_kept() -> None:
    joiner = SegmentJoiner()
    out = np.concatenate((joiner.pause(0.5), joiner.push(segment(500), 0.3), joiner.pause(0.7), joiner.finish()))
    assert runs(out) == [-500 * MS, SOUND, -700 * MS]


def test_a_pause_is_sent_before_the_next_segment_is_there() -> None:
    joiner = SegmentJoiner()
    joiner.push(segment(500), 0.3)
    assert len(joiner.pause(5.0)) == 5000 * MS - HEAD


@pytest.mark.parametrize("silent", [NOTHING, np.zeros(5000, np.float32), np.full(5000, np.nan, np.float32)])
def test_a_silent_segment_leaves_the_longer_gap(silent: Samples) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.push(segment(500), 0.1), joiner.push(Audio(silent), 0.3), joiner.push(segment(500), 0.1)]
    assert len(parts[1]) == 0
    assert runs(np.concatenate(parts))[2] == -300 * MS


def test_nothing_but_silence_is_a_short_silence() -> None:
    joiner = SegmentJoiner()
    assert len(joiner.push(Audio(np.zeros(50_000, np.float32)), 0.3)) == 0
    assert np.array_equal(joiner.finish(), np.zeros(END, np.float32))


def test_the_last_gap_is_not_sent() -> None:
    joiner = SegmentJoiner()
    assert len(joiner.push(segment(500), 0.55)) + len(joiner.finish()) == SOUND + END


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_no_join_clicks(gap: float) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.push(segment(hertz), gap) for hertz in (500, 520, 540)]
    out = np.concatenate((*parts, joiner.finish()))
    bend = np.abs(np.diff(out, 2, prepend=[0, 0])).max()
    assert bend < 1.05 * np.abs(np.diff(segment(540).samples, 2)).max()  # a cut without a fade: 50 times that


def test_sound_is_changed_nowhere_but_in_its_fades() -> None:
    audio = segment(500)
    out = SegmentJoiner().push(audio, 0.3)
    assert np.array_equal(out[FADE:-FADE], audio.samples[FADE:-FADE])


def test_sound_with_silence_around_it_is_not_changed_at_all() -> None:
    audio = segment(500, before=HEAD, after=TAIL)
    assert np.array_equal(SegmentJoiner().push(audio, 0.3), audio.samples)


def test_volume_multiplies() -> None:
    audio = segment(500, before=HEAD, after=TAIL)
    out = SegmentJoiner(volume=0.5).push(audio, 0.3)
    assert out.dtype == np.float32
    assert np.array_equal(out, audio.samples * 0.5)


def test_greater_boundaries_have_longer_gaps() -> None:
    gaps = [gap_s(boundary) for boundary in sorted(Boundary)]
    assert gaps == sorted(set(gaps))
