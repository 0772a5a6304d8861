"""Cues: words as lines of subtitles, in WebVTT (W3C) and SubRip's SRT."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from speechd.speech.captions import WordTime
from speechd.text.boundaries import ends_sentence

CUE_CHARACTERS: Final = 84
"""Characters of one cue at most, unless a word is longer: two lines of 42, which broadcasters allow."""

CUE_S: Final = 7.0
"""Seconds that one cue stands at most, as broadcasters have it."""

CUE_GAP_S: Final = 0.8
"""Seconds of silence that end a cue."""

SubtitleFormat = Literal["vtt", "srt"]

MEDIA_TYPES: Final[dict[SubtitleFormat, str]] = {
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
}

HEADERS: Final[dict[SubtitleFormat, str]] = {"vtt": "WEBVTT\n\n", "srt": ""}
"""What a file begins with."""

_AFTER = re.compile(r"[.,;:!?…。、，；：！？\"'”’»)\]]{0,6}")
_SPACE = re.compile(r"\s+")
_EMPHASIS = re.compile(r"[*_`~]+")
_BETWEEN = re.compile(r"[^\w<>\[\]{}#|\\]{1,8}")
"""What may stand between two words and is shown: spaces and punctuation, but no markup."""

_CONTEXT: Final = 40
"""Characters before and after a stop that tell whether it ends a sentence."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A line of subtitles, in seconds from the beginning of the audio."""

    text: str
    start_s: float
    end_s: float


class CueBuilder:
    """Gathers words to cues. They show the input as it was written, without its markup."""

    def __init__(self, input: str, language: str) -> None:
        """language: of the input, which tells abbreviations from the ends of sentences."""
        self._input, self._language = input, language
        self._words: list[WordTime] = []
        self._text = ""

    def add(self, word: WordTime) -> Iterator[Cue]:
        """Add the next word. Gives the cue before it, if it ends there, and its own, if a sentence does."""
        more = self._more(word)
        if self._words and self._is_full(word, more):
            yield from self.flush()
            more = self._more(word)
        self._text += more
        self._words.append(word)
        if self._ends_sentence(word):
            yield from self.flush()

    def flush(self) -> Iterator[Cue]:
        """Give the cue that is not complete, if there is one."""
        if self._words:
            after = self._after(self._words[-1])
            yield Cue(self._text + after, self._words[0].start_s, self._words[-1].end_s)
        self._words, self._text = [], ""

    def _is_full(self, word: WordTime, more: str) -> bool:
        first, last = self._words[0], self._words[-1]
        return (
            len(self._text) + len(more) > CUE_CHARACTERS
            or word.end_s - first.start_s > CUE_S
            or word.start_s - last.end_s > CUE_GAP_S
        )

    def _more(self, word: WordTime) -> str:
        """What the word adds to the text of the cue: nothing where the word before comes from the same characters."""
        start, stop = word.source_start, word.source_stop
        shown = " ".join(self._input[start:stop].split()) or word.text
        if not self._words:
            return shown
        last = self._words[-1]
        if (last.source_start, last.source_stop) == (start, stop) and start < stop:
            return ""
        between = _EMPHASIS.sub("", self._input[last.source_stop : start])
        if last.source_stop == start and start < stop:
            return shown
        return (_SPACE.sub(" ", between) if _BETWEEN.fullmatch(between) else " ") + shown

    def _ends_sentence(self, word: WordTime) -> bool:
        after = self._after(word)
        stop = word.source_stop + len(after)
        following = self._input[stop : stop + _CONTEXT].lstrip()
        return bool(after) and ends_sentence(self._input[max(0, stop - _CONTEXT) : stop], self._language, following)

    def _after(self, word: WordTime) -> str:
        match = _AFTER.match(self._input, word.source_stop)
        return match[0] if match is not None and word.source_start < word.source_stop else ""


def written(cue: Cue, number: int, format: SubtitleFormat) -> str:
    """A cue as its format has it. number: from 1."""
    times = f"{_time(cue.start_s, format)} --> {_time(cue.end_s, format)}"
    if format == "srt":
        return f"{number}\n{times}\n{cue.text}\n\n"
    text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{times}\n{text}\n\n"


def _time(seconds: float, format: SubtitleFormat) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, milliseconds = divmod(rest, 1000)
    point = "." if format == "vtt" else ","
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{milliseconds:03}"
