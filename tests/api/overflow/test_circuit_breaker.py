"""The circuit breaker, at moments that are made up."""

from speechd.api.overflow.circuit_breaker import CircuitBreaker, State


def test_circuit_is_closed_until_a_request_is_not_answered() -> None:
    breaker = CircuitBreaker(5.0)
    assert [breaker.allow(0.0), breaker.allow(0.0)] == [True, True]
    breaker.record(1.0, answered=True)
    assert breaker.state(1.0) is State.CLOSED
    breaker.record(1.0, answered=False)
    assert breaker.state(1.0) is State.OPEN


def test_open_circuit_lets_nothing_through_until_it_is_half_open() -> None:
    breaker = CircuitBreaker(5.0)
    breaker.record(1.0, answered=False)
    assert [breaker.state(5.9), breaker.allow(5.9)] == [State.OPEN, False]
    assert [breaker.state(6.0), breaker.allow(6.0)] == [State.HALF_OPEN, True]


def test_half_open_circuit_lets_one_request_through_at_a_time() -> None:
    breaker = CircuitBreaker(5.0)
    breaker.record(1.0, answered=False)
    assert [breaker.allow(6.0), breaker.allow(6.0)] == [True, False]
    breaker.record(7.0, answered=None)  # that one told nothing
    assert [breaker.state(7.0), breaker.allow(7.0), breaker.allow(7.0)] == [State.HALF_OPEN, True, False]


def test_half_open_circuit_closes_with_an_answer_and_opens_without() -> None:
    breaker = CircuitBreaker(5.0)
    breaker.record(1.0, answered=False)
    assert breaker.allow(6.0)
    breaker.record(7.0, answered=False)
    assert [breaker.state(11.9), breaker.state(12.0)] == [State.OPEN, State.HALF_OPEN]
    assert breaker.allow(12.0)
    breaker.record(13.0, answered=True)
    assert breaker.state(13.0) is State.CLOSED
    assert [breaker.allow(13.0), breaker.allow(13.0)] == [True, True]


def test_circuit_never_opens_without_a_time_to_retry() -> None:
    breaker = CircuitBreaker(0.0)
    breaker.record(1.0, answered=False)
    assert [breaker.allow(1.0), breaker.allow(1.0)] == [True, True]
