"""Tries the page at `/` in Firefox: whether speech is heard in each format, and while it comes where it can be.

    python -m bench.page.firefox [--firefox /usr/bin/firefox-esr] [--engine espeak]

It starts a server and Firefox, and drives that by its own remote protocol (Marionette). It prints what holds, and ends
with status 1 if something does not. `check.mjs` tries more, in Chromium.
"""

from __future__ import annotations

import argparse
import itertools
import json
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from bench.server import free_port, running

FORMATS: Final = ("mp3", "opus", "aac", "flac", "wav", "pcm")

PREFERENCES: Final = {
    "marionette.port": 0,
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}

TEXT: Final = "One two three four five six. " * 4

FILL: Final = """
document.querySelector("#text").value = arguments[0];
document.querySelector("#text").dispatchEvent(new Event("input", { bubbles: true }));
document.querySelector("#format").value = arguments[1];
document.querySelector("#format").dispatchEvent(new Event("change", { bubbles: true }));
"""

STATE: Final = """
const place = document.querySelector("#place");
return {
  at: Number(place.value), length: Number(place.max), status: document.querySelector("#status").textContent,
  error: document.querySelector("#error").textContent, button: document.querySelector("#play").ariaLabel,
};
"""


class Marionette:
    """A connection to Firefox: messages are JSON behind their length, `[0, id, command, parameters]`."""

    def __init__(self, port: int) -> None:
        self._socket = _connected(port)
        self._received = b""
        self._id = 0
        self._receive()  # what Firefox says of itself
        self.call("WebDriver:NewSession", {"capabilities": {}})

    def call(self, command: str, parameters: dict[str, Any]) -> Any:
        """The result of a command. Raises `RuntimeError` for its error."""
        self._id += 1
        message = json.dumps([0, self._id, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error:
            raise RuntimeError(f"{command}: {error}")
        return result

    def run(self, script: str, *arguments: object) -> Any:
        """What a script in the page returns."""
        return self.call("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})["value"]

    def _receive(self) -> Any:
        while b":" not in self._received:
            self._received += self._socket.recv(1 << 16)
        size, _, rest = self._received.partition(b":")
        while len(rest) < int(size):
            rest += self._socket.recv(1 << 16)
        self._received = rest[int(size) :]
        return json.loads(rest[: int(size)])


def _connected(port: int) -> socket.socket:
    until_s = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firefox", default="/usr/bin/firefox-esr")
    parser.add_argument("--engine", default="espeak")
    parser.add_argument("--formats", default=",".join(FORMATS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), engine=arguments.engine) as server:
        port = free_port()
        profile = Path(folder, "profile")
        profile.mkdir()
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        lines.append(f'user_pref("marionette.port", {port});')
        (profile / "user.js").write_text("\n".join(lines))
        command = [arguments.firefox, "--headless", "--marionette", "--profile", str(profile), "--no-remote"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as firefox:
            try:
                return _tried(Marionette(port), server.url, arguments.formats.split(","))
            finally:
                firefox.terminate()
                with suppress(subprocess.TimeoutExpired):
                    firefox.wait(10)
                firefox.kill()


def _tried(browser: Marionette, url: str, formats: list[str]) -> int:
    failed = 0
    for name in formats:
        browser.call("WebDriver:Navigate", {"url": url + "/"})
        streams = browser.run(
            "return Boolean(globalThis.MediaSource?.isTypeSupported(arguments[0]))",
            f"audio/{name}".replace("mp3", "mpeg"),
        )
        heard, state = _played(browser, name)
        failed += not heard
        print(f"{'ok ' if heard else 'BAD'} {name}: MediaSource {streams}, {state}", flush=True)
    return 1 if failed else 0


def _played(browser: Marionette, format: str) -> tuple[bool, dict[str, Any]]:
    """Whether the place in the speech moves on to the end, and the last that was seen."""
    until_s = time.monotonic() + 10
    while browser.run("return !document.querySelector('.voice input:checked')") and time.monotonic() < until_s:
        time.sleep(0.1)
    browser.run(FILL, TEXT, format)
    button = browser.call("WebDriver:FindElement", {"using": "css selector", "value": "#speak"})["value"]
    browser.call("WebDriver:ElementClick", {"id": next(iter(button.values()))})  # a user's, so that sound may begin
    places: list[float] = []
    state: dict[str, Any] = {}
    until_s = time.monotonic() + 40
    while time.monotonic() < until_s:
        state = browser.run(STATE)
        places.append(state["at"])
        if state["error"] or (state["button"] == "Play" and places[-1] > 1):
            break
        time.sleep(0.2)
    moved = [place for before, place in itertools.pairwise(places) if place > before]
    return len(moved) > 5 and not state["error"], state


if __name__ == "__main__":
    sys.exit(main())
