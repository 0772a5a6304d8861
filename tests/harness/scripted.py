"""A server that answers every request with the same script, however wrong, for tests of its clients."""

from __future__ import annotations

import asyncio
import math
import re
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

HANG: Final = math.inf
RESET: Final = None

Script = Sequence[bytes | float | None]
"""Steps: bytes are sent, a number is a wait in seconds, `RESET` drops the connection. After the last, it is closed."""


def head(status: str = "200 OK", media_type: str = "audio/pcm", **more: str) -> bytes:
    """The head of a response with a chunked body. `more`: further headers; one that is empty is left out."""
    fields = {"content_type": media_type, "transfer_encoding": "chunked"} | more
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items() if value]
    return f"HTTP/1.1 {status}\r\n{''.join(lines)}\r\n".encode()


def chunk(content: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(content), content)


END: Final = b"0\r\n\r\n"
"""The end of a chunked body."""


class ScriptedServer:
    """The server: a context manager, which runs it in a thread.

    requests: those received so far. open: how many connections are. sent: how many bytes were, so far.
    """

    def __init__(self) -> None:
        self.script: Script = ()
        self.requests: list[bytes] = []
        self.open = 0
        self.sent = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        # As little as speechd keeps for a client that does not read; the kernel's own choice is 4 MB.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 << 10)
        try:
            received = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", received)
            self.requests.append(received + await reader.readexactly(int(length[1]) if length else 0))
            for step in self.script:
                await self._do(step, reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):  # the peer has left, or the test is over
            pass
        finally:
            writer.close()
            self.open -= 1

    async def _do(self, step: bytes | float | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            self.sent += len(step)
        elif step is RESET:
            writer.transport.abort()
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if step == HANG else step):
                    if not await reader.read(1):
                        raise EOFError
