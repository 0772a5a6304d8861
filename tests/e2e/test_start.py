"""What a server says from its start to its end, to somebody who has only its log."""

from __future__ import annotations

from pathlib import Path

from tests.harness.server import running, until


def test_log_of_an_uneventful_life_has_where_the_server_is_and_that_it_ends(tmp_path: Path) -> None:
    with running(tmp_path, log_level="info") as server:
        server.wait_ready()
        until(lambda: "ready: " in server.log())
        assert server.process.poll() is None
    lines = [line.partition("] ")[2] for line in server.log().splitlines() if " path=" not in line]
    assert [line.partition(",")[0] for line in lines] == [
        f"ready: http://127.0.0.1:{server.port}",
        "ending: requests in flight have 600 s to finish",
    ]
    assert "engine tone, 2 slots, 54 voices" in lines[0]
