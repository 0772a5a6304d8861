"""The decision who speaks a request: this server, the upstream server, or nobody. Pure: facts in, a destination out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from speechd.errors import Reason

LOAD_REFUSALS: Final[tuple[Reason, ...]] = ("count", "wait")
"""Reasons that are the server's load. A limit of the client's own key, or a model that is not there, is refused."""


class Destination(Enum):
    """Where a request goes."""

    LOCAL = "local"
    UPSTREAM = "upstream"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a request is decided.

    expected_wait_s: how long it would wait here. may_overflow: it may be sent on, and as far as is known, the upstream
    server takes it. refusal: why it was refused; None if it was not, or has not asked for a place yet.
    """

    expected_wait_s: float
    may_overflow: bool
    refusal: Reason | None = None


def decide(facts: Facts, overflow_after_s: float) -> Destination:
    """Where the request goes. overflow_after_s: the expected wait beyond which upstream is preferred."""
    # 1. It was refused for a reason that another server must not make good.
    if facts.refusal is not None and facts.refusal not in LOAD_REFUSALS:
        return Destination.REFUSED
    # 2. It was refused for load, and nobody else takes it.
    if facts.refusal is not None and not facts.may_overflow:
        return Destination.REFUSED
    # 3. It was refused for load, and upstream may take it.
    if facts.refusal is not None:
        return Destination.UPSTREAM
    # 4. It would wait too long here, and upstream may take it.
    if facts.expected_wait_s > overflow_after_s and facts.may_overflow:
        return Destination.UPSTREAM
    # 5. It asks for a place here.
    return Destination.LOCAL
