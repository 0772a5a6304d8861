"""The page at `/` as browsers get it from the real server."""

import httpx2
import pytest

from tests.harness.server import Server

BROWSER = {"accept": "text/html,*/*;q=0.8", "user-agent": "Mozilla/5.0", "accept-language": "en"}


@pytest.mark.parametrize("path", ["/", "/home/main.js", "/home/base.css"])
def test_browser_gets_the_page_once(tone_server: Server, path: str) -> None:
    with httpx2.Client(base_url=tone_server.url, headers=BROWSER) as http:
        first = http.get(path)
        assert first.status_code == 200
        assert http.head(path).headers["content-length"] == str(len(first.content))
        again = http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_page_calls_its_own_server_without_a_setting(tone_server: Server) -> None:
    own = BROWSER | {"accept": "*/*", "origin": tone_server.url, "sec-fetch-site": "same-origin"}
    body = {"model": "tts-1", "voice": "alloy", "input": "hello"}
    assert httpx2.post(tone_server.url + "/v1/audio/speech", json=body, headers=own).status_code == 200


def test_program_follows_the_links(tone_server: Server) -> None:
    links = tone_server.get("/").json()["links"]
    for name in ("description", "health", "voices", "models"):
        assert tone_server.get(links[name]).status_code == 200
