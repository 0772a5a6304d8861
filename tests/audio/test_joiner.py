import numpy as np
import pytest

from speechd.audio.joiner import END_S, SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples
from speechd.audio.silence import FADE_S
from speechd.audio.trimmer import HEAD_S, TAIL_S

MS = SAMPLE_RATE // 1000
HEAD, TAIL, END, FADE = (round(seconds * SAMPLE_RATE) for seconds in (HEAD_S, TAIL_S, END_S, FADE_S))
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
    parts = [joiner.add(segment(500, before=before, after=after), gap_ms / 1000).samples for _ in range(3)]
    out = np.concatenate([*parts, joiner.finish()])
    lead = -min(before, HEAD)
    assert runs(out) == [lead, SOUND, -gap_ms * MS, SOUND, -gap_ms * MS, SOUND, -END]


def test_a_gap_of_nothing_keeps_the_edges() -> None:
    joiner = SegmentJoiner()
    edges = {"before": 500 * MS, "after": 500 * MS}
    out = np.concatenate([joiner.add(segment(500, **edges), 0.0).samples for _ in range(2)])
    assert runs(out) == [-HEAD, SOUND, -(TAIL + HEAD), SOUND, -TAIL]


@pytest.mark.parametrize(
    ("pauses_ms", "silence_ms"), [([500], 500), ([200, 400], 600), ([100], 300), ([0], 300), ([10_000], 10_000)]
)
def test_the_longer_of_gap_and_pauses_counts(pauses_ms: list[int], silence_ms: int) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.add(segment(500, after=100 * MS), 0.3).samples]
    parts += [joiner.pause(pause / 1000) for pause in pauses_ms]
    parts += [joiner.add(segment(500, before=100 * MS), 0.3).samples]
    assert runs(np.concatenate(parts))[2] == -silence_ms * MS


def test_pauses_at_the_start_and_the_end_are_kept() -> None:
    joiner = SegmentJoiner()
    out = np.concatenate((joiner.pause(0.5), joiner.add(segment(500), 0.3).samples, joiner.pause(0.7), joiner.finish()))
    assert runs(out) == [-500 * MS, SOUND, -700 * MS]


def test_a_pause_is_sent_before_the_next_segment_is_there() -> None:
    joiner = SegmentJoiner()
    joiner.add(segment(500), 0.3)
    assert len(joiner.pause(5.0)) == 5000 * MS - HEAD


@pytest.mark.parametrize("silent", [NOTHING, np.zeros(5000, np.float32), np.full(5000, np.nan, np.float32)])
def test_a_silent_segment_leaves_the_longer_gap(silent: Samples) -> None:
    joiner = SegmentJoiner()
    parts = [
        joiner.add(segment(500), 0.1).samples,
        joiner.add(Audio(silent), 0.3).samples,
        joiner.add(segment(500), 0.1).samples,
    ]
    assert len(parts[1]) == 0
    assert runs(np.concatenate(parts))[2] == -300 * MS


def test_nothing_but_silence_is_a_short_silence() -> None:
    joiner = SegmentJoiner()
    assert len(joiner.add(Audio(np.zeros(50_000, np.float32)), 0.3).samples) == 0
    assert np.array_equal(joiner.finish(), np.zeros(END, np.float32))


def test_the_last_gap_is_not_sent() -> None:
    joiner = SegmentJoiner()
    assert len(joiner.add(segment(500), 0.55).samples) + len(joiner.finish()) == SOUND + END


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_no_join_clicks(gap: float) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.add(segment(hertz), gap).samples for hertz in (500, 520, 540)]
    out = np.concatenate((*parts, joiner.finish()))
    bend = np.abs(np.diff(out, 2, prepend=[0, 0])).max()
    assert bend < 1.05 * np.abs(np.diff(segment(540).samples, 2)).max()  # a cut without a fade: 50 times that


