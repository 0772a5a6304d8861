"""The end of a connection whose client still sends."""

from __future__ import annotations

import pytest

from speechd.server import lingering
from tests.harness.http_server import BIG_BYTES, GET, HttpServer, parsed, post, rest, the_connection, until


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\0", GET], ids=["nothing", "a line end", "a byte", "a request"])
def test_last_response_is_sent_to_its_end_whatever_is_behind_the_request(
    served: HttpServer, monkeypatch: pytest.MonkeyPatch, behind: bytes
) -> None:
    monkeypatch.setattr(lingering, "LINGER_S", 0.02)
    with served.connect_narrow() as client:
        client.sendall(post(b"body", "/big", "Connection: close\r\n") + behind)
        connection = the_connection(served)
        until(lambda: connection._discarding or connection.transport.is_closing())
        assert connection._discarding == bool(behind.strip())
        if handle := connection._timer._handle:  # its time is up
            until(lambda: connection._timer._handle is not handle)
        assert len(parsed(rest(client))[2]) == BIG_BYTES


def test_client_that_does_not_take_the_last_response_is_not_waited_for_without_end(
    served: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "LINGER_S", 0.02)
    monkeypatch.setattr(lingering, "LINGER_UNSENT_S", 0.1)
    with served.connect_narrow() as client:
        client.sendall(post(b"body", "/big", "Connection: close\r\n") + GET)
        connection = the_connection(served)
        until(lambda: connection._discarding)
        until(lambda: not served.connections.connections)
