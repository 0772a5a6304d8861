"""What holds for every format: decoded with FFmpeg, a reply is the audio that went in."""

import io
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16
from speechd.encoders import FORMATS, MPEG_RATES, OPENAI_FORMATS, SAMPLE_RATES, open_encoder

LENGTH = 30_001
CASES = [(name, whole) for name in OPENAI_FORMATS for whole in (False, True)]

# Samples that a decoder gives before the first of ours: no field of a bare mp3 or ADTS stream can tell it to drop them.
DELAY = {("mp3", False): 1105, ("aac", False): 1024, ("aac", True): 1024}
# Samples by which the end may be padded there: less than one frame.
PADDING = {("mp3", False): 576, ("aac", False): 1024, ("aac", True): 1024}


def tones(length: int = LENGTH) -> Samples:
    """Three tones in order, so that lost, doubled or swapped parts are heard."""
    time_s = np.arange(length) / SAMPLE_RATE
    hertz = np.array([400, 900, 1500])[np.arange(length) * 3 // max(1, length)]
    return (0.4 * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)


def encoded(name: str, pieces: list[Samples], *, whole: bool) -> bytes:
    encoder = open_encoder(name, whole=whole)
    try:
        return b"".join([encoder.encode(piece) for piece in pieces]) + encoder.finish()
    finally:
        encoder.close()


def decoded(name: str, data: bytes) -> Samples:
    """Samples at `SAMPLE_RATE`, with whatever delay the decoder shows."""
    if name == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)
    with av.open(io.BytesIO(data), "r") as container:
        frames = list(container.decode(audio=0))
    raw = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    samples: Samples = raw.astype(np.float32) / np.float32(32767 if raw.dtype == np.int16 else 1)
    return samples[:: frames[0].sample_rate // SAMPLE_RATE]  # Opus decodes to 48 kHz


@pytest.mark.parametrize(("name", "whole"), CASES)
def test_audio_survives_the_round_trip(name: str, whole: bool) -> None:
    samples = tones()
    out = decoded(name, encoded(name, [samples], whole=whole))[DELAY.get((name, whole), 0) :]
    assert 0 <= len(out) - len(samples) < PADDING.get((name, whole), 1)
    for start in range(0, LENGTH, 1000):  # every part of it, the last samples too
        part, ours = out[start : start + 1000], samples[start : start + 1000]
        if len(ours) > 1:
            assert np.corrcoef(part[: len(ours)], ours)[0, 1] > 0.97
    assert np.abs(out[LENGTH - 10 : LENGTH] - samples[-10:]).max() < 0.15


@pytest.mark.parametrize("name", ["flac", "wav", "pcm"])
@pytest.mark.parametrize("whole", [False, True])
def test_lossless_formats_carry_the_very_samples(name: str, whole: bool) -> None:
    out = decoded(name, encoded(name, [tones()], whole=whole))
    assert (out * 32767).round().astype("<i2").tobytes() == pcm16(tones())


@pytest.mark.parametrize(
    ("name", "audio_ms"), [("pcm", 20), ("wav", 20), ("flac", 60), ("opus", 40), ("mp3", 40), ("aac", 100)]
)
def test_streamed_bytes_leave_as_soon_as_the_codec_allows(name: str, audio_ms: int) -> None:
    encoder = open_encoder(name, whole=False)
    samples = tones()
    fed_ms, first = 0, b""
    while not first:
        first = encoder.encode(samples[fed_ms * 24 : (fed_ms + 20) * 24])
        fed_ms += 20
    encoder.close()
    assert fed_ms == audio_ms


@pytest.mark.parametrize("name", ["opus", "aac", "flac", "wav"])  # mp3 has no header: see its own test
def test_the_first_streamed_bytes_hold_audio(name: str) -> None:
    encoder = open_encoder(name, whole=False)
    first = next(filter(None, (encoder.encode(piece) for piece in np.split(tones(24_000), 100))))
    encoder.close()
    container_name = {"opus": "ogg"}.get(name, name)
    with av.open(io.BytesIO(first), "r", format=container_name) as container:
        assert sum(packet.size for packet in container.demux(audio=0)) > 0


@pytest.mark.parametrize(("name", "whole"), CASES)
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 5000), max_size=6))
def test_bytes_do_not_depend_on_how_the_samples_are_split(name: str, whole: bool, cuts: list[int]) -> None:
    samples = tones(5000)
    assert encoded(name, np.split(samples, sorted(cuts)), whole=whole) == encoded(name, [samples], whole=whole)


@pytest.mark.parametrize(("name", "whole"), CASES)
def test_no_samples_give_no_bytes_before_the_end(name: str, whole: bool) -> None:
    encoder = open_encoder(name, whole=whole)
    assert encoder.encode(tones(0)) == b""
    encoder.finish()
    encoder.close()


@pytest.mark.parametrize(
    ("name", "whole", "start", "size"),
    [
        ("pcm", False, b"", 0),
        ("wav", False, b"RIFF", 44),
        ("wav", True, b"RIFF", 44),
        ("flac", False, b"fLaC", 60),
        ("opus", False, b"OggS", 97),
        ("mp3", False, b"", 0),
        ("aac", False, b"", 0),
    ],
)
def test_a_reply_without_samples_is_a_header_at_most(name: str, whole: bool, start: bytes, size: int) -> None:
    data = encoded(name, [], whole=whole)
    assert data.startswith(start)
    assert len(data) <= size


