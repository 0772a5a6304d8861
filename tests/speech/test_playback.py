import pytest

from speechd.speech.playback import LEAST_BYTES_PER_S, Download, PlaybackClock, Rate, Standstill


def underrun_s(*writes: tuple[float, float], late_s: float = 0.0) -> float | None:
    """Of a stream with these (moment, seconds of audio in all), whose client takes each so much later."""
    listener = PlaybackClock()
    for now, audio_s in writes:
        listener.write(now, audio_s)
        listener.take(now + late_s)
    return listener.underrun_s


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([(5.0, 1.0)], None),
        ([(5.0, 1.0), (5.0, 2.0)], 0.0),
        ([(5.0, 1.0), (6.0, 2.0)], 0.0),
        ([(5.0, 1.0), (6.5, 2.0)], 0.5),
        ([(5.0, 1.0), (6.5, 9.0), (7.0, 9.5)], 0.5),
        ([(5.0, 1.0), (6.5, 2.0), (8.0, 3.0), (9.5, 4.0)], 1.5),  # waits add up, as the player never catches up
    ],
)
def test_underrun_is_the_worst_wait_since_the_first_write(writes, expected):
    assert underrun_s(*writes) == expected


def test_client_that_pauses_longer_than_its_audio_lasts_was_not_kept_waiting():
    assert underrun_s((0.0, 1.0), (20.0, 2.0), (40.0, 3.0), late_s=20.0) == 0.0


def test_client_that_takes_late_but_in_time_to_play_on_does_not_gain_time():
    assert underrun_s((0.0, 10.0), (12.0, 11.0), late_s=8.0) == 2.0


def test_lateness_before_the_client_took_the_last_bytes_stays_ours():
    listener = PlaybackClock()
    listener.write(0.0, 1.0)
    listener.take(0.0)
    listener.take(5.0)  # asked again, where the encoder had held back
    listener.write(6.0, 2.0)
    assert listener.underrun_s == 5.0


@pytest.mark.parametrize(
    ("takes", "standstill_s"),
    [
        ([(0.0, 1.0, 0.5), (0.5, 2.0, 1.0)], 0.0),  # takes before it has played
        ([(0.0, 1.0, 3.0)], 2.0),  # takes 2 s after it has played all
        ([(0.0, 1.0, 3.0), (3.0, 2.0, 10.0)], 8.0),
        ([(0.0, 60.0, 1.0), (1.0, 61.0, 50.0)], 0.0),  # has a minute in hand, and does not read
        ([(0.0, 1.0, 0.0), (30.0, 2.0, 30.0)], 0.0),  # we were late
        ([(0.0, 1.0, 0.0), (30.0, 2.0, 35.0)], 5.0),  # we were late, and then it was
    ],
)
def test_playback_stands_still_while_there_was_audio_to_take(takes, standstill_s):
    listener = PlaybackClock()
    for written, audio_s, taken in takes:
        listener.write(written, audio_s)
        listener.take(taken)
    assert listener.standstill_s == standstill_s


def test_rate_is_of_the_last_window_and_of_no_less():
    rate = Rate(10.0)
    assert [rate.add(float(now), now) for now in range(10)] == [None] * 10
    assert rate.add(10.0, 10.0) == 1.0
    assert rate.add(15.0, 65.0) == (65 - 5) / 10
    assert rate.add(100.0, 65.0) == 0.0, "since the last moment before the window"


def test_rate_holds_few_moments_however_often_it_is_asked():
    rate = Rate(10.0)
    for moment in range(100_000):
        rate.add(moment / 1000, moment)
    assert len(rate._seen) <= 102
    assert rate.add(100.0, 100_000) == pytest.approx(1000, rel=0.01)


def ended_at(play_rate: float, *, chunk_s: float = 0.5, pause: tuple[float, float] = (0.0, 0.0), late_s: float = 0.0):
    """When a stream of 20 minutes is given up whose client takes `play_rate` seconds of audio in a second, with a pause
    from the first of two moments to the second, and for which each chunk is made so late; None if never."""
    listener, standstill, now = PlaybackClock(), Standstill(), 0.0
    for number in range(1, round(1200 / chunk_s)):
        now += late_s
        listener.write(now, number * chunk_s)
        now += chunk_s / play_rate
        if pause[0] <= now < pause[1]:
            now = pause[1]
        listener.take(now)
        if standstill.is_too_long(now, listener.standstill_s):
            return now
    return None


@pytest.mark.parametrize(
    ("client", "is_given_up"),
    [
        ({"play_rate": 1.0}, False),
        ({"play_rate": 0.5}, False),
        ({"play_rate": 0.26}, False),
        ({"play_rate": 0.24}, True),
        ({"play_rate": 1 / 12}, True),
        ({"play_rate": 0.1, "chunk_s": 0.02}, True),
        ({"play_rate": 1.0, "pause": (100.0, 129.0)}, False),
        ({"play_rate": 100.0, "pause": (5.0, 34.0)}, False),
        ({"play_rate": 1000.0, "late_s": 20.0}, False),
        ({"play_rate": 0.3, "late_s": 5.0}, False),
    ],
)
def test_stream_is_given_up_when_it_is_taken_at_less_than_a_quarter_of_playing_time(client, is_given_up):
    moment = ended_at(**client)
    assert (moment is not None) is is_given_up
    assert moment is None or 120 <= moment <= 130


@pytest.mark.parametrize(("bytes_per_s", "is_given_up"), [(1000, True), (4000, True), (4200, False), (1e6, False)])
@pytest.mark.parametrize("chunk", [1000, 1 << 16])
def test_download_is_given_up_when_it_is_slower_than_a_modem_for_a_minute(chunk, bytes_per_s, is_given_up):
    download, moments = Download(), range(0, 100 << 16, chunk)
    slow = [sent / bytes_per_s for sent in moments if download.is_too_slow(sent / bytes_per_s, sent)]
    assert bool(slow) is is_given_up
    assert not slow or 60 <= slow[0] <= 60 + 2 * chunk / bytes_per_s


def test_download_may_stop_for_a_while():
    download = Download()
    assert not any(download.is_too_slow(now, int(60 * LEAST_BYTES_PER_S)) for now in (0.0, 30.0, 59.9))
