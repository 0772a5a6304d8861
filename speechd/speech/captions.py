"""Captions: what the words of a response are, where they stand in its input, and when each sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from speechd.audio.samples import TokenTime
from speechd.engines.base import Segment
from speechd.text.spans import Span

DIGITS: Final = 5
"""Decimals of a second: more than one sample."""


class ScriptWord(NamedTuple):
    """A word of a segment: as it is spoken, the characters of the input that it comes from (from `source_start` to
    before `source_stop`), and its tokens."""

    text: str
    source_start: int
    source_stop: int
    token_start: int
    token_stop: int


@dataclass(frozen=True, slots=True)
class Script:
    """What a segment says, kept where its words were asked for.

    text: spoken text. words: empty where the engine does not say which tokens they have. phonemes: empty where the
    engine has none. voice, language: as it is spoken.
    """

    text: str
    words: tuple[ScriptWord, ...]
    phonemes: str
    voice: str
    language: str


class WordTime(NamedTuple):
    """A word that sounds, in seconds from the beginning of the response's audio. voice: whose it is. The rest is as in
    `ScriptWord`."""

    text: str
    start_s: float
    end_s: float
    source_start: int
    source_stop: int
    voice: str


class PhonemeTime(NamedTuple):
    """A phoneme that sounds, in seconds from the beginning of the response's audio."""

    phoneme: str
    start_s: float
    end_s: float


class Timeline:
    """Times the words of one response, as the alignments of its segments come.

    Times never fall, whatever the engine says: a word begins where the one before ends, or later.
    """

    def __init__(self) -> None:
        self._script: Script | None = None  # of the segment of which more tokens come
        self._next = 0  # the first word of the script that is not timed yet
        self._times: dict[int, tuple[float, float]] = {}
        self._reached_s = 0.0

    def add(
        self, script: Script, tokens: Sequence[TokenTime], heard_until_s: float, *, is_last: bool = True
    ) -> tuple[tuple[WordTime, ...], tuple[PhonemeTime, ...]]:
        """The words of the segment of this script that are complete with these tokens, and the phonemes among those.

        tokens: in seconds from the beginning of the response. heard_until_s: where the sound of the segment ends;
        infinite while that is not known. is_last: no more tokens come of this segment.
        """
        if script is not self._script:
            self._script, self._next, self._times = script, 0, {}
        heard = [
            TokenTime(token, min(start_s, heard_until_s), min(end_s, heard_until_s)) for token, start_s, end_s in tokens
        ]
        self._times |= {token: (start_s, end_s) for token, start_s, end_s in heard}
        seen = max(self._times, default=-1)
        words = []
        while self._next < len(script.words) and (is_last or script.words[self._next].token_stop - 1 <= seen):
            words.append(self._timed(script, script.words[self._next]))
            self._next += 1
        if is_last:
            self._script = None
        return tuple(words), _phonemes(script, heard)

    def _timed(self, script: Script, word: ScriptWord) -> WordTime:
        spans = [self._times[token] for token in range(word.token_start, word.token_stop) if token in self._times]
        start_s = max(self._reached_s, spans[0][0]) if spans else self._reached_s
        end_s = max(start_s, spans[-1][1]) if spans else start_s
        self._reached_s = end_s
        return WordTime(word.text, start_s, end_s, word.source_start, word.source_stop, script.voice)


def rounded(seconds: float) -> float:
    """A time as clients are told it."""
    return round(seconds, DIGITS)


def script_of(text: str, spans: Sequence[Span], segment: Segment, voice: str, language: str) -> Script:
    """The script of a segment that was prepared of `text`. spans: its words in the input, in order."""
    words = []
    at = 0
    for start, stop, token_start, token_stop in segment.words:
        while at < len(spans) and spans[at].stop <= start:
            at += 1
        last = at
        while last + 1 < len(spans) and spans[last + 1].start < stop:
            last += 1
        if at < len(spans):
            source = spans[at].source_start, max(spans[at].source_start, spans[last].source_stop)
        else:
            source = (spans[-1].source_stop,) * 2 if spans else (0, 0)
        words.append(ScriptWord(text[start:stop], *source, token_start, token_stop))
    return Script(text, tuple(words), segment.phonemes, voice, language)


def _phonemes(script: Script, tokens: Sequence[TokenTime]) -> tuple[PhonemeTime, ...]:
    """The tokens that are phonemes; blanks and punctuation are silence."""
    return tuple(
        PhonemeTime(script.phonemes[token], max(0.0, start_s), max(0.0, end_s))
        for token, start_s, end_s in tokens
        if token < len(script.phonemes) and script.phonemes[token].isalnum()
    )
