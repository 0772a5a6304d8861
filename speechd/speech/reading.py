"""Reading: text becomes segments in a process of its own beside each worker, where its death costs nobody else.

    SpeechStream ── Reading.next ──▶ Readers ── one call at a time ──▶ child of the fork server: Planner.next
                                        └── it died, or took too long ──▶ another child goes on from the last `Progress`

Normalisation and G2P put a client's text through native code and rules by the hundred. A crash or a hang there is its
sender's error. A child keeps nothing that another could not go on from, so nobody else notices.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import EngineUnavailable, InvalidRequest, SpeechdError, SynthesisFailed
from speechd.pool.capacity import StreamBudget
from speechd.pool.fork_server import ForkServer, ForkServerGone, Serve
from speechd.speech.planner import Planned, Planner, Progress
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

TRIES: Final = 2
"""Children that one call may end; it is not tried again."""

SLOW_S: Final = 0.05
"""Seconds after which a call no longer stands before others: they get another child. Ordinary calls take 1 to 10 ms."""

MOST_CHILDREN: Final = 8
"""Of a worker. Slow texts hold nobody up while they are fewer."""

BIRTH_S: Final = 20.0
"""Seconds from a child's fork to its first word, of which it takes a hundredth. Then the fork server has failed."""

GROWTH_BYTES: Final = 128 << 20
"""What a child may have grown by before another takes its place: libraries keep what they once saw (spaCy: 700 bytes of
each new word)."""

LOOK_AFTER: Final = 256
"""Calls after which a child looks at its size."""

WALL_FACTOR: Final = 6.0
"""Seconds of the clock that a call may take for each second of processor time: a hang takes none, and on a crowded
machine honest work takes several."""

RETRY_S: Final = 0.25
"""Pause after a child that could not be had (no process, no descriptor) or ended before it lived."""

MEMORY_BYTES: Final = 512 << 20
"""What a child may take beyond what it shares with the fork server. Ordinary texts take some megabytes."""

FAILED: Final = 70
"""Exit code (EX_SOFTWARE)."""

_LENGTH: Final = struct.Struct("!i")
"""Before each message, as `multiprocessing.connection` has it."""

