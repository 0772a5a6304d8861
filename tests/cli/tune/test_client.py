"""The client, against a server that answers with given bytes."""

import asyncio

import pytest

from speechd.cli.tune.client import Client, Response
from tests.harness.answering import answering


def responses_of(
    answers: list[bytes], *, keep_alive: bool = True, requests: int = 1, close: bool = True
) -> tuple[list[Response], int]:
    """The responses of a server that answers the requests of each connection so, and how many connections it has seen.

    close: whether it closes a connection after the last answer.
    """

    async def ask(url: str) -> list[Response]:
        client = Client(url, keep_alive=keep_alive)
        responses = [await client.speak({"input": "hello"}, timeout_s=0.3) for _ in range(requests)]
        client.close()
        return responses

    with answering(answers, close=close) as server:
        return asyncio.run(ask(server.url)), len(server.counts)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "complete", "body"),
    [
        (OK + b"content-length: 4\r\n\r\nabcd", True, b"abcd"),
        (OK + b"content-length: 5\r\n\r\nabcd", False, b"abcd"),
        (OK + b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", True, b"abcd"),
        (OK + b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n", False, b"abcd"),
        (OK + b"connection: close\r\n\r\nabcd", True, b"abcd"),
        (b"", False, b""),
        (b"nonsense\r\n\r\n", False, b""),
    ],
)
def test_response_is_complete_if_it_ends_as_http_says(answer: bytes, complete: bool, body: bytes) -> None:
    [response], _ = responses_of([answer])
    assert (response.complete, bytes(response.body)) == (complete, body)
    assert bool(response.error) is not complete


def test_server_that_never_answers_is_an_error() -> None:
    [response], _ = responses_of([b""], close=False)
    assert response.error.startswith("TimeoutError")


def test_refusal_says_when_to_come_back() -> None:
    answer = b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 2\r\nretry-after-ms: 1500\r\n\r\n"
    [response], _ = responses_of([answer])
    assert response.refused
    assert response.retry_after_s == 1.5


@pytest.mark.parametrize(("keep_alive", "connections"), [(True, 1), (False, 2)])
def test_connection_is_used_again_if_it_may_be(keep_alive: bool, connections: int) -> None:
    answer = OK + b"content-length: 1\r\n\r\na"
    responses, seen = responses_of([answer, answer], keep_alive=keep_alive, requests=2, close=False)
    assert [response.complete for response in responses] == [True, True]
    assert seen == connections
