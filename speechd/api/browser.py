"""What web pages may ask of the server, told by headers that a browser sends and a page can neither set nor leave out.

Any page that is visited can send requests to 127.0.0.1 and to what else its visitor reaches. It cannot read the answers
(that takes CORS), but they cost as much; and it can, once its own name is resolved to such an address (DNS rebinding):
it then is, to the browser, a page of this server. Against the first there are `Origin` (RFC 6454, section 7.3) and
`Sec-Fetch-Site` (W3C Fetch Metadata, which is sent to https and to localhost); against the second, the name in `Host`.
An address needs no resolving, and so passes as a name. Programs that are no browsers send none of this, and pass.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from speechd.api.paths import API_PREFIX
from speechd.config.settings import Settings
from speechd.errors import Forbidden, shorten

ANY: Final = "*"
"""Among origins or names: all of them."""

OWN: Final = ("same-origin", "none")
"""Values of `Sec-Fetch-Site`: a page of ours, or the user: an address that was typed, a browser's extension."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which pages may call. origins: of pages of others; hosts: names of ours, None for any."""

    origins: Collection[str]
    hosts: Collection[str] | None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Names are checked where it was asked for; and where no key protects what only this machine is to reach.
        Elsewhere the server cannot know its names: a proxy or balancer may pass on any."""
        if settings.allowed_hosts:
            given = {name.lower().removesuffix(".") for name in settings.allowed_hosts}
            return cls(settings.cors_origins, None if ANY in given else given)
        guarded = _is_loopback(settings.host) and not settings.api_keys
        return cls(settings.cors_origins, () if guarded else None)

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Forbidden | None:
        """Why a request is refused, if it is. headers: by names in lower case."""
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
            return Forbidden(
                f"Pages of {shorten(origin)} may not call this server: put the page's origin into SPEECHD_CORS_ORIGINS "
                "to allow it.",
                code="origin_not_allowed",
            )
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
        """What the browser may have called the server, with the port: a proxy of ours may have put its own name for it
        into `Host`. A page of another origin must ask before it sends X-Forwarded-Host (Fetch, "CORS-safelisted
        request-header"), and is then told no. One that was rebound need not, so names are checked here as well."""
        forwarded = headers.get("x-forwarded-host", "").partition(",")[0].strip()  # each proxy may add its own
        names = (headers.get("host", ""), forwarded if self._is_ours(_name(forwarded)) else "")
        return [name for name in names if name]

    def _is_ours(self, name: str) -> bool:
        """Whether it is given as one, or is no name that anybody could have resolve to this machine."""
        return self.hosts is None or name in self.hosts or _address(name) is not None or _is_loopback(name)


def _is_of_program(origin: str) -> bool:
    """Whether it is an installed program's: an extension's, or of one that is made like a page. To those of Tauri,
    http://tauri.localhost is no server, hence without a port; with one it is another server of this machine."""
    scheme, _, host = origin.partition("://")
    if scheme in ("http", "https"):
        return host.endswith(".localhost")
    return origin != "null"


def _is_from_browser(headers: Mapping[str, str]) -> bool:
    # A page can have other values sent, but not none. Browsers send Sec-Fetch-Mode with Sec-Fetch-Site alone (Fetch
    # Metadata, section 3), and pages can neither set nor remove these; Node's fetch sends only the one.
    if "sec-fetch-mode" in headers and "sec-fetch-site" not in headers and "origin" not in headers:
        return False
    sent = any(name in headers for name in ("origin", "sec-fetch-site", "accept-language"))
    return sent or headers.get("user-agent", "").startswith("Mozilla/")


def _name(host: str) -> str:
    """Of a `Host` header: without the port, in lower case; "" where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    """RFC 6761, section 6.3: what ends in .localhost is no other machine's, for browsers as well."""
    if (address := _address(name)) is not None:
        return address.is_loopback
    return name == "localhost" or name.endswith(".localhost")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
