"""The words of a text as its client wrote them, and when they sound.

What is spoken of "$3.50" is five words. A client that shows, or interrupts, its own text needs the one that it sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from speechd.speech.captions import WordTime

UNSPACED: Final = ("ja", "zh")
"""Languages that put no spaces between words; there, what is spoken as a word is one."""

_TAG: Final = r"</?[A-Za-z][^<>\s]*(?:\s[^<>]{0,500})?>"
_WRITTEN = re.compile(rf"(?:{_TAG}|\S)+")
_TAGS = re.compile(_TAG)


class SentWord(NamedTuple):
    """A word with its punctuation, without tags: the characters from `start` to before `stop` of the text as sent. It
    sounds from `start_s` to `end_s`, in seconds from the beginning of the audio; both are equal for what is not
    spoken, such as a dash."""

    text: str
    start: int
    stop: int
    start_s: float
    end_s: float


@dataclass(slots=True)
class _Open:
    """A word as written of which more may be spoken."""

    start: int
    source_stop: int
    start_s: float
    end_s: float
    is_whole: bool


class SentText:
    """Makes words as sent of words as spoken. Every word of the text is given out once, in order."""

    def __init__(self, language: str) -> None:
        """language: BCP 47, of the text."""
        self.text = ""
        self._spaced = language.partition("-")[0] not in UNSPACED
        self._cuts: list[int] = []  # places that no word goes across
        self._at = 0  # where the next word may begin
        self._reached_s = 0.0
        self._open: _Open | None = None

    def feed(self, text: str) -> None:
        """Take the next piece of the text."""
        self.text += text

    def cut(self) -> int:
        """The place where the text ends by now. What follows is another word, even without a space before it."""
        self._cuts.append(len(self.text))
        return self._cuts[-1]

    def take(self, words: Iterable[WordTime]) -> list[SentWord]:
        """The words as sent that are complete with these, the next ones that were spoken."""
        done: list[SentWord] = []
        for word in words:
            if not self._extend(word):
                done += self._close()
                done += self._unspoken(word.source_start)
                self._open = self._opened(word)
        if self._open is not None and self._open.is_whole:
            done += self._close()
        return done

    def settle(self, stop: int | None = None) -> list[SentWord]:
        """What is left of the text before `stop`, or of all of it: no more of that is spoken."""
        return self._close() + self._unspoken(len(self.text) if stop is None else stop)

    def _extend(self, word: WordTime) -> bool:
        """Whether the spoken word belongs to what has been begun or given out already."""
        if self._open is not None and word.source_start < self._stop(self._open.start, self._open.source_stop):
            self._open.end_s = max(self._open.end_s, word.end_s)
            self._open.source_stop = max(self._open.source_stop, word.source_stop)
            self._open.is_whole = self._is_whole(word)
            return True
        return self._open is None and word.source_start < self._at

    def _opened(self, word: WordTime) -> _Open:
        start = self._at
        if self._spaced:
            for written in self._written(self._at, len(self.text)):
                if written[1] > word.source_start:
                    start = written[0]
                    break
        else:
            start = max(self._at, word.source_start)
        return _Open(start, word.source_stop, word.start_s, word.end_s, self._is_whole(word))

    def _is_whole(self, word: WordTime) -> bool:
        """Whether nothing more is spoken of the word as sent: it is spoken as it is written, up to its end."""
        said = self.text[word.source_start : word.source_stop]
        rest = self.text[word.source_stop : self._stop(word.source_start, word.source_stop)]
        return word.text.casefold() == said.casefold() and not any(character.isalnum() for character in rest)

    def _stop(self, start: int, source_stop: int) -> int:
        """Where the words as sent end that begin at `start`, and of which this much has been spoken."""
        if self._spaced:
            source_stop = max(source_stop, start + 1)
            return max((end for _, end in self._written(start, source_stop)), default=source_stop)
        stop = source_stop
        while stop < len(self.text) and not self.text[stop].isalnum() and not self.text[stop].isspace():
            stop += 1
        return stop

    def _written(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Where the words as written that begin between two places begin and end."""
        while (match := _WRITTEN.search(self.text, start)) is not None and match.start() < stop:
            cut = next((place for place in self._cuts if match.start() < place < match.end()), match.end())
            yield match.start(), cut
            start = cut

    def _close(self) -> list[SentWord]:
        if (word := self._open) is None:
            return []
        self._open = None
        stop = self._stop(word.start, word.source_stop)
        self._at, self._reached_s = stop, max(self._reached_s, word.end_s)
        if not self._spaced:
            return self._word(word.start, stop, word.start_s, word.end_s)
        # Some abbreviations are read together with the word behind them: they share its time by their length.
        given: list[SentWord] = []
        places = list(self._written(word.start, stop))
        s_for_one = (word.end_s - word.start_s) / max(1, sum(end - start for start, end in places))
        at_s = word.start_s
        for start, end in places:
            until_s = word.end_s if end == stop else at_s + s_for_one * (end - start)
            given += self._word(start, end, at_s, until_s)
            at_s = until_s
        return given

    def _unspoken(self, stop: int) -> list[SentWord]:
        """The words before `stop` of which nothing is spoken; one that reaches beyond it may be."""
        found: list[SentWord] = []
        for start, end in self._written(self._at, stop):
            if end > stop and self._spaced:
                break
            self._at = min(end, stop)
            found += self._word(start, self._at, self._reached_s, self._reached_s)
        return found

    def _word(self, start: int, stop: int, start_s: float, end_s: float) -> list[SentWord]:
        text = without_tags(self.text[start:stop]).strip()
        return [SentWord(text, start, stop, start_s, end_s)] if text else []


def without_tags(text: str) -> str:
    """The text without the tags of HTML or SSML in it."""
    return _TAGS.sub("", text) if "<" in text else text
