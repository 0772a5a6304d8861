"""The work of a reader process: it says which process it is, and answers calls."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import sys
import traceback
from dataclasses import replace
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from speechd.engines.base import Engine
from speechd.errors import SpeechdError, SynthesisFailed
from speechd.pool.fork_server import Serve
from speechd.speech.live_planner import Break, Guess, LivePlanner
from speechd.speech.planner import Planned, Planner, Progress
from speechd.speech.reader.messages import Live, PlanCall, PlanResult, Utterance
from speechd.text.fed_text import Flushed
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency

GROWTH_BYTES: Final = 128 << 20
"""What a process may have grown by before another takes its place: libraries keep what they once saw (spaCy: 700 bytes
of each new word)."""

GROWTH_CHECK_CALLS: Final = 256
"""Calls after which a process looks at its size."""

MEMORY_BYTES: Final = 512 << 20
"""What a process may take beyond what it shares with the fork server. Ordinary texts take some megabytes."""

log = logging.getLogger("speechd")


def serve(engine: Engine, processor_s: float) -> Serve:
    """The work of a reader process that plans for `engine`. A call of more than `processor_s` seconds of processor time
    ends it."""

    def answer_all(sock: socket.socket) -> None:
        initial_bytes = data_bytes()
        limit_memory(initial_bytes)
        connection = Connection(sock.detach())
        planners: dict[int, Planner] = {}
        try:
            connection.send(os.getpid())
            for number in count(1):
                result = answer(engine, planners, connection.recv(), processor_s)
                if number % GROWTH_CHECK_CALLS == 0 and data_bytes() - initial_bytes > GROWTH_BYTES:
                    result = replace(result, outgrown=True)
                connection.send(result)
        except (EOFError, ConnectionError):
            return

    return answer_all


def answer(engine: Engine, planners: dict[int, Planner], call: PlanCall, processor_s: float) -> PlanResult:
    """The result of one call, whatever it raises. planners: those of this process, by the number of their plan."""
    for id in call.over:
        planners.pop(id, None)
    result: Planned | Pause | Flushed | NotYet | Guess | Exception | None
    broken: Break | None = None
    try:
        if call.resumed is not None:
            planners[call.id] = _resumed(engine, *call.resumed, is_live=call.live is not None)
        # By the kernel, whatever holds the interpreter: a thread would need it.
        signal.setitimer(signal.ITIMER_PROF, processor_s)
        planner = planners[call.id]
        if call.live is not None and isinstance(planner, LivePlanner):
            result, broken = _answer_live(planner, call.live, call.longest_s)
        else:
            result = planner.next(call.longest_s)
    except SpeechdError as error:
        result = error
    except MemoryError:  # what it has kept would fail the next text, too
        os._exit(os.EX_SOFTWARE)
    except Exception as error:  # whatever an engine raises, it is this text that is not read
        # Its words may be the client's: they are not for the log.
        where = traceback.format_tb(error.__traceback__)
        log.error("a text could not be read: %s", type(error).__name__, extra={"trace": "".join(where)})
        result = SynthesisFailed("The server failed to read a part of the input.")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    known = planners.get(call.id)
    return PlanResult(result, known.progress if known is not None else None, broken=broken)


def _answer_live(
    planner: LivePlanner, live: Live, longest_s: float
) -> tuple[Planned | Pause | Flushed | NotYet | Guess | None, Break | None]:
    """What comes next of live text, or a guess at it, and where the text was broken off for it."""
    planner.feed(live.fed)
    result = planner.next_live(longest_s, live.urgency)
    broken = None
    if live.urgency is Urgency.CLAUSE and isinstance(result, NotYet) and result.needs_text:
        broken = planner.break_off()
        if broken is not None:
            result = planner.next_live(longest_s, live.urgency)
    if live.guess and isinstance(result, NotYet) and result.needs_text:
        return planner.guess(live.guess, longest_s) or result, broken
    return result, broken


def _resumed(engine: Engine, utterance: Utterance, progress: Progress | None, *, is_live: bool) -> Planner:
    engine.load_voice(utterance.options)  # of what the server has installed, which may take its time to load
    limit_s, reading = utterance.limit_s, utterance.reading
    make = LivePlanner if is_live else Planner
    return make(utterance.input, utterance.options, engine, limit_s=limit_s, progress=progress, reading=reading)


def data_bytes() -> int:
    """Private memory of this process, shared pages of its parent included; 0 where there is no Linux to ask."""
    if sys.platform != "linux":
        return 0
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("VmData:")).split()[1]) << 10


def limit_memory(initial_bytes: int) -> None:
    """Have no more than `MEMORY_BYTES` to be had beyond these."""
    if initial_bytes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = initial_bytes + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
