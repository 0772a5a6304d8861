import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.audio.silence import BLOCK_S, FADE_S, fade_in, fade_out, may_sound, sound_bounds

BLOCK, FADE = round(BLOCK_S * SAMPLE_RATE), round(FADE_S * SAMPLE_RATE)


def sine(length: int, amplitude: float = 0.3) -> Samples:
    samples: Samples = (amplitude * np.sin(2 * np.pi * 200 / SAMPLE_RATE * np.arange(length))).astype(np.float32)
    return samples


def noise(length: int, dbfs: float) -> Samples:
    samples = np.random.default_rng(7).standard_normal(length, dtype=np.float32)
    return samples * np.float32(10 ** (dbfs / 20))


@pytest.mark.parametrize("before", [0, 1, 5 * BLOCK, 24_000])
@pytest.mark.parametrize("after", [0, 1, 7 * BLOCK + 3, 24_000])
@pytest.mark.parametrize("amplitude", [1.0, 0.01])
def test_sound_is_found_to_a_block(before: int, after: int, amplitude: float) -> None:
    sound = sine(2405, amplitude)
    start, stop = sound_bounds(np.concatenate((np.zeros(before, np.float32), sound, np.zeros(after, np.float32))))
    assert abs(before - start) < BLOCK
    assert abs(stop - (before + len(sound))) < BLOCK


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
    out = np.ones(length, np.float32)
    edge = min(FADE, length // 2)
    fade_in(out, edge)
    fade_out(out, edge)
    assert (out[edge : length - edge] == 1).all()
    assert (np.diff(out[:edge]) > 0).all()
    assert (out == out[::-1]).all()
    if length > 2 * FADE:
        assert out[0] < 0.001


@pytest.mark.parametrize("cut", [1, BLOCK, 3 * BLOCK + 7])
def test_what_may_sound_is_never_less_than_what_sounds(cut: int) -> None:
    """Wherever the samples are cut."""
    for level in np.linspace(-72, -68, 41):
        samples = sine(4800, 10 ** (level / 20))
        sounds = sound_bounds(samples) != (0, 0)
        assert sounds <= any(may_sound(samples[start : start + cut]) for start in range(0, len(samples), cut))


def test_a_peak_long_after_the_onset_takes_nothing_from_it() -> None:
    """Else nothing could be heard before all is there."""
    soft, loud = sine(SAMPLE_RATE, 0.0006), sine(SAMPLE_RATE, 0.9)
    assert sound_bounds(np.concatenate((soft, loud)))[0] == 0
    assert sound_bounds(np.concatenate((soft[: 10 * BLOCK], loud)))[0] == 10 * BLOCK
