"""A guess at what an utterance begins with, before it is certain that its first sentence has ended.

That takes the first word behind it, which a language model writes some 10 to 30 ms later. Meanwhile a slot may begin
with what is probable. If that was right, its listener hears it so much sooner; if not, it is dropped, and nobody has
heard of it.
"""

from __future__ import annotations

from typing import Final

from speechd.text.boundaries import ends_sentence

LONGEST: Final = 400
"""Characters: a text that is longer has no first sentence that is worth guessing at."""

SHORTEST: Final = 20
"""Characters: shorter ones are seldom sentences, and a listener would be out of audio before the next is there."""

MOST: Final = 3
"""Guesses at one utterance: whose first words look like the end of a sentence time and again is not to keep slots busy.
"""

GUESS_S: Final = 2.0
"""Seconds for which a guess is kept. Whatever is certain by then, it was not in time."""


class FirstSentence:
    """The text of an utterance, up to its first passage."""

    def __init__(self, language: str) -> None:
        """language: of the text."""
        self._language = language
        self._text = ""
        self._guessed = ""
        self._left = MOST

    def feed(self, text: str) -> None:
        """Add text."""
        if len(self._text) <= LONGEST:
            self._text += text

    @property
    def is_probable(self) -> bool:
        """Whether the text is probably a sentence, at which no guess was made yet."""
        text = self._text.rstrip()
        is_new = self._left > 0 and text != self._guessed and SHORTEST <= len(text) <= LONGEST
        return is_new and ends_sentence(text, self._language)

    def take(self) -> str:
        """The text, for a guess; empty if none is to be made."""
        if not self.is_probable:
            return ""
        self._guessed, self._left = self._text.rstrip(), self._left - 1
        return self._guessed
