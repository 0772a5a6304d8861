"""A participant of the network that asks for a service."""

from __future__ import annotations

from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from speechd.api.live.announcement import SERVICE

LOOPBACK = "127.0.0.1"


async def found(name: str, timeout_s: float = 60.0) -> AsyncServiceInfo | None:
    """What is announced under this name."""
    network = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    try:
        info = AsyncServiceInfo(SERVICE, f"{name}.{SERVICE}")
        return info if await info.async_request(network.zeroconf, timeout_s * 1000) else None
    finally:
        await network.async_close()
