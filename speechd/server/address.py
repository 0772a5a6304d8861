"""Whether the server can listen where it is to, and who does already: asked before anything is loaded."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from speechd.config.options import flag, variable
from speechd.config.settings import InvalidSetting

LISTENING: Final = "0A"
"""State of a socket in /proc/net/tcp (proc_net(5); TCP_LISTEN of <netinet/tcp.h>)."""

COMMAND_WORDS: Final = 3
"""How much of another program's command line is shown: enough to know it by. What follows may hold secrets."""

COMMAND_LENGTH: Final = 60
"""Characters of it, at most."""


def check(host: str, port: int, option: str = "port") -> None:
    """Raise `InvalidSetting` if nobody can listen there now: it says why, and what to set. option: that of the port."""
    if "LISTEN_FDS" in os.environ:  # systemd listens, and hands its socket over (sd_listen_fds(3))
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()  # where two have bound with SO_REUSEADDR, it is the second to listen that fails
        except OSError as error:
            raise InvalidSetting(_reason(host, port, option, error)) from None


def _reason(host: str, port: int, option: str, error: OSError) -> str:
    setting = f"{flag(option)} ({variable(option)})"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by {holder(port)}: end that, or set another with {setting}"
    if error.errno == errno.EACCES:
        return f"port {port} is not for ordinary users: set one from 1024 on with {setting}"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is no address of this machine: set one with --host (SPEECHD_HOST), or 0.0.0.0 for all"
    return f"cannot listen on {host}, port {port}: {error.strerror} (--host, {flag(option)})"


def holder(port: int) -> str:
    """Who listens on a TCP port of this machine, as far as this user can see."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    for pid in filter(str.isdecimal, os.listdir("/proc") if wanted else ()):
        if not wanted.isdisjoint(_open_files(pid)):
            return f"{_command(pid)} (process {pid})"
    return "a process of another user or container"


def _open_files(pid: str) -> Iterator[str]:
    """What a process has open, as far as we may see it, and it is still there."""
    with suppress(OSError):
        for link in Path("/proc", pid, "fd").iterdir():
            with suppress(OSError):
                yield os.readlink(link)


def _listening(port: int) -> Iterator[str]:
    """The inodes of the sockets that listen on a port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                local, state, inode = (line.split()[place] for place in (1, 3, 9))
                if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                    yield inode


def _command(pid: str) -> str:
    words = [""]
    with suppress(OSError):
        words = Path("/proc", pid, "cmdline").read_bytes().decode(errors="replace").split("\0")
    shown = [Path(words[0]).name, *words[1:COMMAND_WORDS]]
    return " ".join(" ".join(shown).split())[:COMMAND_LENGTH] or "a program"
