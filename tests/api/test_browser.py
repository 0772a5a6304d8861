"""Who may call: as little as possible is refused that no page can send."""

from typing import Any

import pytest

from speechd.api.browser import Policy
from speechd.config.settings import Settings

GOOD = "https://good.example"
EVIL = "https://evil.example"
LOCAL = "127.0.0.1:8880"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def refusal(
    given: dict[str, Any] | None = None,
    /,
    path: str = "/v1/audio/speech",
    method: str = "POST",
    host: str = LOCAL,
    **headers: str,
) -> str | None:
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    error = Policy.of(Settings(**(given or {}))).refusal(method, path, sent)
    return error.code if error else None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"user_agent": "curl/8.5.0", "accept": "*/*"},
        {"user_agent": "OpenAI/Python 2.0.0"},
        {"user_agent": "node", "accept_language": "*", "sec_fetch_mode": "cors"},
        {"user_agent": "node", "accept_language": "*", "sec_fetch_mode": "cors", "host": "nas.lan:8880"},
        {"user_agent": FIREFOX, "origin": "http://127.0.0.1:8880"},
        {"user_agent": FIREFOX, "origin": "http://localhost:8880", "host": "localhost:8880"},
        {"sec_fetch_site": "same-origin", "origin": "https://speech.example"},  # TLS and Host are the proxy's
        {"sec_fetch_site": "none"},
        {"origin": "chrome-extension://abcdef", "sec_fetch_site": "cross-site"},
        {"origin": "tauri://localhost", "sec_fetch_site": "cross-site"},
        {"origin": "app://obsidian.md", "sec_fetch_site": "cross-site"},
        {"origin": "http://tauri.localhost", "sec_fetch_site": "cross-site"},
        {"origin": "https://tauri.localhost"},
        {"user_agent": FIREFOX, "origin": "http://10.0.0.1:8880", "host": "10.0.0.1:8880"},
    ],
)
def test_programs_and_own_pages_pass(headers: dict[str, str]) -> None:
    assert refusal(**headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost"},
        {"origin": "http://dev.localhost:3000"},
        {"origin": "http://tauri.localhost.evil.example"},
        {"origin": "http://127.0.0.1:8880.evil.example"},
        {"origin": EVIL, "x_forwarded_host": "speech.localhost"},
        {"origin": EVIL, "x_forwarded_host": ""},
        {"origin": "null", "x_forwarded_host": ""},
        {"origin": EVIL, "sec_fetch_site": "cross-site", "x_forwarded_host": "evil.example"},
        {"origin": EVIL, "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},  # a form
        {"origin": GOOD + ".evil.example"},
    ],
)
@pytest.mark.parametrize("keys", [(), ("key",)])
def test_pages_of_others_do_not(headers: dict[str, str], keys: tuple[str, ...]) -> None:
    assert refusal({"cors_origins": (GOOD,), "api_keys": keys}, **headers) == "origin_not_allowed"


def test_allowed_pages_pass() -> None:
    page = {"origin": GOOD, "sec_fetch_site": "cross-site"}
    assert refusal({"cors_origins": (GOOD,)}, **page) is None
    assert refusal({"cors_origins": ("*",)}, **page) is None
    assert refusal({"cors_origins": ("*",)}, sec_fetch_site="cross-site") is None


def test_links_may_be_followed_from_anywhere() -> None:
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert refusal(method="GET", path="/v1/models", **link) is None


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_what_costs_nothing_and_cannot_be_read_is_not_refused_by_origin(path: str) -> None:
    assert refusal(method="GET", path=path, origin=EVIL) is None


NAMES = [
    "localhost",
    "LOCALHOST:8880",
    "speech.localhost:8880",
    "127.0.0.1",
    "127.8.8.8:1",
    "[::1]",
    "[::1]:8880",
    "localhost.",
    "10.0.0.1",
    "192.168.1.5:8880",
    "[fd00::1]:8880",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("listens", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_loopback_has_many_names_and_addresses_are_none(name: str, listens: str) -> None:
    assert refusal({"host": listens}, host=name, user_agent=FIREFOX) is None


STRANGE = [
    "evil.example",
    "evil.example:8880",
    "localhost.evil.example",
    "notlocalhost",
    "10.0.0.1.evil",
    "",
    "[",
    "a:b:c",
]
BROWSERS = [
    {"user_agent": FIREFOX},
    {"user_agent": "curl/8", "accept_language": ""},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"},
    {"sec_fetch_mode": "cors", "origin": EVIL},
    {"user_agent": FIREFOX, "x_forwarded_host": "localhost"},
]


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("path", ["/v1/models", "/health", "/ready", "/metrics", "/"])
def test_browser_is_not_served_under_another_name(name: str, browser: dict[str, str], path: str) -> None:
    assert refusal(method="GET", path=path, host=name, **browser) == "host_not_allowed"


@pytest.mark.parametrize("path", ["/v1/models", "/health", "/ready"])
def test_programs_may_use_any_name(path: str) -> None:
    assert refusal(method="GET", path=path, host="evil.example", user_agent="kube-probe/1.34") is None


@pytest.mark.parametrize(
    "given",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.1.5"},
        {"api_keys": ("key",)},
        {"allowed_hosts": ("*",)},
        {"allowed_hosts": ("other.example", "Speech.Example")},
        {"allowed_hosts": ("speech.example.",)},
        {"allowed_hosts": ("speech.example",), "host": "0.0.0.0"},
    ],
)
def test_names_are_free_where_they_protect_nothing_or_were_given(given: dict[str, Any]) -> None:
    assert refusal(given, host="speech.example:443", user_agent=FIREFOX) is None


def test_given_names_are_checked_wherever_the_server_listens() -> None:
    given = {"allowed_hosts": ("speech.example",), "host": "0.0.0.0", "api_keys": ("key",)}
    assert refusal(given, host="evil.example", user_agent=FIREFOX) == "host_not_allowed"
    assert refusal(given, host="localhost", user_agent=FIREFOX) is None


PROXIED = {"user_agent": FIREFOX, "origin": "http://speech.example:81", "x_forwarded_host": "speech.example:81"}


@pytest.mark.parametrize("given", [{"host": "0.0.0.0"}, {"api_keys": ("key",)}, {"allowed_hosts": ("speech.example",)}])
@pytest.mark.parametrize("behind", ["", ", inner.example"])
def test_own_page_passes_behind_a_proxy_that_changes_host(given: dict[str, Any], behind: str) -> None:
    headers = PROXIED | {"x_forwarded_host": "speech.example:81" + behind}
    assert refusal(given, **headers) is None
    assert refusal(given, **headers | {"origin": EVIL}) == "origin_not_allowed"
    assert refusal(given, **headers | {"origin": "http://speech.example:82"}) == "origin_not_allowed"


@pytest.mark.parametrize("given", [{}, {"allowed_hosts": ("other.example",)}])
def test_name_that_is_not_ours_is_not_made_so_by_what_a_page_says_was_forwarded(given: dict[str, Any]) -> None:
    assert refusal(given, **PROXIED) == "origin_not_allowed"
    assert refusal(given, **PROXIED, host="speech.example:81") == "host_not_allowed"
