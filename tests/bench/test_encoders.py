"""The measure of what encoders cost and of the noise that they leave."""

import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from bench import encoders
from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16


def sound(seconds: float = 4.0) -> Samples:
    """Something with many harmonics, whose pitch moves."""
    time_s = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(150 + 40 * np.sin(2 * time_s)) / SAMPLE_RATE
    samples = np.sum([np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20)], axis=0) * 0.1
    return np.asarray(samples, np.float32)


@pytest.mark.parametrize("late", [0, 1, 1105])
@pytest.mark.parametrize("gain", [1.0, 0.95])
def test_delay_and_gain_are_no_noise(late: int, gain: float) -> None:
    heard = np.concatenate((np.zeros(late, np.float32), sound() * np.float32(gain)))
    assert encoders.noise_of(sound(), heard)[0] < -60


def test_noise_is_told_by_its_power_and_by_what_is_masked() -> None:
    clean = sound()
    white = np.random.default_rng(1).normal(0, 1, len(clean)).astype(np.float32)
    faint, loud = (
        encoders.noise_of(clean, clean + white * np.float32(10 ** (level / 20) * clean.std())) for level in (-60, -10)
    )
    assert faint[0] == pytest.approx(-60, abs=1)
    assert loud[0] == pytest.approx(-10, abs=1)
    assert loud[1] - faint[1] == pytest.approx(50, abs=1)
    assert loud[2] > 0  # it is heard in some band


def test_every_format_and_its_neighbours_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(pcm16(sound()))
    monkeypatch.setattr(sys, "argv", ["encoders", str(path), "--rounds", "1"])
    encoders.main()
    rows = capsys.readouterr().out.splitlines()[1:]
    assert {row.split()[0] for row in rows} == {"mp3", "opus", "aac", "flac", "wav", "pcm"}
    assert sum("in use" in row for row in rows) == 6
    assert sum("FFmpeg's" in row for row in rows) == 4
    for row in rows:
        cost_ms, _, noise, masked, _ = map(float, row[20:].split())
        assert cost_ms > 0
        assert noise < -10
        assert masked < -5
