"""What becomes of a text before it is spoken: its passages, and the pauses between them."""

from __future__ import annotations

from speechd.speech.captions import Script
from speechd.speech.reader.plan import RemotePlan
from speechd.text.markup import Pause

Explained = Script | float
"""A passage, or the seconds of a pause."""


async def explained(plan: RemotePlan) -> list[Explained]:
    """All passages and pauses of a plan, whose words were asked for. Raises as `RemotePlan.next` does."""
    passages: list[Explained] = []
    try:
        while (planned := await plan.next()) is not None:
            if isinstance(planned, Pause):
                passages.append(planned.duration_s)
            elif planned.script is not None:
                passages.append(planned.script)
        return passages
    finally:
        plan.close()
