"""Servers in processes of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from speechd.cli.tune import launcher
from speechd.cli.tune.launcher import ServerProcess
from speechd.errors import EngineUnavailable

TONE = {"engine": "tone", "workers": 1, "threads": 1}


def started(program: str, folder: Path) -> ServerProcess:
    """A process that is no server."""
    command = [sys.executable, "-c", program]
    path = folder / "log"
    with path.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, start_new_session=True)
    return ServerProcess(process, launcher.free_port(), path)


def test_server_is_ready_and_afterwards_gone(tmp_path: Path) -> None:
    with launcher.serving(TONE, tmp_path) as server:
        assert server.get("/ready").status_code == 200
        processes = psutil.Process(server.process.pid).children(recursive=True)
        assert processes
    assert server.process.returncode == 0
    assert launcher.holds(lambda: not any(process.is_running() for process in processes), 60)


def test_server_that_ends_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no engine 'none'"), launcher.serving({"engine": "none"}, tmp_path):
        pass


def test_server_that_is_not_ready_in_time_is_an_error(tmp_path: Path) -> None:
    server = started("import time; time.sleep(60)", tmp_path)
    with pytest.raises(EngineUnavailable, match="not ready within"):
        server.wait_ready(0.1)
    server.kill()
    assert server.process.returncode == -signal.SIGKILL


def test_server_that_does_not_end_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
child.wait()
"""
    server = started(program, tmp_path)
    assert launcher.holds(lambda: server.log().strip(), 60)
    monkeypatch.setattr(ServerProcess.terminate, "__defaults__", (0.1,))
    server.stop()
    assert server.process.returncode == -signal.SIGKILL
    child = int(server.log())
    assert launcher.holds(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", 60)


def test_port_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    port = launcher.free_port()
    server = launcher.launch({**TONE, "port": port}, tmp_path / "log", environ=os.environ)
    try:
        server.wait_ready()
        assert server.url == f"http://127.0.0.1:{port}"
    finally:
        server.stop()


@pytest.mark.parametrize("values", [[True], [False, True]])
def test_condition_that_comes_to_hold(values: list[bool]) -> None:
    results = iter(values)
    assert launcher.holds(lambda: next(results), 60)


def test_condition_that_does_not_hold_in_time() -> None:
    assert not launcher.holds(lambda: False, 0.02)
