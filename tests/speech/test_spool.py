from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE
from speechd.encoders import FORMATS, open_encoder
from speechd.errors import Overloaded, ReplyTooLong
from speechd.speech.spool import STEP_BYTES, Spool
from tests.harness.account import Account

TONE = 0.4 * np.sin(np.arange(5 * SAMPLE_RATE) * 0.1).astype(np.float32)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0


def content(spool: Spool) -> bytes:
    return b"".join(spool.pieces(1000))


def test_what_is_written_comes_back_in_pieces() -> None:
    spool = Spool(1 << 20, Account())
    for number in range(10):
        assert spool.write(bytes([number]) * 777) == 777
    pieces = list(spool.pieces(1000))
    assert [len(piece) for piece in pieces] == [1000] * 7 + [770]
    assert b"".join(pieces) == b"".join(bytes([number]) * 777 for number in range(10))
    spool.close()


def test_parts_are_written_over_as_in_a_file() -> None:
    spool = Spool(1 << 20, Account())
    spool.write(b"head body")
    assert spool.seek(0) == 0
    spool.write(b"HEAD")
    assert (spool.tell(), spool.size) == (4, 9)
    assert spool.seek(-4, os.SEEK_END) == 5
    assert spool.seek(1, os.SEEK_CUR) == 6
    spool.write(b"--------")
    assert content(spool) == b"HEAD b--------"
    spool.close()


def test_charge_grows_with_the_reply_and_goes_back_once() -> None:
    account = Account()
    spool = Spool(1 << 30, account)
    charged = []
    for size in (0, 10, STEP_BYTES - 11, 1, 3 * STEP_BYTES):
        spool.write(bytes(size))
        spool.charge()
        assert account.held > spool.size
        charged.append(account.held // STEP_BYTES)
    assert charged == [1, 1, 1, 2, 5]
    other = Spool(1 << 30, account)
    other.charge()
    spool.close()
    spool.close()
    assert account.held == STEP_BYTES
    other.close()
    assert account.held == 0


@pytest.mark.parametrize(("expected", "limit", "steps"), [(1, 100, 1), (3.2, 100, 4), (200, 100, 100), (2.0, 100, 2)])
def test_what_is_expected_is_charged_from_the_start(expected: float, limit: int, steps: int) -> None:
    account = Account()
    spool = Spool(limit * STEP_BYTES, account, expected * STEP_BYTES)
    spool.charge()
    assert account.held == steps * STEP_BYTES
    spool.write(bytes(STEP_BYTES // 2))
    spool.charge()
    assert account.held == steps * STEP_BYTES
    spool.close()
    assert account.held == 0


def test_reply_over_its_own_limit_is_told_what_to_do() -> None:
    spool = Spool(2 << 20, Account())
    spool.write(bytes(2 << 20))
    spool.charge()
    spool.write(b"x")
    with pytest.raises(ReplyTooLong, match=r"2 MiB.*[Ss]tream.*mp3 or opus.*less") as error:
        spool.charge()
    assert error.value.status == 400
    spool.close()


def test_reply_over_what_all_may_hold_is_refused_and_lets_go_of_its_own() -> None:
    account = Account(room=4 * STEP_BYTES)
    spool = Spool(1 << 30, account)
    spool.write(bytes(3 * STEP_BYTES))
    spool.charge()
    spool.write(bytes(STEP_BYTES))
    with pytest.raises(Overloaded) as error:
        spool.charge()
    assert (error.value.reason, "retry-after" in error.value.headers) == ("memory", True)
    spool.close()
    assert account.held == 0


def test_file_is_gone_when_it_is_closed_and_what_comes_later_is_dropped() -> None:
    before = descriptors()
    spools = [Spool(1 << 20, Account()) for _ in range(5)]
    for spool in spools:
        spool.write(b"x")
    assert descriptors() == before + 5 * bool(before)
    for spool in spools:
        spool.close()
        assert spool.write(b"yy") == 2
        assert (spool.size, list(Spool(1, Account()).pieces(10))) == (1, [])
    assert descriptors() == before


@pytest.mark.parametrize("format", FORMATS)
def test_encoder_writes_the_same_file_to_a_spool_as_it_returns(format: str) -> None:
    spool = Spool(1 << 30, Account())
    outcomes = []
    for sink in (spool, None):
        encoder = open_encoder(format, whole=True, sink=sink)
        data = b"".join(encoder.encode(piece) for piece in np.split(TONE, 10)) + encoder.finish()
        encoder.close()
        outcomes.append(data)
    returned, held = outcomes[1], outcomes[0]
    if held:  # what an encoder returns all the same its caller writes
        spool.write(held)
    assert content(spool) == returned
    assert held == (returned if format in ("pcm", "ulaw", "alaw") else b"")  # without a header to be patched
    spool.close()


@pytest.mark.parametrize("format", FORMATS)
def test_encoder_may_end_after_its_spool(format: str) -> None:
    before = descriptors()
    spool = Spool(1 << 30, Account())
    encoder = open_encoder(format, whole=True, sink=spool)
    encoder.encode(TONE)
    spool.close()
    encoder.encode(TONE)
    encoder.close()
    assert descriptors() == before
