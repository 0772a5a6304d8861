"""The announcement of the Wyoming port, heard by another participant of the network."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from speechd.api.live.announcement import Announcement, is_any, own_address
from speechd.shared_memory import anonymous_file
from tests.harness.mdns import LOOPBACK, found


def test_port_is_found_under_its_name_until_the_end() -> None:
    name = f"speechd {os.getpid()}"

    async def scenario() -> None:
        task = asyncio.create_task(Announcement(anonymous_file(), name, LOOPBACK, 10200).run())
        info = await found(name)
        assert info is not None
        assert (info.port, info.parsed_addresses()) == (10200, [LOOPBACK])
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert await found(name, 0.5) is None

    asyncio.run(scenario())


def test_one_of_all_workers_announces(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    script = f"""
import fcntl, os, sys, time
fcntl.lockf(os.open({str(path)!r}, os.O_RDWR), fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        file = os.open(path, os.O_RDWR)
        announcement = Announcement(file, "x", LOOPBACK, 1)
        assert not announcement._is_ours()
        other.kill()
        other.wait()
        assert announcement._is_ours()
        os.close(file)


@pytest.mark.parametrize(("host", "any_"), [("0.0.0.0", True), ("::", True), ("127.0.0.1", False), ("nas", False)])
def test_hosts_that_stand_for_all_addresses_are_known(host: str, any_: bool) -> None:
    assert is_any(host) is any_


def test_address_is_that_of_the_host_or_one_of_this_machine() -> None:
    assert own_address("localhost") == LOOPBACK
    try:
        address = own_address("0.0.0.0")
    except OSError:
        return  # this machine has no network
    with socket.create_server((address, 0)):
        pass