def test_sound_is_changed_nowhere_but_in_its_fades() -> None:
    audio = segment(500)
    out = SegmentJoiner().add(audio, 0.3).samples
    assert np.array_equal(out[FADE:-FADE], audio.samples[FADE:-FADE])


def test_sound_with_silence_around_it_is_not_changed_at_all() -> None:
    audio = segment(500, before=HEAD, after=TAIL)
    assert np.array_equal(SegmentJoiner().add(audio, 0.3).samples, audio.samples)


def test_volume_multiplies() -> None:
    audio = segment(500, before=HEAD, after=TAIL)
    out = SegmentJoiner(volume=0.5).add(audio, 0.3).samples
    assert out.dtype == np.float32
    assert np.array_equal(out, audio.samples * 0.5)


def onset(samples: Samples) -> int:
    """The first sample that is heard."""
    return int(np.flatnonzero(np.abs(samples) > 1e-6)[0])


@pytest.mark.parametrize(("before", "after"), [(0, 0), (500 * MS, 700 * MS), (10 * MS, 20 * MS)])
def test_offset_tells_where_a_segment_lies_in_all_that_was_joined(before: int, after: int) -> None:
    joiner = SegmentJoiner()
    audio = segment(500, before=before, after=after)
    flow, offsets = joiner.pause(0.5), []
    for gap_s in (0.0, 0.3, 0.1):
        joined = joiner.add(audio, gap_s)
        assert joined.offset is not None
        offsets.append(joined.offset + onset(audio.samples) - (len(flow) + onset(joined.samples)))
        flow = np.concatenate((flow, joined.samples, joiner.pause(0.2)))
    assert offsets == [0, 0, 0]


def test_offset_of_a_segment_whose_silence_was_trimmed_at_the_start_is_negative() -> None:
    assert SegmentJoiner().add(segment(500, before=500 * MS), 0.0).offset == HEAD - 500 * MS


def test_other_rates_have_the_same_silences_in_seconds() -> None:
    joiner = SegmentJoiner(sample_rate=48_000)
    tone = np.full(4800, 0.5, np.float32)
    parts = [joiner.add(Audio(tone), 0.3).samples for _ in range(2)]
    assert len(np.concatenate((*parts, joiner.finish()))) == round(48_000 * (0.1 + 0.3 + 0.1 + END_S))


def test_flush_ends_a_sound_as_the_end_does_and_leaves_the_gap_its_length() -> None:
    joiner = SegmentJoiner()
    flushed = [joiner.add(segment(500), 0.3).samples, joiner.flush()]
    assert runs(np.concatenate(flushed)) == [0, SOUND, -END]
    out = [*flushed, joiner.flush(), joiner.add(segment(500), 0.3).samples, joiner.flush(0.2), joiner.finish()]
    assert runs(np.concatenate(out)) == [0, SOUND, -300 * MS, SOUND, -200 * MS]


def test_flush_before_any_sound_is_nothing() -> None:
    joiner = SegmentJoiner()
    assert not len(joiner.flush())
    joiner.pause(1.0)
    assert not len(joiner.flush())


@pytest.mark.parametrize(("rested_ms", "silence_ms"), [(0, 300), (100, 200), (10_000, 80)])
def test_silence_that_was_heard_already_is_not_given_again(rested_ms: int, silence_ms: int) -> None:
    joiner = SegmentJoiner()
    parts = [joiner.add(segment(500), 0.3).samples, joiner.flush()]
    joiner.rest(rested_ms / 1000)
    parts.append(joiner.add(segment(500), 0.3).samples)
    assert runs(np.concatenate(parts))[2] == -silence_ms * MS
    assert joiner.length_s == pytest.approx(sum(map(len, parts)) / SAMPLE_RATE)


def test_rest_before_any_sound_is_nothing() -> None:
    joiner = SegmentJoiner()
    joiner.rest(5.0)
    assert runs(np.concatenate([joiner.add(segment(500), 0.3).samples, joiner.finish()])) == [0, SOUND, -END]
