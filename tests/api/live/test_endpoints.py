"""The WebSockets at their paths: what becomes of a connection whose client leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from starlette.types import Message
from starlette.websockets import WebSocket

from speechd.api.available import Available
from speechd.api.live.endpoints import LiveEndpoints
from speechd.api.live.session import LiveSpeech
from tests.harness.live import run
from tests.harness.requests import AVAILABLE


@dataclass
class IdleSpeech:
    """Sessions on which nothing is spoken. closed: how many are over."""

    available: Available = AVAILABLE
    closed: int = 0
    begun: list[Any] = field(default_factory=list)

    def begin_websocket(self, scope: Any) -> IdleSpeech:
        self.begun.append(scope)
        return self

    async def close(self) -> None:
        self.closed += 1


def test_client_that_leaves_while_it_is_told_something_is_no_failure_of_the_server() -> None:
    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise OSError("nobody listens")

    async def scenario() -> None:
        speech = IdleSpeech()
        websocket = WebSocket({"type": "websocket", "query_string": b"", "headers": []}, receive, send)
        await LiveEndpoints(cast(LiveSpeech, speech)).realtime(websocket)
        assert (len(speech.begun), speech.closed) == (1, 1)

    run(scenario)
