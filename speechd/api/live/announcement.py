"""The announcement of the Wyoming port on the network (DNS-SD over mDNS, RFC 6762 and 6763), by which Home Assistant
finds it. One worker makes it; if that one ends, another does."""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import logging
import socket
from typing import Final

from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_wyoming._tcp.local."

RETRY_S: Final = 10.0
"""Time between attempts of the workers that do not announce to do so. What is announced is believed for two minutes."""

ANYWHERE: Final = ("192.0.2.1", 9)
"""An address to which nothing is sent (RFC 5737): from which of ours would it be?"""

log = logging.getLogger("speechd")


class Announcement:
    """The announcement of one port, as far as this worker is concerned."""

    def __init__(self, file: int, name: str, host: str, port: int) -> None:
        """file: whose lock says which worker announces; all share it. name: under which people find the server. host:
        on which it listens."""
        self._file, self._name, self._host, self._port = file, name, host, port

    async def run(self) -> None:
        """Announce the port until this is cancelled, once no other worker does."""
        while not self._is_ours():  # noqa: ASYNC110  # the lock of a file: nothing tells when it is free
            await asyncio.sleep(RETRY_S)
        try:
            await self._announce()
        except OSError as error:
            log.warning("the Wyoming port is not announced: %s", error)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _is_ours(self) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    async def _announce(self) -> None:
        address = own_address(self._host)
        info = AsyncServiceInfo(
            SERVICE, f"{self._name}.{SERVICE}", addresses=[socket.inet_aton(address)], port=self._port
        )
        network = AsyncZeroconf(interfaces=[address], ip_version=IPVersion.V4Only)
        try:
            await network.async_register_service(info, allow_name_change=True)
            log.info("announced", extra={"fields": {"name": info.name, "address": address, "port": self._port}})
            await asyncio.Event().wait()
        finally:
            await network.async_unregister_all_services()
            await network.async_close()


def own_address(host: str) -> str:
    """The IPv4 address of this machine under which others reach what listens on `host`. Raises `OSError`."""
    if not is_any(host):
        return socket.gethostbyname(host)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(ANYWHERE)
        address: str = probe.getsockname()[0]
        return address


def is_any(host: str) -> bool:
    """Whether a server that listens on `host` does on all addresses."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
