"""When each character of a text as sent sounds, beside the audio in which it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from speechd.speech.sent_text import SentText, SentWord, without_tags


class CharacterTime(NamedTuple):
    """A character of the text, in seconds from the beginning of the audio."""

    character: str
    start_s: float
    end_s: float


class CharacterTimes:
    """The characters of a `SentText`, each given out once, in order, with the audio in which it begins.

    The time of a word is shared among its characters; what stands between words lasts until the next begins.
    """

    def __init__(self, text: SentText) -> None:
        self._text = text
        self._at = 0  # the first character without a time
        self._reached_s = 0.0
        self._waiting: list[tuple[str, float]] = []  # with their beginnings

    def add(self, words: Iterable[SentWord]) -> None:
        """Take the next words, with what stands before them and the space behind them."""
        for word in words:
            self._spread(word.start, self._reached_s, max(self._reached_s, word.start_s))
            self._spread(word.stop, max(self._reached_s, word.start_s), max(self._reached_s, word.end_s))
            self._add_space()

    def rest(self) -> None:
        """Take all that is left of the text; the end of the text ends its last word."""
        self._spread(len(self._text.text), self._reached_s, self._reached_s)
        if self._at and not self._text.text[self._at - 1].isspace() and self._at == len(self._text.text):
            self._waiting.append((" ", self._reached_s))

    def release(self, until_s: float, *, final: bool = False) -> list[CharacterTime]:
        """The characters that begin before `until_s`, the end of the audio so far. Each lasts until the next one, which
        may begin in later audio, and the last of the text until then. final: all that there are."""
        count = len(self._waiting)
        if not final:
            count = next((at for at, (_, start_s) in enumerate(self._waiting) if start_s >= until_s), count)
        starts = [start_s for _, start_s in self._waiting] + [until_s]
        released = [
            CharacterTime(character, start_s, max(start_s, starts[at + 1]))
            for at, (character, start_s) in enumerate(self._waiting[:count])
        ]
        self._waiting = self._waiting[count:]
        return released

    def _spread(self, stop: int, start_s: float, end_s: float) -> None:
        """Give the characters before `stop` this time in equal parts."""
        characters = without_tags(self._text.text[self._at : stop])
        step_s = (end_s - start_s) / max(1, len(characters))
        self._waiting += [(character, start_s + step_s * index) for index, character in enumerate(characters)]
        self._at, self._reached_s = max(self._at, stop), max(self._reached_s, end_s)

    def _add_space(self) -> None:
        text = self._text.text
        stop = self._at
        while stop < len(text) and text[stop].isspace():
            stop += 1
        self._spread(stop, self._reached_s, self._reached_s)
