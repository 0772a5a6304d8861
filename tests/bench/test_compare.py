"""Two servers compared: ratios of figures, and a server that keeps no promise."""

import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import compare
from bench.loadgen import Figures, figures

NOTHING = figures([], 0.0, 1.0)


def some(**values: Any) -> Figures:
    return dataclasses.replace(NOTHING, **values)


def test_ratios_are_of_the_medians_of_the_rounds() -> None:
    first = [some(ttfa_p50_s=0.1, heard=2), some(ttfa_p50_s=0.2, heard=2), some(ttfa_p50_s=0.9, heard=2)]
    second = [some(ttfa_p50_s=0.4, heard=1), some(ttfa_p50_s=0.4, heard=1), some(ttfa_p50_s=None, heard=0)]
    rows = compare.compared(first, second)
    assert [row["server"] for row in rows] == ["first", "second", "second ÷ first"]
    assert [row["ttfa_p50_s"] for row in rows] == [0.2, 0.4, 2.0]
    assert [row["heard"] for row in rows] == [6, 2, pytest.approx(1 / 3)]


def test_nothing_has_no_ratio() -> None:
    rows = compare.compared([some(failed=0)], [some(ttfa_p50_s=0.1, failed=2, errors={"status 500": 2})])
    assert (rows[2]["ttfa_p50_s"], rows[2]["failed"]) == (None, None)
    assert rows[1]["errors"] == {"status 500": 2}


def test_servers_take_turns_and_nobody_is_always_first() -> None:
    assert compare._turns(3) == [0, 1, 1, 0, 0, 1]


class Unreliable(BaseHTTPRequestHandler):
    """No /ready, no stream_format, no keep-alive; 200 and then nothing of what was promised."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "48000")
        self.end_headers()
        self.wfile.write(b"\x00\x10" * 100)

    def log_message(self, format: str, *rest: object) -> None: ...


@pytest.fixture
def unreliable() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Unreliable) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_server_that_fails_after_its_200_has_failed(
    unreliable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], results: Path
) -> None:
    command = ["compare", unreliable, unreliable, "--quick"]
    monkeypatch.setattr("sys.argv", [*command])
    compare.main()
    printed = capsys.readouterr()
    assert "the server closed the connection" in printed.out
    assert "does not speak pcm" in printed.err
    assert len(list(results.glob("*-compare-*.json"))) == 1
