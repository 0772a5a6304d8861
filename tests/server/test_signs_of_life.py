"""When a client is asked for a sign, given up, or sent home."""

from speechd.server.signs_of_life import PING_S, PONG_S, SignsOfLife, Verdict


def test_silent_client_is_asked_and_in_the_end_gone() -> None:
    signs = SignsOfLife(100.0, 600.0)
    assert signs.verdict(100 + PING_S - 1) is Verdict.NOTHING
    assert signs.wait_s(100 + PING_S - 1) == 1
    assert signs.verdict(100 + PING_S) is Verdict.ASK
    assert signs.wait_s(100 + PING_S) == PING_S
    assert signs.verdict(100 + PING_S + PONG_S) is Verdict.GONE


def test_anything_that_comes_is_a_sign() -> None:
    signs = SignsOfLife(100.0, 600.0)
    signs.heard(100 + PING_S)
    assert signs.verdict(100 + PING_S + 1) is Verdict.NOTHING


def test_session_is_idle_without_messages_however_many_signs_there_are() -> None:
    signs = SignsOfLife(100.0, 30.0)
    signs.heard(129.0)
    assert signs.verdict(129.0) is Verdict.NOTHING
    assert signs.wait_s(129.0) == 1
    assert signs.verdict(130.0) is Verdict.IDLE
    signs.used(130.0)
    assert signs.verdict(131.0) is Verdict.NOTHING


def test_session_in_use_is_not_idle() -> None:
    signs = SignsOfLife(100.0, 30.0)
    signs.in_use = True
    signs.heard(1000.0)
    assert signs.verdict(1000.0) is Verdict.NOTHING
    assert signs.wait_s(1000.0) == PING_S
