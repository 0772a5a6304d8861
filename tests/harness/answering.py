"""A server that answers the requests of each connection with given bytes, in threads, for tests of clients.

It closes every socket that it has accepted, whenever its clients leave.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class AnsweringServer(socketserver.ThreadingTCPServer):
    """The server. counts: the requests that were answered on each connection, in order of the connections."""

    def __init__(self, answers: Iterable[bytes], *, close: bool) -> None:
        """answers: to the requests of a connection, one after the other. close: whether a connection is closed after
        the last answer, or by its client alone."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.close = close
        self.counts: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over what clients do: they leave at any moment."""


class _Handler(socketserver.StreamRequestHandler):
    server: AnsweringServer

    def handle(self) -> None:
        index = len(self.server.counts)
        self.server.counts.append(0)
        for answer in self.server.answers:
            if not self._read_request():
                return
            self.wfile.write(answer)
            self.server.counts[index] += 1
        if not self.server.close:
            self.rfile.read()

    def _read_request(self) -> bool:
        """Read one request. Returns whether there was one."""
        length = 0
        while line := self.rfile.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return bool(length and self.rfile.read(length))


@contextmanager
def answering(answers: Iterable[bytes], *, close: bool = False) -> Iterator[AnsweringServer]:
    """A server that runs, and has closed all of its sockets afterwards. See `AnsweringServer`."""
    with AnsweringServer(answers, close=close) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
