from __future__ import annotations

import os
import resource
import select
import sys
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from speechd.audio.samples import Audio, TokenTime
from speechd.pool.ipc import Doorbell, ResultChannel, SegmentResult, SegmentStatus, failed_result
from tests.harness.forks import in_fresh_process, until

SOME = np.linspace(-1, 1, 1000, dtype=np.float32)


@pytest.fixture
def replies() -> Iterator[ResultChannel]:
    replies = ResultChannel()
    yield replies
    replies.close()


def test_reply_carries_its_samples_bit_by_bit(replies: ResultChannel) -> None:
    replies.send(SegmentResult(1 << 40, SegmentStatus.OK, Audio(SOME), 0.25))
    reply = replies.receive()
    assert reply is not None
    assert (reply.serial, reply.status, reply.synthesis_s) == (1 << 40, SegmentStatus.OK, 0.25)
    assert reply.audio.samples.tobytes() == SOME.tobytes()


def test_reply_carries_sample_rate_and_alignment(replies: ResultChannel) -> None:
    alignment = (TokenTime(0, 0.025, 0.1), TokenTime(1, 0.1, 1 / 3))
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME, 22_050, alignment), 0.25))
    reply = replies.receive()
    assert reply is not None
    assert (reply.audio.sample_rate, reply.audio.alignment) == (22_050, alignment)
    assert reply.audio.samples.tobytes() == SOME.tobytes()


def test_reply_samples_may_be_written_to(replies: ResultChannel) -> None:
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME), 0.0))
    reply = replies.receive()
    assert reply is not None
    reply.audio.samples[:] = 0
    assert SOME.any()


def test_reply_of_strided_samples_arrives_whole(replies: ResultChannel) -> None:
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME[::2]), 0.0))
    reply = replies.receive()
    assert reply is not None
    np.testing.assert_array_equal(reply.audio.samples, SOME[::2])


def descriptors() -> int:
    """Files that this process has open."""
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(sys.platform != "linux", reason="counted in /proc")
@pytest.mark.parametrize(("window", "left_s"), [(0, 3.5), (7, 0.25), (8, 0.0)])
def test_windows_say_which_they_are_and_keep_no_file(replies: ResultChannel, window: int, left_s: float) -> None:
    alignment = (TokenTime(3, 0.0, 2.5),)
    before = descriptors()
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME, alignment=alignment), 0.25, window, left_s))
    reply = replies.receive()
    assert reply is not None
    assert (reply.window, reply.left_s, reply.is_last) == (window, left_s, not left_s)
    assert reply.audio.samples.tobytes() == SOME.tobytes()
    assert reply.audio.alignment == alignment
    assert descriptors() == before
    reply.audio.samples[:] = 0


@pytest.mark.parametrize("outcome", SegmentStatus)
def test_reply_without_samples_carries_its_outcome(replies: ResultChannel, outcome: SegmentStatus) -> None:
    replies.send(failed_result(3, outcome))
    reply = replies.receive()
    assert reply is not None
    assert (reply.serial, reply.status, len(reply.audio.samples)) == (3, outcome, 0)


def test_replies_arrive_in_order_and_then_none(replies: ResultChannel) -> None:
    for serial in range(50):
        replies.send(SegmentResult(serial, SegmentStatus.OK, Audio(SOME), 0.0))
    assert select.select([replies], [], [], 0)[0]
    assert [reply.serial for reply in iter(replies.receive, None)] == list(range(50))
    assert replies.receive() is None


@pytest.mark.parametrize("wait", [True, False])
def test_reply_to_a_worker_that_does_not_read_is_lost_in_bounded_time(replies: ResultChannel, wait: bool) -> None:
    for serial in range(5000):
        replies.send(failed_result(serial, SegmentStatus.RAISED), wait=False)
    replies.send(failed_result(9999, SegmentStatus.RAISED), wait=wait)
    serials = [reply.serial for reply in iter(replies.receive, None)]
    assert serials == list(range(len(serials)))
    assert 100 < len(serials) < 5000
    replies.send(failed_result(1, SegmentStatus.RAISED), wait=wait)
    assert replies.receive() is not None


def test_reply_keeps_no_descriptor_open(replies: ResultChannel) -> None:
    before = len(os.listdir("/proc/self/fd"))
    kept = []
    for _ in range(20):
        replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME), 0.0))
        kept.append(replies.receive())
    del kept
    assert len(os.listdir("/proc/self/fd")) == before


def _receive_with_free_descriptors(count: int) -> None:
    replies = ResultChannel()
    replies.send(SegmentResult(5, SegmentStatus.OK, Audio(SOME), 0.0))
    free = os.dup(replies.fileno())  # the next to be opened has this number, and the one after it the next
    os.close(free)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + count, hard))
    reply = replies.receive()
    assert reply is not None
    assert (reply.serial, reply.status) == (5, SegmentStatus.LOST)
    assert replies.receive() is None
    replies.close()


@in_fresh_process
def test_reply_is_known_as_lost_when_no_more_files_may_be_opened() -> None:
    _receive_with_free_descriptors(0)


@in_fresh_process
def test_reply_is_known_as_lost_when_its_file_may_be_opened_but_not_mapped() -> None:
    _receive_with_free_descriptors(1)


@in_fresh_process
def test_reply_of_which_its_file_takes_only_a_part_is_lost() -> None:
    """As where memory runs out: what did not get into the file would be heard as silence."""
    replies = ResultChannel()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SOME.nbytes // 2, hard))
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(SOME), 0.0, window=1))
    assert replies.receive() is None
    replies.close()


def test_doorbell_with_no_room_does_not_block() -> None:
    bell = Doorbell()
    bell.ring(100_000)
    bell.wait()
    bell.close()


@in_fresh_process
def test_doorbell_ring_wakes_one_of_those_that_wait() -> None:
    from speechd.shared_memory import shared_array

    bell, woken = Doorbell(), shared_array(np.int32, 4)

    def rung(times: int) -> bool:
        return int(woken.sum()) == times

    def listen(index: int) -> None:
        bell._inside.settimeout(None)
        while True:
            bell._inside.recv(1)
            woken[index] += 1

    pids = []
    for index in range(4):
        if not (pid := os.fork()):
            listen(index)
        pids.append(pid)
    for rings in range(1, 51):
        bell.ring()
        until(partial(rung, rings))
    assert woken.sum() == 50
    for pid in pids:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    bell.close()
