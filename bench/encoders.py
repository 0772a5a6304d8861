"""What the encoders cost, and what noise they leave.

    speechd say --engine espeak -o speech.wav < text; python -m bench.encoders speech.wav [--formats mp3,opus]

Speech is encoded with each format's settings and with others, half a second at a time, as it is for a response. Cost is
processor time, with the settings in turn, so that all have the same machine. Noise is what decoding gives back beside
the samples. It is compared with the samples, and with what they mask.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.encoders import FORMATS
from speechd.encoders.base import Encoder
from speechd.encoders.container import AAC, OPUS, Codec, ContainerEncoder
from speechd.speech.encoding import PIECE

Open = Callable[[], Encoder]
Spectrum = npt.NDArray[np.float64]

STREAM_S: Final = 6.0
"""Seconds of audio of one encoder: a sentence. To open an encoder costs something, too."""

WINDOW: Final = 1024
"""Samples of a spectrum."""

LOWER_SLOPE: Final = 27.0
UPPER_SLOPE: Final = 10.0
"""Decibels a Bark by which a sound masks less below and above itself, as in ITU-R BS.1387 (2.1.9) for loud sounds; less
loud ones mask less above."""

QUIET: Final = 1e-6
"""Power of a band, of full scale, at which nothing is compared: dither and silence."""


LAME: Final = Codec("mp3", "libmp3lame", 128_000, 128_000 / SAMPLE_RATE, streamed_container_options={"write_xing": "0"})
"""MP3 as FFmpeg's libraries make it."""


