"""A plan that speaks at each flush, and not before."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from speechd.engines.base import SynthesisOptions
from speechd.speech.captions import Script
from speechd.speech.live.events import Flushed
from speechd.speech.live.plan import Guess, Urgency
from speechd.speech.planner import Planned
from speechd.speech.reader.messages import Utterance
from speechd.speech.reader.plan import RemotePlan
from speechd.speech.reading import Reading
from speechd.text.markup import Pause
from speechd.text.passages import NotYet


class FlushPlan:
    """A `LiveTextPlan` of a plan for the text of each flush."""

    def __init__(self, plan: Callable[[Utterance], RemotePlan], options: SynthesisOptions, reading: Reading) -> None:
        """plan: makes the plan of a text."""
        self._make, self._options, self._reading = plan, options, reading
        self._text = ""
        self._fed = 0
        self._flushes = 0
        self._ready: deque[tuple[str, int, int | None]] = deque()  # text, where it begins, the flush behind it
        self._current: RemotePlan | None = None
        self._finished = False

    def feed(self, text: str) -> None:
        """See `LiveTextPlan`."""
        self._text += text

    def flush(self) -> int:
        """See `LiveTextPlan`."""
        self._cut(self._flushes)
        self._flushes += 1
        return self._flushes - 1

    def finish(self) -> None:
        """See `LiveTextPlan`."""
        self._cut(None)
        self._finished = True

    async def next(
        self, longest_s: float, urgency: Urgency, guess: str = ""
    ) -> Planned | Pause | Flushed | NotYet | Guess | None:
        """See `LiveTextPlan`; it makes no guesses."""
        while self._ready:
            text, start, number = self._ready[0]
            if self._current is None and text.strip():
                self._current = self._make(Utterance(text, self._options, math.inf, self._reading))
            item = await self._current.next(longest_s) if self._current is not None else None
            if item is not None:
                return moved(item, start) if isinstance(item, Planned) else item
            self.close()
            self._ready.popleft()
            if number is not None:
                return Flushed(number)
        return None if self._finished else NotYet(needs_text=True)

    def is_in_vain(self, urgency: Urgency) -> bool:
        """See `LiveTextPlan`."""
        return not self._ready and not self._finished

    def close(self) -> None:
        """See `LiveTextPlan`."""
        if self._current is not None:
            self._current.close()
            self._current = None

    def _cut(self, number: int | None) -> None:
        self._ready.append((self._text, self._fed, number))
        self._fed += len(self._text)
        self._text = ""


def moved(planned: Planned, by: int) -> Planned:
    """The same with its words so many characters later in the input."""
    if planned.script is None:
        return planned
    words = tuple(
        word._replace(source_start=word.source_start + by, source_stop=word.source_stop + by)
        for word in planned.script.words
    )
    script: Script = replace(planned.script, words=words)
    return replace(planned, script=script)
