"""The plan of an utterance whose text is still being written, as an utterance needs it."""

from __future__ import annotations

from typing import Protocol

from speechd.speech.live.events import Flushed
from speechd.speech.live_planner import Guess
from speechd.speech.planner import Planned
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency

__all__ = ["Guess", "LiveTextPlan", "Urgency"]


class LiveTextPlan(Protocol):
    """A plan that is fed with text."""

    def feed(self, text: str) -> None:
        """Add text. No word, number or sentence needs to be whole in it."""
        ...

    def flush(self) -> int:
        """Have all that was fed planned without waiting for more. Returns the number of the flush."""
        ...

    def finish(self) -> None:
        """Say that no more text comes."""
        ...

    async def next(
        self, longest_s: float, urgency: Urgency, guess: str = ""
    ) -> Planned | Pause | Flushed | NotYet | Guess | None:
        """The next thing to speak, `Flushed` where a flush is complete, None at the end of all. `NotYet`: nothing of
        this urgency before more is fed. Raises as `RemotePlan.next`.

        guess: all text that was fed, if it probably ends with the first sentence: then a `Guess` may take the place of
        `NotYet`.
        """
        ...

    def is_in_vain(self, urgency: Urgency) -> bool:
        """Whether `next` would give nothing of this urgency, as far as can be told at no cost."""
        ...

    def close(self) -> None:
        """Have it forgotten. Safe to call twice."""
        ...
