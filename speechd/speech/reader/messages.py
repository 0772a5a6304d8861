"""What a home worker and its reader processes tell each other; pickled, with `multiprocessing.connection`'s framing."""

from __future__ import annotations

import math
import pickle
import struct
from dataclasses import dataclass
from typing import Final

from speechd.engines.base import SynthesisOptions
from speechd.speech.live_planner import Break, Fed, Guess
from speechd.speech.planner import Planned, Progress
from speechd.speech.reading import AS_TEXT, Reading
from speechd.text.fed_text import Flushed
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency

_LENGTH: Final = struct.Struct("!i")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is to be read: `input` as the client sent it, how it is to be spoken, the seconds of audio that it may have,
    and how it is to be read. Live text comes with the calls; `input` is empty."""

    input: str
    options: SynthesisOptions
    limit_s: float = math.inf
    reading: Reading = AS_TEXT


@dataclass(frozen=True, slots=True)
class Live:
    """Of a call for live text. fed: what came since the call before; with `resumed`, all. urgency: how much text a
    passage is to be made of. guess: all text that was fed, if a guess is wanted at what it begins with; else empty."""

    fed: tuple[Fed, ...]
    urgency: Urgency
    guess: str = ""


@dataclass(frozen=True, slots=True)
class PlanCall:
    """A call of `Planner.next` for plan `id`, or of `LivePlanner.next_live` for `live` text. resumed: its utterance and
    how far it is, for a process that does not have it; over: plans that the process may forget."""

    id: int
    longest_s: float
    resumed: tuple[Utterance, Progress | None] | None
    over: tuple[int, ...]
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What `Planner.next` returned or raised, and how far the plan is now. outgrown: this process is to be replaced.
    broken: where live text was broken off for it."""

    result: Planned | Pause | Flushed | NotYet | Guess | Exception | None
    progress: Progress | None
    outgrown: bool = False
    broken: Break | None = None


def packed(call: PlanCall) -> bytes:
    """The bytes that `Connection.recv` makes a call of."""
    message = pickle.dumps(call)
    return _LENGTH.pack(len(message)) + message


class MessageBuffer:
    """What a process has sent, as far as it has arrived: its number first, and a `PlanResult` for each call."""

    def __init__(self) -> None:
        self._received = bytearray()

    def add(self, data: bytes) -> None:
        """Take bytes as they arrive."""
        self._received += data

    def next(self) -> int | PlanResult | None:
        """The next message that is complete; None without one."""
        if len(self._received) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        message = pickle.loads(memoryview(self._received)[_LENGTH.size : end])
        del self._received[:end]
        assert isinstance(message, int | PlanResult)
        return message
