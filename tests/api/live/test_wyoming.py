"""A Wyoming connection without a server; `tests/e2e/test_wyoming.py` has it with one."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

import pytest

from speechd.api.live.wyoming import WyomingConnection
from speechd.context import RequestContext


class BrokenUtterance:
    """One that fails for a reason that nobody thought of."""

    async def read(self) -> None:
        raise RuntimeError("a bug")


class Session:
    """Notes what was ended."""

    def __init__(self) -> None:
        self.ended: list[object] = []

    async def end(self, utterance: object) -> None:
        self.ended.append(utterance)


def test_failure_that_nobody_thought_of_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    sent = bytearray()
    session, utterance = Session(), BrokenUtterance()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.extend(message["bytes"])

    async def scenario() -> None:
        context = RequestContext(id="1", method="WYOMING", path="/", abort=lambda: None)
        connection = WyomingConnection(cast(Any, None), context, lambda in_use: None, b"", send)
        await connection._speak(cast(Any, session), cast(Any, utterance), None, is_stream=False)
        assert context.error == "server_error"

    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert b'"error"' in sent
    assert b"a bug" not in sent
    assert session.ended == [utterance]
    assert any(record.exc_info for record in caplog.records)
