"""The plan of an utterance whose text is still being written, as the home worker sees it."""

from __future__ import annotations

import re
from typing import Final

from speechd.speech.live_planner import Break, Fed, Finish, Flush, Guess
from speechd.speech.planner import Planned
from speechd.speech.reader.messages import Live, PlanCall, Utterance
from speechd.speech.reader.plan import Ask, Observe, ReadPlan
from speechd.text.fed_text import Flushed
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency

STEP: Final = 60
"""Characters of text in which no sentence seems to end, and after which the reader is asked all the same."""

_SEEN: Final = 64
"""Characters before new text within which the end of a sentence may become certain with it."""

_END = re.compile("[.!?…。！？｡।॥؟۔\\n\\r>\\]]")


class LivePlan(ReadPlan):
    """One utterance: fed with text, and planned by `next` until that returns None. Made by `ReaderPool.live`.

    It keeps all that was fed, so that another process can go on from `progress`.
    """

    def __init__(self, id: int, utterance: Utterance, ask: Ask, observe: Observe = lambda item: None) -> None:
        super().__init__(id, utterance, ask, observe)
        self._known: list[Fed] = []  # to whichever process had the last call
        self._new: list[Fed] = []
        self._flushes = 0
        self._urgency = Urgency.GATHER
        self._guess = ""  # what the next call is to guess at
        self._lacking: Urgency | None = None  # with which the last call gave nothing

    def feed(self, text: str) -> None:
        """Add text. No word, number or sentence needs to be whole in it."""
        if text:
            self._new.append(text)

    def flush(self) -> int:
        """Have all that was fed planned without waiting for more. Returns the number of the flush."""
        self._flushes += 1
        self._new.append(Flush(self._flushes - 1))
        return self._flushes - 1

    def finish(self) -> None:
        """Say that no more text comes. Nothing may be fed after it."""
        self._new.append(Finish())

    async def next(
        self, longest_s: float, urgency: Urgency, guess: str = ""
    ) -> Planned | Pause | Flushed | NotYet | Guess | None:
        """The next thing to speak, `Flushed` where a flush is complete, None at the end of all. `NotYet`: nothing of
        this urgency before more is fed. Raises as `RemotePlan.next`.

        guess: all text that was fed, if it probably ends with the first sentence: then a `Guess` may take the place of
        `NotYet`.
        """
        if not guess and self.is_in_vain(urgency):
            return NotYet(needs_text=True)
        self._urgency, self._guess = urgency, guess
        while True:
            answer = await self._answer(longest_s)
            if answer.broken is not None:
                self._known.append(answer.broken)
            result = answer.result
            self._lacking = urgency if isinstance(result, NotYet | Guess) else None
            if isinstance(result, Planned | Pause | None):
                self._observe(result)
            elif isinstance(result, NotYet) and not result.needs_text:
                continue  # behind all others
            assert not isinstance(result, Exception)
            return result

    def call(self, longest_s: float, over: tuple[int, ...], *, is_new: bool) -> PlanCall:
        """As of `ReadPlan`; what was fed goes with it."""
        new, self._new = _joined(self._new), []
        self._known += new
        if is_new:
            self._known = _joined(self._known)
        resumed = (self.utterance, self.progress) if is_new else None
        guess, self._guess = self._guess, ""  # should a process die of it, the next is not to
        live = Live(tuple(self._known if is_new else new), self._urgency, guess)
        return PlanCall(self.id, longest_s, resumed, over, live)

    def is_in_vain(self, urgency: Urgency) -> bool:
        """Whether `next` would give nothing of this urgency, as far as can be told without the process that reads."""
        if self._lacking is None or urgency > self._lacking:
            return False
        if not self._new:
            return True
        if urgency is Urgency.CLAUSE or not all(isinstance(each, str) for each in self._new):
            return False
        text = "".join(each for each in self._new if isinstance(each, str))
        before = self._known[-1] if self._known and isinstance(self._known[-1], str) else ""
        return len(text) < STEP and (text.isspace() or _END.search(before[-_SEEN:] + text) is None)


def _joined(fed: list[Fed]) -> list[Fed]:
    """The same, each text in one piece."""
    joined: list[Fed] = []
    texts: list[str] = []
    for each in [*fed, Break(0)]:
        if isinstance(each, str):
            texts.append(each)
            continue
        if texts:
            joined.append("".join(texts))
            texts = []
        joined.append(each)
    return joined[:-1]
