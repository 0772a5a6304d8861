from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from speechd.config.settings import InvalidSetting
from speechd.server import address

LISTENER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    input()
"""


def test_free_port_passes_and_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address.check("127.0.0.1", port)
    address.check("127.0.0.1", port)


def test_port_in_use_is_an_error_that_says_by_whom_and_what_to_set() -> None:
    command = [sys.executable, "-c", LISTENER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(InvalidSetting) as error:
            address.check("0.0.0.0", port)
        assert f"port {port} is in use by python" in str(error.value)
        assert f"(process {other.pid})" in str(error.value)
        assert "--port (SPEECHD_PORT)" in str(error.value)
        other.communicate("\n")


def test_holder_that_cannot_be_seen_is_said_to_be_of_somebody_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert address.holder(port) == "a process of another user or container"


def test_no_more_of_a_command_line_is_shown_than_its_first_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        shown = address.holder(server.getsockname()[1])
    assert shown.endswith(f"(process {os.getpid()})")
    assert len(shown.split("(")[0].split()) <= address.COMMAND_WORDS


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_host_of_no_address_of_this_machine_is_an_error(host: str) -> None:
    with pytest.raises(InvalidSetting, match="--host"):
        address.check(host, 8880)


def test_socket_that_systemd_hands_over_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_FDS", "1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address.check("127.0.0.1", server.getsockname()[1])
