from __future__ import annotations

from collections.abc import Iterator

import pytest

from speechd.server.request_limits import Limits
from tests.harness.http_server import HttpServer, until


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """A server that tests share, on both event loops."""
    served = HttpServer(request.param)
    yield served
    served.close()


@pytest.fixture
def served(server: HttpServer) -> Iterator[HttpServer]:
    """The shared server, without what tests before have left in it."""
    server.app.seen.clear()
    server.app.received.clear()
    server.app.go_on.clear()
    server.rejected.clear()
    yield server
    server.app.go_on.set()
    until(lambda: not server.connections.connections and not server.connections.tasks)


@pytest.fixture(params=["asyncio", "uvloop"])
def narrow(request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """Four connections, and 8 KiB beyond the first 16 KiB of each."""
    limits = Limits(header_bytes=32 << 10, body_bytes=64 << 10, request_timeout_s=30, connections=4, held_bytes=8 << 10)
    served = HttpServer(request.param, limits)
    yield served
    served.close()
