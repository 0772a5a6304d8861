"""The command line: what commands say, and how they fail."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from speechd.cli import main as cli
from speechd.config.options import options_of
from speechd.config.settings import Settings
from speechd.server import launch
from speechd.server.launch import ENVIRONMENT


def help_of_serve(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_voices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["voices"]) == 0
    assert "af_heart" in capsys.readouterr().out


def test_help_of_serve_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of_serve(capsys)
    assert [option.flag for option in options_of(Settings) if option.flag not in text] == []


def test_help_of_serve_says_what_memory_the_launcher_sets(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of_serve(capsys)
    set_there = [name for name in ENVIRONMENT if name.startswith(("MALLOC_", "ONEDNN_"))]
    assert set_there
    assert [name for name in set_there if f"{name}={ENVIRONMENT[name]}" not in text] == []


def test_wrong_setting_of_the_server_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--port", "0"]) == 2
    assert "--port" in capsys.readouterr().err


def test_former_flag_reaches_the_server_by_its_present_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    launched: list[object] = []
    monkeypatch.setattr(launch, "launch", launched.append)
    monkeypatch.setenv("SPEECHD_REQUEST_TIMEOUT_S", "5")
    monkeypatch.setattr("speechd.log.configure", lambda level, json: None)
    cli.main(["serve", "--receipt-timeout-s", "7"])
    assert launched == [{"request_timeout_s": "7"}]
    assert "--receipt-timeout-s is deprecated" in caplog.text


def test_package_is_run_as_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "speechd", "--version"]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=240, check=True)
    assert done.stdout.startswith("speechd ")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("voices", 141),
        ("completion zsh", 141),
        ("serve --help", 141),
        ("say Hello. --engine tone -o - --format wav", 141),
    ],
)
def test_output_that_nobody_reads_on_ends_quietly(arguments: str, status: int) -> None:
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "speechd", *arguments.split()]
    done = subprocess.run(command, env=environ, stdout=writer, stderr=subprocess.PIPE, timeout=240, check=False)
    os.close(writer)
    assert (done.stderr, done.returncode) == (b"", status)


def test_unknown_variable_of_the_environment_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SPEECHD_WORKER", "4")
    monkeypatch.setattr("speechd.log.configure", lambda level, json: None)
    assert cli.main(["voices"]) == 0
    assert "did you mean SPEECHD_WORKERS?" in caplog.text


@pytest.mark.parametrize("flag", ["--port", "--wyoming-port"])
def test_port_in_use_is_told_before_the_server_is_launched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    monkeypatch.setattr(launch, "launch", lambda overrides: pytest.fail("it was launched"))
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as probe:
        used, free = other.getsockname()[1], probe.getsockname()[1]
        probe.close()
        assert cli.main(["serve", "--port", str(free), flag, str(used)]) == 2
    error = capsys.readouterr().err
    assert "is in use by" in error
    assert f"another with {flag} (" in error
    assert len(error.splitlines()) == 1
