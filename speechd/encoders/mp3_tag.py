"""The frame before an MP3 file's sound that states its length, as players know it from Xing and from LAME."""

from __future__ import annotations

import struct
from typing import Final

ENCODER_DELAY: Final = 576
"""Samples of silence that LAME puts before the sound. A decoder adds 529 of its own, which it knows."""

LOW_RATES: Final = 32_000
"""Hz. Below it, a frame has one granule of 576 samples (ISO/IEC 13818-3), from there on two."""

FIELDS: Final = 0b1111
"""What the tag states: frames, bytes, places to seek to, quality."""


def frame_samples(rate: int) -> int:
    """Samples of a frame at this sample rate, in Hz."""
    return 576 if rate < LOW_RATES else 1152


def frame_bytes(rate: int, bit_rate: int) -> int:
    """Bytes of a frame without padding."""
    return frame_samples(rate) // 8 * bit_rate // rate


def length_tag(header: bytes, rate: int, bit_rate: int, size: int, samples: int) -> bytes:
    """The frame. header: of any frame of the file. rate: Hz. size: bytes of all frames, which have one bit rate.
    samples: that were encoded."""
    frames = round(size / (frame_samples(rate) / 8 * bit_rate / rate))
    total = size + frame_bytes(rate, bit_rate)
    padding = max(0, frames * frame_samples(rate) - ENCODER_DELAY - samples)
    seek = bytes(256 * percent // 100 for percent in range(100))
    start = bytes((*header[:2], header[2] & ~0b10, header[3]))  # no padding
    side_information = bytes(9 if rate < LOW_RATES else 17)
    xing = b"Info" + struct.pack(">III", FIELDS, frames, total) + seek + struct.pack(">I", 0)
    lame = b"LAME3.100\x01" + bytes(11) + struct.pack(">I", ENCODER_DELAY << 20 | (padding & 0xFFF) << 8)[:3]
    tag = start + side_information + xing + lame + bytes(4) + struct.pack(">IH", total, 0)
    return (tag + struct.pack(">H", checksum(tag))).ljust(frame_bytes(rate, bit_rate), b"\0")


def checksum(data: bytes) -> int:
    """CRC-16 with the polynomial x¹⁶ + x¹⁵ + x² + 1, lowest bits first, from 0."""
    sum = 0
    for byte in data:
        sum ^= byte
        for _ in range(8):
            sum = sum >> 1 ^ (0xA001 if sum & 1 else 0)
    return sum
