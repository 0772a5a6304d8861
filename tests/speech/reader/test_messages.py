from __future__ import annotations

import os
import socket
from multiprocessing.connection import Connection

import pytest

from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.speech.passage_sizes import Pace
from speechd.speech.planner import Progress
from speechd.speech.reader.messages import MessageBuffer, PlanCall, PlanResult, Utterance, packed

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us")


def sent(*messages: object) -> bytes:
    """The bytes with which a process sends these."""
    ours, theirs = socket.socketpair()
    connection = Connection(theirs.detach())
    for message in messages:
        connection.send(message)
    connection.close()
    with ours:
        return b"".join(iter(lambda: ours.recv(1 << 16), b""))


@pytest.mark.parametrize("size", [1, 3, 7, 1 << 16])
def test_messages_are_read_however_they_arrive(size: int) -> None:
    messages = [os.getpid(), PlanResult(None, Progress(Pace(15.0))), PlanResult(ValueError("no"), None, outgrown=True)]
    data, buffer, got = sent(*messages), MessageBuffer(), []
    for start in range(0, len(data), size):
        buffer.add(data[start : start + size])
        while (message := buffer.next()) is not None:
            got.append(message)
    assert [repr(message) for message in got] == [repr(message) for message in messages]


def test_call_is_received_by_a_connection() -> None:
    call = PlanCall(3, 1.5, (Utterance("Hello.", OPTIONS), Progress(Pace(15.0))), (1, 2))
    ours, theirs = socket.socketpair()
    with ours:
        ours.send(packed(call))
        connection = Connection(theirs.detach())
        assert connection.recv() == call
        connection.close()