log = logging.getLogger("speechd")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is to be read: `input` as the client sent it, how it is to be spoken, and the seconds of audio that it may
    have."""

    input: str
    delivery: SynthesisOptions
    limit_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `Planner.next` for reading `id`. resumed: of what, and from where, for a child that does not have it;
    over: readings that it may forget."""

    id: int
    ahead_s: float
    share: StreamBudget
    resumed: tuple[Utterance, Progress | None] | None
    over: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Planner.next` returned or raised, and how far it is now. outgrown: this child is to be replaced."""

    result: Planned | Pause | NotYet | Exception | None
    progress: Progress | None
    outgrown: bool = False


class ChildDied(Exception):
    """The child that a call was for has ended."""


def serve(engine: Engine, processor_s: float) -> Serve:
    """What a child does: it says which process it is, and answers calls. One of more than `processor_s` ends it."""

    def answer_all(sock: socket.socket) -> None:
        began_bytes = _data_bytes()
        _limit_memory(began_bytes)
        connection = Connection(sock.detach())
        planners: dict[int, Planner] = {}
        try:
            connection.send(os.getpid())
            for number in count(1):
                answer = _answer(engine, planners, connection.recv(), processor_s)
                if number % LOOK_AFTER == 0 and _data_bytes() - began_bytes > GROWTH_BYTES:
                    answer = replace(answer, outgrown=True)
                connection.send(answer)
        except (EOFError, ConnectionError):
            return

    return answer_all


def _answer(engine: Engine, planners: dict[int, Planner], call: Call, processor_s: float) -> Answer:
    for id in call.over:
        planners.pop(id, None)
    planner: Planner | None = None
    result: Planned | Pause | NotYet | Exception | None
    try:
        if call.resumed is not None:
            utterance, progress = call.resumed
            engine.check(utterance.delivery)  # of what the server has installed, which may take its time to load
            planners[call.id] = Planner(
                utterance.input, utterance.delivery, engine, limit_s=utterance.limit_s, progress=progress
            )
        planner = planners[call.id]
        # By the kernel, whatever holds the interpreter: a thread would need it.
        signal.setitimer(signal.ITIMER_PROF, processor_s)
        result = planner.next(call.ahead_s, call.share)
    except SpeechdError as error:
        result = error
    except MemoryError:  # what it has kept would fail the next text, too
        os._exit(FAILED)
    except Exception as error:  # whatever an engine raises, it is this text that is not read
        # Its words may be the client's: they are not for the log.
        where = traceback.format_tb(error.__traceback__)
        log.error("a text could not be read: %s", type(error).__name__, extra={"trace": "".join(where)})
        result = SynthesisFailed("The server failed to read a part of the input.")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return Answer(result, planner.progress if planner is not None else None)


def _data_bytes() -> int:
    """Private memory of this process, shared pages of its parent included; 0 where there is no Linux to ask."""
    if sys.platform != "linux":
        return 0
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("VmData:")).split()[1]) << 10


def _limit_memory(began_bytes: int) -> None:
    if began_bytes:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        most = began_bytes + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


class Reading:
    """One utterance being read: `next` until it returns None, and `close` in any case. Made by `Readers.read`."""

    def __init__(self, readers: Readers, utterance: Utterance, id: int) -> None:
        self.utterance, self.id = utterance, id
        self.progress: Progress | None = None
        self.child: _Child | None = None  # the one that has it, if that still lives
        self._readers = readers

    async def next(self, ahead_s: float, share: StreamBudget) -> Planned | Pause | None:
        """As `Planner.next`. Raises `InvalidRequest` also for a text that ends, or outlasts, whatever reads it."""
        while True:
            answer = await self._answer(ahead_s, share)
            self.progress = answer.progress
            if isinstance(answer.result, Exception):
                raise answer.result
            if not isinstance(answer.result, NotYet):  # else it is asked again, behind all others
                return answer.result

    async def _answer(self, ahead_s: float, share: StreamBudget) -> Answer:
        for _ in range(TRIES):
            with suppress(ChildDied):
                return await self._readers.ask(self, ahead_s, share)
        raise InvalidRequest(
            "A part of 'input' cannot be read: it was tried twice, and each time took too long or broke what reads it. "
            "Take out what is no ordinary text there.",
            param="input",
            code="unreadable_input",
        )

    def close(self) -> None:
        """Forget it."""
        if self.child is not None:
            self.child.over.append(self.id)
            self.child = None


class _Waiting:
    """A call and who waits for its answer."""

    def __init__(self, reading: Reading, ahead_s: float, share: StreamBudget) -> None:
        self.reading, self.ahead_s, self.share = reading, ahead_s, share
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()


class Readers:
    """The children that read for one worker. Used from its event loop, between `open` and `close`.

    As a rule there is one, and calls go to it in turn: each stream has one at a time, so that they take turns. A call
    that is slow keeps its child, and the others go on with another.
    """

    def __init__(self, server: ForkServer, processor_s: float, died: Callable[[], None]) -> None:
        """processor_s: seconds of processor time that a call may take; died: told of each child that a text ended."""
        self._server, self._died = server, died
        self._limit_s = WALL_FACTOR * processor_s
        self._ids = count()
        self._children: list[_Child] = []
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened: asyncio.Future[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False

    async def open(self) -> None:
        """Wait for the first child. Raises `EngineUnavailable`."""
        self._opened = asyncio.get_running_loop().create_future()
        self._spawn()
        await self._opened

    def close(self) -> None:
        """End the children, and whatever waits for them."""
        self._closed = True
        for child in self._children:
            child.close()
        for waiting in self._waiting:
            waiting.answer.cancel()
        if self._retry is not None:
            self._retry.cancel()
        self._server.close()

    def read(self, utterance: Utterance) -> Reading:
        """Begin to read an utterance. Nothing is done before its first `next`."""
        return Reading(self, utterance, next(self._ids))

    async def ask(self, reading: Reading, ahead_s: float, share: StreamBudget) -> Answer:
        """The answer to one call; raises `ChildDied`. If its client leaves, a slow call is ended with its child."""
        waiting = _Waiting(reading, ahead_s, share)
        self._waiting.append(waiting)
        self._dispatch()
        try:
            return await waiting.answer
        finally:
            if reading.child is not None:
                reading.child.check()

    def lives(self) -> None:
        """Called by a child: it is ready for calls."""
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)
        self._dispatch()

    def is_free(self, child: _Child, *, outgrown: bool) -> None:
        """Called by a child: it has answered."""
        if outgrown:
            self._end(child)
        elif spare := next((other for other in self._children if other is not child and other.is_idle), None):
            self._end(spare)  # it came while this one was slow, which by now has loaded more
        self._dispatch()

    def is_slow(self) -> None:
        """Called by a child: it holds the others up."""
        self._dispatch()

    def lost(self, child: _Child) -> None:
        """Called by a child: it has ended."""
        if child.pid is not None:
            self._server.ended(child.pid)
        if child not in self._children:
            return
        self._children.remove(child)
        if self._closed:
            return
        if child.pid is None:
            self._retry_later("it ended before it lived")
            return
        if not child.is_given_up:
            self._died()
            log.warning("a process ended that read text", extra={"fields": {"busy": child.was_busy}})
        if not self._children:
            self._spawn()
        self._dispatch()

    def kill(self, pid: int) -> None:
        """Called by a child: it is to be ended."""
        self._server.kill(pid)

    def give_up(self) -> None:
        """Called by a child that does not come to life: the fork server is of no use. Nor is a worker that cannot read:
        the arbiter forks a new one."""
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(EngineUnavailable("the process that reads text did not start; see above"))
        elif not self._closed:
            log.critical("the process that forks those which read text has ended, or hangs")
            os._exit(FAILED)

    def _end(self, child: _Child) -> None:
        self._children.remove(child)
        child.close()

    def _retry_later(self, reason: str) -> None:
        if self._retry is None:
            log.error("no process to read text with is to be had: %s", reason)
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if not self._children:
            self._spawn()
        self._dispatch()

    def _dispatch(self) -> None:
        while self._waiting:
            if self._waiting[0].answer.done():  # whoever waited has left
                self._waiting.popleft()
            elif (child := self._free_child()) is not None:
                child.start(self._waiting.popleft(), self._limit_s)
            else:
                return

    def _free_child(self) -> _Child | None:
        free = next((child for child in self._children if child.is_idle), None)
        if free is None and all(child.is_slow for child in self._children) and len(self._children) < MOST_CHILDREN:
            self._spawn()
        return free

    def _spawn(self) -> None:
        if self._retry is not None or self._closed:
            return
        try:
            sock = self._server.spawn()
        except OSError as error:
            self._retry_later(str(error))
            return
        except ForkServerGone:
            self.give_up()
            return
        child = _Child(self)
        self._children.append(child)
        task = asyncio.create_task(asyncio.get_running_loop().create_unix_connection(lambda: child, sock=sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Child(asyncio.Protocol):
    """A child, from its fork on: idle once it has said so, then busy with one call at a time."""

    def __init__(self, readers: Readers) -> None:
        self.pid: int | None = None
        self.over: list[int] = []
        self.is_slow = False
        self.was_busy = False
        self.is_given_up = False  # nobody waits for its answer any more, so that it is no text's fault that it ends
        self._readers = readers
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._call: _Waiting | None = None
        self._is_doomed = False
        self._timers = [asyncio.get_running_loop().call_later(BIRTH_S, readers.give_up)]

    @property
    def is_idle(self) -> bool:
        """Whether it lives, and has no call."""
        return self.pid is not None and self._call is None and not self._is_doomed

    def start(self, call: _Waiting, limit_s: float) -> None:
        """Answer this call. It is ended after `limit_s`."""
        reading = call.reading
        resumed = None if reading.child is self else (reading.utterance, reading.progress)
        if resumed:
            reading.close()  # in the child that had it
        over, self.over = tuple(self.over), []
        reading.child, self._call = self, call
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(SLOW_S, self._slow), loop.call_later(limit_s, self._kill)]
        message = pickle.dumps(Call(reading.id, call.ahead_s, call.share, resumed, over))
        assert self._transport is not None
        self._transport.write(_LENGTH.pack(len(message)) + message)

    def check(self) -> None:
        """End a slow call for which nobody waits any more."""
        if self.is_slow and self._call is not None and self._call.answer.done():
            self.is_given_up = True
            self._kill()

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio's."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """asyncio's."""
        self._received += data
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            message = pickle.loads(memoryview(self._received)[_LENGTH.size : end])
            del self._received[:end]
            if isinstance(message, Answer):
                self._answered(message)
            else:
                self._stop_timers()
                self.pid = message
                self._readers.lives()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio's."""
        self._stop_timers()
        call, self._call = self._call, None
        self.was_busy = call is not None
        if call is not None:
            call.reading.child = None
            if not call.answer.done():
                call.answer.set_exception(ChildDied())
        self._readers.lost(self)

    def _answered(self, answer: Answer) -> None:
        self._stop_timers()
        call, self._call, self.is_slow = self._call, None, False
        if call is not None and not call.answer.done():
            call.answer.set_result(answer)
        self._readers.is_free(self, outgrown=answer.outgrown)

    def _slow(self) -> None:
        self.is_slow = True
        self.check()
        self._readers.is_slow()

    def _kill(self) -> None:
        self._is_doomed = True
        if self.pid is not None:
            self._readers.kill(self.pid)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