def candidates(name: str) -> Mapping[str, Open]:
    """The settings of a format that are compared: those in use, FFmpeg's own, and neighbours."""
    others: dict[str, Codec] = {}
    if name == "mp3":
        others = {"FFmpeg's": LAME, "FFmpeg's, 7": replace(LAME, options={"compression_level": "7"})}
    if name == "aac":
        others = {"FFmpeg's": replace(AAC, options={})}
    if name == "opus":
        levels = {level: {"compression_level": str(level)} for level in (0, 1, 2, 3, 5, 7)}
        others = {"FFmpeg's": replace(OPUS, options={})}
        others |= {f"complexity {level}": replace(OPUS, options=options) for level, options in levels.items()}
    in_use = partial(FORMATS[name].open, whole=False, sink=None, rate=SAMPLE_RATE)
    return {"in use": in_use, **{name: partial(ContainerEncoder, codec, whole=False) for name, codec in others.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", type=Path, help="WAV, 24 kHz, mono, 16 bits")
    parser.add_argument("--formats", default="mp3,opus,aac,flac,wav,pcm")
    parser.add_argument("--seconds", type=float, default=60.0, help="of speech")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    samples = read(arguments.speech)[: round(arguments.seconds * SAMPLE_RATE)]
    print("format, settings: ms of a core for a second of audio; kbit/s; noise, dB; noise to mask, dB, mean and p99")
    for name in arguments.formats.split(","):
        compared = candidates(name)
        costs: dict[str, list[float]] = {settings: [] for settings in compared}
        for _ in range(arguments.rounds):
            for settings, open_encoder in compared.items():
                costs[settings].append(cost_ms(open_encoder, samples))
        for settings, open_encoder in compared.items():
            data = b"".join(encoded(open_encoder, samples))
            kbits = 8 * len(data) / (len(samples) / SAMPLE_RATE) / 1000
            noise, mean, worst = noise_of(samples, decoded(name, data))
            row = f"{statistics.median(costs[settings]):6.2f} {kbits:6.1f} {noise:6.1f} {mean:6.1f} {worst:6.1f}"
            print(f"{name:5} {settings:14} {row}", flush=True)


def read(path: Path) -> Samples:
    """The samples of a WAV file."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE, 1, 2), path
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples.astype(np.float32) / np.float32(32767)


def encoded(open_encoder: Open, samples: Samples) -> Iterator[bytes]:
    """The bytes of one streamed response."""
    encoder = open_encoder()
    try:
        for start in range(0, len(samples), PIECE):
            yield encoder.encode(samples[start : start + PIECE])
        yield encoder.finish()
    finally:
        encoder.close()


def cost_ms(open_encoder: Open, samples: Samples) -> float:
    """Milliseconds of a core for a second of audio."""
    began_s = time.process_time()
    length = round(STREAM_S * SAMPLE_RATE)
    for start in range(0, len(samples), length):
        for _ in encoded(open_encoder, samples[start : start + length]):
            pass
    return 1000 * (time.process_time() - began_s) / (len(samples) / SAMPLE_RATE)


def decoded(name: str, data: bytes) -> Samples:
    """Samples at `SAMPLE_RATE`, after whatever delay the decoder shows."""
    if name == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)
    container_name = {"opus": "ogg"}.get(name, name)
    with av.open(io.BytesIO(data), "r", format=container_name) as container:
        frames = list(container.decode(audio=0))
    raw = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    samples: Samples = raw.astype(np.float32) / np.float32(32767 if raw.dtype == np.int16 else 1)
    return samples[:: frames[0].sample_rate // SAMPLE_RATE]  # Opus is decoded to 48 kHz


def noise_of(samples: Samples, heard: Samples) -> tuple[float, float, float]:
    """Noise in `heard`, which may be late: in dB relative to the samples; to what they mask, the mean of all bands; and
    what that is in the worst hundredth of them."""
    heard = heard[_delay(samples, heard) :][: len(samples)]
    samples = samples[: len(heard)]
    heard = heard * (samples @ heard / (heard @ heard))  # LAME leaves room for overshoot: that is no noise
    noise, sound = _bands(heard - samples), _bands(samples)
    mask = _masked(sound)
    ratios = (10 * np.log10(np.maximum(noise, 1e-12) / mask))[sound > QUIET]
    total = 10 * np.log10(max(np.square(heard - samples).sum(), 1e-12) / np.square(samples).sum())
    return float(total), float(ratios.mean()), float(np.percentile(ratios, 99))


def _delay(samples: Samples, heard: Samples) -> int:
    """Samples by which `heard` is late: where both are most alike."""
    size = 1 << 17
    product = np.fft.rfft(heard[: size // 2], size) * np.conj(np.fft.rfft(samples[: size // 2], size))
    return int(np.argmax(np.fft.irfft(product)[: 1 << 13]))


def _barks() -> npt.NDArray[np.float64]:
    """The place of each line of a spectrum among the critical bands (Traunmueller, 1990)."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    return 26.81 * hertz / (1960 + hertz) - 0.53


def _bands(samples: Samples) -> Spectrum:
    """The power in each critical band of each stretch of `WINDOW` samples."""
    views = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[:: WINDOW // 2]
    power = np.square(np.abs(np.fft.rfft(views * np.hanning(WINDOW)))) / WINDOW**2
    bands = np.clip(np.floor(_barks()).astype(int), 0, None)
    spectrum: Spectrum = power @ np.eye(bands.max() + 1)[bands]
    return spectrum


def _masked(sound: Spectrum) -> Spectrum:
    """The power of noise in each band that nobody hears beside this sound: what is spread to it, less 3 dB, or above 12
    Bark a quarter of a decibel a Bark (ITU-R BS.1387, 3.3)."""
    bands = np.arange(sound.shape[1])
    distance = bands[np.newaxis] - bands[:, np.newaxis]  # from a row's band to a column's
    spread = 10.0 ** (-np.where(distance > 0, UPPER_SLOPE, -LOWER_SLOPE) * distance / 10)
    less = np.where(bands > 12, 0.25 * bands, 3.0)
    masked: Spectrum = (sound @ spread) / 10.0 ** (less / 10) + 1e-12
    return masked


if __name__ == "__main__":
    main()
