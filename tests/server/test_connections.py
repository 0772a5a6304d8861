"""What connections hold together, and what is given back of it."""

from speechd.server.connections import FREE_BYTES, TRIMMED_BYTES, ServerConnections
from speechd.server.request_limits import Limits


def test_heap_is_trimmed_once_what_was_much_is_held_no_more() -> None:
    trims: list[str] = []
    edge = ServerConnections(Limits(1000, 1000, 1.0), lambda status: None, trim=lambda: trims.append("trim"))
    much, little = 2 * TRIMMED_BYTES, 2 * FREE_BYTES
    assert edge.hold(0, much)
    assert edge.hold(0, little)
    assert edge.hold(much, 0)
    assert trims == []
    assert edge.hold(little, 0)
    assert trims == ["trim"]
    assert edge.hold(0, little)
    assert edge.hold(little, 0)
    assert trims == ["trim"]
