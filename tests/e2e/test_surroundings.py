"""Where a server is started: what is in the current folder, which streams are open, what the machine gives."""

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.server import ROOT
from tests.harness.server import ENGINES, Server, free_port, start, until

HOSTILE = "import os; os.write(1, b'imported'); raise SystemExit('imported from the current folder')\n"


@contextmanager
def started(
    command: str, log_path: Path, *, cwd: Path, environ: Mapping[str, str] | None = None, stderr: int | None = None
) -> Iterator[Server]:
    """A server that is ready, by a command that a shell runs: "$0" is the interpreter. It must end when asked to."""
    port = free_port()
    variables = {name: text for name, text in os.environ.items() if not name.startswith("SPEECHD_")}
    variables |= {"PYTHONPATH": str(ROOT), "SPEECHD_PORT": str(port), "SPEECHD_ENGINE": "tone", "SPEECHD_WORKERS": "1"}
    variables |= environ or {}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", command, sys.executable], cwd=cwd, env=variables, stdout=log, stderr=stderr or log
        )
    server = Server(process, port, log_path)
    try:
        until(server.is_ready, 60, "ready")
        yield server
        assert server.terminate() == 0, server.log()
    finally:
        process.kill()
        process.wait(10)


SERVE = 'exec "$0" -P -m speechd serve'


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose files have names of modules that the server imports."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("token", "speechd", "numpy", "gunicorn", "logging", "sitecustomize"):
        (folder / f"{name}.py").write_text(HOSTILE)
    return folder


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path, hostile: Path) -> None:
    with started(SERVE, tmp_path / "log", cwd=hostile) as server:
        assert server.speech().status_code == 200
    assert "imported" not in server.log()


def test_engine_of_ones_own_is_found_where_it_is_said_to_be(tmp_path: Path, hostile: Path) -> None:
    shutil.copy(ENGINES[0] / "faulty.py", hostile)
    environ = {"SPEECHD_ENGINE": "faulty:create", "SPEECHD_ENGINE_PATH": "."}
    with started(SERVE, tmp_path / "log", cwd=hostile, environ=environ) as server:
        assert server.speech("oops").status_code == 500
    assert "imported" not in server.log()


def test_current_folder_may_be_gone(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with started(f"rmdir {folder} && {SERVE}", tmp_path / "log", cwd=folder) as server:
        assert server.speech().status_code == 200


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_standard_streams_may_be_closed(tmp_path: Path, closed: str) -> None:
    with started(f"{SERVE} {closed}", tmp_path / "log", cwd=tmp_path) as server:
        assert server.speech().status_code == 200
        for process in [server.process.pid, *(worker.pid for worker in server.workers())]:
            assert os.readlink(f"/proc/{process}/fd/2") == os.devnull


def test_reader_of_the_log_may_stop_for_good(tmp_path: Path) -> None:
    read, write = os.pipe()
    with started(SERVE, tmp_path / "log", cwd=tmp_path, stderr=write) as server:
        while select.select([], [write], [], 0)[1]:
            assert server.get("/unknown" + "x" * 1000).status_code == 404
        for _ in range(20):
            assert server.speech().status_code == 200
    os.close(read)
    os.close(write)


def test_worker_whose_slot_has_no_thread_fails_its_start_and_says_so(tmp_path: Path) -> None:
    server = start(tmp_path, engine="faulty:has_no_threads", workers=1)
    assert server.process.wait(60) == 1
    log = server.log()
    assert "worker 0 failed: can't start new thread" in log
    assert log.count("Traceback") == 1
    assert "worker=0" not in log  # it never said that it was ready


def test_engine_that_cannot_be_made_ends_the_server_with_one_line(tmp_path: Path) -> None:
    server = start(tmp_path, engine="os:system", log_level="info")
    assert server.process.wait(60) == 1
    (line,) = server.log().splitlines()
    assert "The engine 'os:system' cannot be made: TypeError(" in line
