"""What each codec's bytes must look like, read without FFmpeg."""

import gc
import hashlib
import struct

import numpy as np
import pytest
from av.container import OutputContainer

from speechd.audio.samples import SAMPLE_RATE, Samples, pcm16
from speechd.encoders.container import AAC, FLAC, OPUS, Codec, ContainerEncoder

CODECS = pytest.mark.parametrize("codec", [AAC, OPUS, FLAC], ids=["aac", "opus", "flac"])


def tone(length: int = 24_100) -> Samples:
    samples: Samples = (0.4 * np.sin(2 * np.pi * 440 / SAMPLE_RATE * np.arange(length))).astype(np.float32)
    return samples


def encoded(codec: Codec, samples: Samples, *, whole: bool) -> bytes:
    encoder = ContainerEncoder(codec, whole=whole)
    data = encoder.encode(samples) + encoder.finish()
    encoder.close()
    return data


def ogg_pages(data: bytes) -> list[tuple[int, int]]:
    """Flags and granule position of every page, which together are all of the data."""
    pages, at = [], 0
    while at < len(data):
        magic, flags, granule, lacings = struct.unpack_from("<4sxBqxxxxxxxxxxxxB", data, at)
        assert magic == b"OggS"
        pages.append((flags, granule))
        at += 27 + lacings + sum(data[at + 27 : at + 27 + lacings])
    return pages


@pytest.mark.parametrize(("whole", "pages_of_audio"), [(False, 51), (True, 2)])
def test_opus_ends_with_a_page_that_says_so_and_counts_every_sample(whole: bool, pages_of_audio: int) -> None:
    data = encoded(OPUS, tone(), whole=whole)
    pre_skip = struct.unpack_from("<H", data, data.index(b"OpusHead") + 10)[0]
    head, tags, *audio = ogg_pages(data)
    assert (head, tags) == ((2, 0), (0, 0))
    assert [flags for flags, _ in audio] == [0] * (pages_of_audio - 1) + [4]
    assert audio[-1][1] == pre_skip + 2 * 24_100


def test_aac_is_a_chain_of_adts_frames() -> None:
    data = encoded(AAC, tone(), whole=False)
    at = frames = 0
    while at < len(data):
        assert data[at : at + 2] == b"\xff\xf1"
        at += int.from_bytes(data[at + 3 : at + 6], "big") >> 5 & 0x1FFF
        frames += 1
    assert at == len(data)
    assert frames == -(-24_100 // 1024) + 1  # and one of priming


@pytest.mark.parametrize("length", [1, 100, 24_100])
@pytest.mark.parametrize("whole", [False, True])
def test_flac_states_length_and_md5_truly_or_as_unknown(length: int, whole: bool) -> None:
    data = encoded(FLAC, tone(length), whole=whole)
    total = int.from_bytes(data[21:26], "big") & 0xFFFFFFFFF
    stated = total, data[26:42]
    assert stated == ((length, hashlib.md5(pcm16(tone(length))).digest()) if whole else (0, bytes(16)))


@CODECS
def test_a_closed_encoder_refuses_samples(codec: Codec) -> None:
    encoder = ContainerEncoder(codec, whole=False)
    encoder.close()
    with pytest.raises(ValueError, match="closed"):
        encoder.encode(tone())


@CODECS
@pytest.mark.parametrize("whole", [False, True])
def test_close_gives_native_memory_back_without_the_garbage_collector(codec: Codec, whole: bool) -> None:
    gc.disable()
    try:
        encoder = ContainerEncoder(codec, whole=whole)
        encoder.encode(tone())
        before = sum(issubclass(type(it), OutputContainer) for it in gc.get_objects())
        encoder.close()
        del encoder
        assert sum(issubclass(type(it), OutputContainer) for it in gc.get_objects()) == before - 1
    finally:
        gc.enable()