@pytest.mark.parametrize(("name", "whole"), CASES)
def test_a_single_sample_is_a_valid_reply(name: str, whole: bool) -> None:
    assert len(decoded(name, encoded(name, [tones(1)], whole=whole))) >= 1


@pytest.mark.parametrize(("name", "whole"), CASES)
def test_samples_beyond_full_scale_are_clipped_never_wrapped(name: str, whole: bool) -> None:
    loud = np.float32(5) * tones()
    out = decoded(name, encoded(name, [loud], whole=whole))[DELAY.get((name, whole), 0) :][: len(loud)]
    beyond = np.abs(loud) > 1.5
    assert (np.sign(out[beyond]) == np.sign(loud[beyond])).all()


@pytest.mark.parametrize(("name", "whole"), CASES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_silence(name: str, whole: bool, bad: float) -> None:
    broken = np.full(5000, bad, dtype=np.float32)
    assert encoded(name, [broken], whole=whole) == encoded(name, [np.zeros_like(broken)], whole=whole)


@pytest.mark.parametrize(("name", "whole"), CASES)
def test_close_may_come_midway_and_twice(name: str, whole: bool) -> None:
    encoder = open_encoder(name, whole=whole)
    encoder.encode(tones())
    encoder.close()
    encoder.close()


@pytest.mark.parametrize("name", FORMATS)
def test_encoders_in_several_threads_do_not_disturb_each_other(name: str) -> None:
    pieces = np.split(tones(24_000), 50)
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: encoded(name, pieces, whole=False), range(4)))
    assert replies == [encoded(name, pieces, whole=False)] * 4


def test_media_types_say_what_a_client_cannot_read_from_the_bytes() -> None:
    assert {name: format.media_type for name, format in FORMATS.items()} == {
        "mp3": "audio/mpeg",
        "opus": "audio/ogg; codecs=opus",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm; rate=24000; channels=1",
        "ulaw": "audio/PCMU; rate=8000; channels=1",
        "alaw": "audio/PCMA; rate=8000; channels=1",
    }
    assert FORMATS["pcm"].media_type_at(48_000) == "audio/pcm; rate=48000; channels=1"


RAW = {"pcm": "s16le", "ulaw": "mulaw", "alaw": "alaw"}
"""FFmpeg's names of the formats whose bytes do not say what they are."""


def decoded_at(name: str, data: bytes, rate: int) -> tuple[int, Samples]:
    """The rate that a decoder finds, and its samples."""
    options = {"sample_rate": str(rate), "ch_layout": "mono"} if name in RAW else {}
    with av.open(io.BytesIO(data), "r", format=RAW.get(name), options=options) as container:
        frames = list(container.decode(audio=0))
    raw = np.concatenate([frame.to_ndarray().ravel() for frame in frames])
    return frames[0].sample_rate, raw.astype(np.float32) / np.float32(32767 if raw.dtype == np.int16 else 1)


@pytest.mark.parametrize(
    ("name", "rate"),
    [(name, rate) for name in FORMATS for rate in (*MPEG_RATES, 8_001, 37_800) if FORMATS[name].has_rate(rate)],
)
@pytest.mark.parametrize("whole", [False, True])
def test_audio_has_the_rate_that_is_asked_for_and_keeps_its_pitch_and_length(name: str, whole: bool, rate: int) -> None:
    encoder = open_encoder(name, whole=whole, rate=rate)
    tone = 0.4 * np.sin(2 * np.pi * 1000 / SAMPLE_RATE * np.arange(SAMPLE_RATE)).astype(np.float32)
    data = b"".join([encoder.encode(piece) for piece in np.split(tone, 10)]) + encoder.finish()
    encoder.close()
    found, samples = decoded_at(name, data, rate)
    assert found == (48_000 if name == "opus" else rate)
    delay = 3000 if name in ("mp3", "aac") else 1  # decoders' delays, and the padding of the last frame
    assert 0 <= len(samples) - found <= delay * found / SAMPLE_RATE * 3
    middle = samples[found // 4 : found // 4 + found // 2]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) == pytest.approx(1000 * len(middle) / found, abs=1)
    assert np.sqrt(2 * np.square(middle).mean()) == pytest.approx(0.4, rel=0.1)  # LAME makes room for overshoot


def test_formats_have_all_rates_or_those_of_their_codec() -> None:
    odd = {name for name, format in FORMATS.items() if format.has_rate(12_345)}
    assert odd == {"opus", "flac", "wav", "pcm", "ulaw", "alaw"}
    assert all(format.has_rate(rate) for format in FORMATS.values() for rate in MPEG_RATES)
    assert all(SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1] for rate in MPEG_RATES)


@pytest.mark.parametrize("name", FORMATS)
def test_first_bytes_leave_early_at_other_rates_too(name: str) -> None:
    encoder = open_encoder(name, whole=False, rate=16_000)
    fed = next(fed for fed, piece in enumerate(np.split(tones(24_000), 50), 1) if encoder.encode(piece))
    encoder.close()
    assert fed <= 12  # of 20 ms each
