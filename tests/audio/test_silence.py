import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.audio.silence import FADE_S, WINDOW_S, faded, has_sound, sound_bounds

WINDOW, FADE = round(WINDOW_S * SAMPLE_RATE), round(FADE_S * SAMPLE_RATE)


def sine(length: int, amplitude: float = 0.3) -> Samples:
    samples: Samples = (amplitude * np.sin(2 * np.pi * 200 / SAMPLE_RATE * np.arange(length))).astype(np.float32)
    return samples


def noise(length: int, dbfs: float) -> Samples:
    samples = np.random.default_rng(7).standard_normal(length, dtype=np.float32)
    return samples * np.float32(10 ** (dbfs / 20))


@pytest.mark.parametrize("before", [0, 1, 5 * WINDOW, 24_000])
@pytest.mark.parametrize("after", [0, 1, 7 * WINDOW + 3, 24_000])
@pytest.mark.parametrize("amplitude", [1.0, 0.01])
def test_sound_is_found_to_a_window(before: int, after: int, amplitude: float) -> None:
    sound = sine(2405, amplitude)
    start, stop = sound_bounds(np.concatenate((np.zeros(before, np.float32), sound, np.zeros(after, np.float32))))
    assert abs(before - start) < WINDOW
    assert abs(stop - (before + len(sound))) < WINDOW


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(1, np.float32),
        np.zeros(5000, np.float32),
        noise(5000, -75),
        np.full(500, np.nan),
    ],
    ids=["empty", "one sample", "zeros", "faint noise", "no numbers"],
)
def test_silence_has_no_sound(samples: Samples) -> None:
    assert sound_bounds(samples) == (0, 0)
    assert not has_sound(samples)


def test_noise_of_a_vocoder_around_speech_is_silence() -> None:
    speech = np.concatenate((noise(4800, -68), sine(4800), noise(4800, -68)))
    assert sound_bounds(speech) == (4800, 9600)


def test_a_soft_ending_is_sound() -> None:
    spoken = np.concatenate((sine(4800), noise(4800, -48), np.zeros(4800, np.float32)))
    assert sound_bounds(spoken) == (0, 9600)


def test_soft_sound_is_sound_in_a_soft_voice() -> None:
    spoken = np.concatenate((sine(4800, 0.01), noise(4800, -65), np.zeros(4800, np.float32)))
    assert sound_bounds(spoken) == (0, 9600)


@pytest.mark.parametrize("length", [0, 1, 2, 100, 24_000])
def test_a_fade_starts_and_ends_near_zero_and_leaves_the_rest(length: int) -> None:
    ones = np.ones(length, np.float32)
    out = faded(ones)
    edge = min(FADE, length // 2)
    assert (out[edge : length - edge] == 1).all()
    assert (np.diff(out[:edge]) > 0).all()
    assert (out == out[::-1]).all()
    assert (ones == 1).all()
    if length > 2 * FADE:
        assert out[0] < 0.001
