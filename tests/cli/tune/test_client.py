"""The client, against a server that answers with given bytes."""

import asyncio

import pytest

from speechd.cli.tune.client import Client, Response


def responses_of(
    script: list[bytes], *, keep_alive: bool = True, requests: int = 1, close: bool = True
) -> tuple[list[Response], int]:
    """The responses of a server that answers each request on a connection with the next bytes, and how many
    connections it has seen."""

    async def run() -> tuple[list[Response], int]:
        connections: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(writer)
            for answer in script:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(answer)
                await writer.drain()
            if close:
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", keep_alive=keep_alive)
        responses = [await client.speak({"input": "hello"}, timeout_s=0.3) for _ in range(requests)]
        client.close()
        server.close()
        for writer in connections:
            writer.close()
        return responses, len(connections)

    return asyncio.run(run())


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
