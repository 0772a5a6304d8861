import pytest

from speechd.listener import Listener


def underrun_s(*writes: tuple[float, float], late_s: float = 0.0) -> float | None:
    """Of a stream with these (moment, seconds of audio in all), whose client takes each so much later."""
    listener = Listener()
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
    listener = Listener()
    listener.write(0.0, 1.0)
    listener.take(0.0)
    listener.take(5.0)  # asked again, where the encoder had held back
    listener.write(6.0, 2.0)
    assert listener.underrun_s == 5.0
