"""Wyoming's events as bytes, as the package `wyoming` writes and reads them, and what is none."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event, async_read_event

from speechd.api.live.wyoming_events import DATA_BYTES, LINE_BYTES, PAYLOAD_BYTES, EventReader, written
from speechd.errors import InvalidRequest

EVENTS = st.builds(
    Event,
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers(-100, 100), max_size=3),
    st.binary(max_size=50),
)


def bytes_of(event: Event, *, inline: bool) -> bytes:
    """As the package writes it; inline: with the data in the line, as older clients have it."""
    data = json.dumps(event.data).encode()
    head: dict[str, object] = {"type": event.type, "payload_length": len(event.payload or b"")}
    head |= {"data": event.data} if inline else {"data_length": len(data)}
    return json.dumps(head).encode() + b"\n" + (b"" if inline else data) + (event.payload or b"")


@given(st.lists(st.tuples(EVENTS, st.booleans()), max_size=4), st.integers(1, 40))
def test_events_are_the_same_however_their_bytes_come(events: list[tuple[Event, bool]], size: int) -> None:
    data = b"".join(bytes_of(event, inline=inline) for event, inline in events)
    reader, found = EventReader(), []
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
        while (event := reader.next()) is not None:
            found.append((event.type, event.data))
    assert found == [(event.type, event.data) for event, _ in events]


@given(EVENTS)
def test_what_is_written_is_read_by_the_package(event: Event) -> None:
    async def read() -> Event | None:
        reader = asyncio.StreamReader()
        reader.feed_data(written(event))
        reader.feed_eof()
        return await async_read_event(reader)

    found = asyncio.run(read())
    assert found is not None
    assert (found.type, found.data, found.payload or b"") == (event.type, event.data, event.payload)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\n",
        b"[]\n",
        b"{}\n",
        b'{"type": 1}\n',
        b'{"type": "x", "data": [1]}\n',
        b'{"type": "x", "data_length": -1}\n',
        b'{"type": "x", "data_length": "1"}\n',
        b'{"type": "x", "data_length": 2}\n[]',
        b'{"type": "x", "data_length": %d}\n' % (DATA_BYTES + 1),
        b'{"type": "x", "payload_length": %d}\n' % (PAYLOAD_BYTES + 1),
        b" " * (LINE_BYTES + 1),
        b" " * (LINE_BYTES + 1) + b"\n",
    ],
    ids=lambda data: data[:40].strip().decode() or str(len(data)),
)
def test_what_is_no_event_is_refused_and_what_is_too_large_before_it_is_here(data: bytes) -> None:
    reader = EventReader()
    reader.feed(data)
    with pytest.raises(InvalidRequest, match="not Wyoming"):
        reader.next()


def test_long_line_is_searched_once() -> None:
    reader = EventReader()
    line = written(Event("x", {}))[:-1] + b" " * 100_000
    for byte in line:
        reader.feed(bytes([byte]))
        assert reader.next() is None
    reader.feed(b"\n")
    assert reader.next() == Event("x", {})
