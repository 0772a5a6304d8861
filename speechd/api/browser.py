"""The rules for web pages, by headers that a browser sends and a page can neither set nor leave out.

Any page that is visited can send requests to 127.0.0.1, and to whatever else its visitor reaches. It cannot read the
answers (that takes CORS), but they cost as much. It can read them once its own name is resolved to such an address (DNS
rebinding): to the browser, it is then a page of this server. The first is told by `Origin` (RFC 6454, section 7.3) and
`Sec-Fetch-Site` (W3C Fetch Metadata, which is sent to https and to localhost), the second by the name in `Host`. An
address is not resolved, and so passes as a name. Programs that are not browsers send none of this, and pass.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from speechd.api.cors import not_allowed
from speechd.api.paths import API_PREFIX
from speechd.config.settings import Settings
from speechd.errors import Forbidden, shorten

ANY: Final = "*"
"""The entry among origins or names that stands for all of them."""

OWN: Final = ("same-origin", "none")
"""Values of `Sec-Fetch-Site` for a page of this server, and for the user (a typed address, a browser's extension)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The pages that may call. origins: those of other servers' pages; hosts: names of this server, None for any."""

    origins: Collection[str]
    hosts: Collection[str] | None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """The policy of a server with these settings.

        Names are checked if they were given, and if no key protects what only this machine should reach. Otherwise the
        server cannot know its names: a proxy or a load balancer may pass on any.
        """
        if settings.allowed_hosts:
            given = {name.lower().removesuffix(".") for name in settings.allowed_hosts}
            return cls(settings.cors_origins, None if ANY in given else given)
        guarded = _is_loopback(settings.host) and not settings.api_keys
        return cls(settings.cors_origins, () if guarded else None)

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Forbidden | None:
        """The error for a request that is refused, else None. headers: by names in lower case."""
        if _is_from_browser(headers):
            name = _name(headers.get("host", ""))
            if not self._is_ours(name):
                return Forbidden(
                    f"Browsers may not call this server as '{shorten(name)}': if that is a name of it, put it into "
                    "SPEECHD_ALLOWED_HOSTS.",
                    code="host_not_allowed",
                )
        if path.startswith(API_PREFIX) and self._is_foreign(method, headers):
            origin = headers.get("origin", "another origin")
            return not_allowed(origin)
        return None

    def _is_foreign(self, method: str, headers: Mapping[str, str]) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if ANY in self.origins or origin in self.origins:
            return False
        if method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate":  # a link that was followed
            return False
        if origin is not None and _is_of_program(origin):
            return False
        if site is not None:
            return site not in OWN
        # To a proxy of ours the browser may have spoken TLS, so the scheme says nothing.
        return origin is not None and origin.partition("://")[2] not in self._called_as(headers)

    def _called_as(self, headers: Mapping[str, str]) -> Collection[str]:
        """The names by which the browser may have called the server, with the port.

        A proxy of ours may have put its own name for the server into `Host`. A page of another origin must ask before
        it sends X-Forwarded-Host (Fetch, "CORS-safelisted request-header"), and that is denied. One that was rebound
        need not ask, so names are checked here as well.
        """
        forwarded = headers.get("x-forwarded-host", "").partition(",")[0].strip()  # each proxy may add its own
        names = (headers.get("host", ""), forwarded if self._is_ours(_name(forwarded)) else "")
        return [name for name in names if name]

    def _is_ours(self, name: str) -> bool:
        """Whether a name was given as this server's, or is one that nobody could have resolved to this machine."""
        return self.hosts is None or name in self.hosts or _address(name) is not None or _is_loopback(name)


def _is_of_program(origin: str) -> bool:
    """Whether an origin is an installed program's: a browser's extension, or a program that is made like a page.

    To programs made with Tauri, http://tauri.localhost is no server, and has no port. With a port, it is another server
    of this machine.
    """
    scheme, _, host = origin.partition("://")
    if scheme in ("http", "https"):
        return host.endswith(".localhost")
    return origin != "null"


def _is_from_browser(headers: Mapping[str, str]) -> bool:
    # A page can have other values sent, but cannot leave these headers out. Browsers send Sec-Fetch-Mode only together
    # with Sec-Fetch-Site (Fetch Metadata, section 3); Node's fetch sends it alone.
    if "sec-fetch-mode" in headers and "sec-fetch-site" not in headers and "origin" not in headers:
        return False
    sent = any(name in headers for name in ("origin", "sec-fetch-site", "accept-language"))
    return sent or headers.get("user-agent", "").startswith("Mozilla/")


def _name(host: str) -> str:
    """The name in a `Host` header: without the port, in lower case; "" if it has none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    """Whether a name is this machine's: all that end in .localhost are, to browsers too (RFC 6761, section 6.3)."""
    if (address := _address(name)) is not None:
        return address.is_loopback
    return name == "localhost" or name.endswith(".localhost")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
