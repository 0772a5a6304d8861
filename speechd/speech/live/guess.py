"""A guess at what an utterance begins with, before it is certain that its first sentence has ended.

That takes the first word behind it, which a language model writes some 10 to 30 ms later. Meanwhile a slot may begin
with what is probable. If that was right, its listener hears it so much sooner; if not, it is dropped, and nobody has
heard of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from speechd.engines.base import Segment
from speechd.errors import SpeechdError
from speechd.speech.planner import Planned
from speechd.speech.reader.plan import RemotePlan
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

    def __init__(self, plan: Callable[[str], RemotePlan], language: str) -> None:
        """plan: makes the plan of a whole text, which is in this language."""
        self._make, self._language = plan, language
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

    async def guess(self, longest_s: float) -> Segment | None:
        """The first segment, if no more text came; None if that would not be all, or could not be read."""
        self._guessed, self._left = self._text.rstrip(), self._left - 1
        plan = self._make(self._guessed)
        try:
            first = await plan.next(longest_s)
            return first.segment if isinstance(first, Planned) else None
        except SpeechdError:  # whoever reads it in earnest says so
            return None
        finally:
            plan.close()
