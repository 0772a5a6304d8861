"""The plan of an utterance whose text is still being written; in the process that reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from speechd.engines.base import Segment
from speechd.errors import InvalidRequest, SpeechdError
from speechd.speech.passage_sizes import sizes_of
from speechd.speech.planner import Planned, Planner
from speechd.speech.reading import Form
from speechd.text.fed_text import Flushed
from speechd.text.lexicon import Lexicon
from speechd.text.markup.marks import Pause
from speechd.text.passages import NotYet, Passage, PassageReader, Urgency


class Flush(NamedTuple):
    """All text before it is to be spoken without waiting for more. number: 0, 1, ... of the utterance's."""

    number: int


class Break(NamedTuple):
    """A place up to which the text was spoken though no sentence ended: before this character of all that was fed."""

    at: int


class Finish(NamedTuple):
    """No more text comes."""


class Guess(NamedTuple):
    """There is nothing to speak yet; this is probably what comes first."""

    segment: Segment


Fed = str | Flush | Break | Finish
"""What a planner of live text is fed with: text in pieces of any kind, and what else happens to it, in order."""


class LivePlanner(Planner):
    """Plans an utterance of which `feed` brings the text."""

    def feed(self, fed: Iterable[Fed]) -> None:
        """Add what came. A planner that continues another's plan is fed all that that one was. Raises `InvalidRequest`
        for more pauses than an input may have, `ReplyTooLong` for more text than the response has time for."""
        reader = self._reader = self._reader or self._open()
        for each in fed:
            match each:
                case Flush(number):
                    reader.flush(number)
                case Break(at):
                    reader.break_off(at)
                case Finish():
                    reader.finish()
                case text:
                    reader.feed(text)
        self._check_text(reader)

    def next_live(self, longest_s: float, urgency: Urgency) -> Planned | Pause | Flushed | NotYet | None:
        """The next segment or pause, a `Flushed` where all before a flush has come, None at the end of the text.

        longest_s: as for `next`. urgency: how much text a passage is to be made of. `NotYet` with `needs_text`: there
        is not so much before more is fed.
        """
        reader = self._reader = self._reader or self._open()
        sizes = sizes_of(self._engine, self._pace, longest_s, is_first=not self._is_begun)
        if self._parts:
            return self._planned(self._parts.popleft(), sizes)
        passage = reader.next(sizes.enough, sizes.most, sizes.limit, urgency)
        if isinstance(passage, Flushed):
            return passage
        return self._planned(self._part(passage) if isinstance(passage, Passage) else passage, sizes)

    def guess(self, text: str, longest_s: float) -> Guess | None:
        """What a text would begin with, if it were whole: all that was fed, which probably ends with a sentence. None
        if that could not be read; whoever reads it in earnest says so. What is read here is not read again."""
        planner = Planner(text, self._options, self._engine, reading=self._reading)
        try:
            first = planner.next(longest_s)
        except SpeechdError:
            return None
        self._prepared = planner._prepared
        return Guess(first.segment) if isinstance(first, Planned) else None

    def break_off(self) -> Break | None:
        """Have what was fed spoken up to its last clause, or its last word, and say how far that is; None if that would
        say nothing."""
        reader = self._reader
        at = reader.clause_end() if reader is not None else None
        if reader is None or at is None:
            return None
        reader.break_off(at)
        return Break(at)

    def _open(self) -> PassageReader:
        if self._reading.form is not Form.TEXT:
            raise InvalidRequest("Text that is still being written is plain text: send it whole.", param="input")
        self._engine.load_voice(self._options)
        reader = PassageReader(
            self._options.language,
            self._position,
            Lexicon(self._reading.pronunciations),
            normalized=self._options.normalize,
            live=True,
        )
        if self._options.words:
            reader.trace_live()
        return reader
