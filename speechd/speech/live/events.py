"""What comes of an utterance whose text is still being written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from speechd.speech.captions import WordTime
from speechd.text.fed_text import Flushed

__all__ = ["Flushed", "Heard", "LiveChunk"]


@dataclass(frozen=True, slots=True)
class LiveChunk:
    """The next bytes of an utterance's audio.

    data: bytes of its format, at least one unless words come without any. audio_s: seconds of audio that were encoded
    for them. start_s: where in the utterance's audio they begin. words: those that are complete with it, where they
    were asked for: in seconds from the beginning of the utterance's audio, and in characters of all text that was fed
    to it.
    """

    data: bytes
    audio_s: float
    start_s: float
    words: tuple[WordTime, ...] = ()


class Heard(NamedTuple):
    """How far a listener was taken. sent_s: seconds of audio that were sent. played_s: those of them that can have been
    played by now. source_stop: characters of the text whose words had sounded by then."""

    sent_s: float
    played_s: float
    source_stop: int
