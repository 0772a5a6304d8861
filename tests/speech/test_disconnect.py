from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from starlette.types import Message

from speechd.speech.disconnect import ClientLeft, until_disconnect


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


class Client:
    """Sends what it is told to, and leaves when `left` is set."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self._messages: list[Message] = [{"type": "http.request"}]

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}


def test_result_of_the_work_is_returned_and_nobody_waits_for_the_client_any_more() -> None:
    async def scenario() -> None:
        async def work() -> int:
            await asyncio.sleep(0.01)
            return 7

        before = asyncio.all_tasks()
        assert await until_disconnect(Client().receive, work()) == 7
        assert asyncio.all_tasks() == before

    run(scenario())


def test_work_is_cancelled_when_its_client_leaves_and_has_ended_by_then() -> None:
    async def scenario() -> None:
        client, ended = Client(), []

        async def work() -> None:
            client.left.set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append(True)

        with pytest.raises(ClientLeft):
            await until_disconnect(client.receive, work())
        assert ended == [True]

    run(scenario())


def test_exception_of_the_work_is_raised() -> None:
    async def scenario() -> None:
        async def work() -> None:
            raise ValueError("as asked")

        with pytest.raises(ValueError, match="as asked"):
            await until_disconnect(Client().receive, work())

    run(scenario())


def test_cancellation_from_outside_cancels_the_work() -> None:
    async def scenario() -> None:
        cancelled = asyncio.Event()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

        task = asyncio.create_task(until_disconnect(Client().receive, work()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cancelled.is_set()

    run(scenario())
