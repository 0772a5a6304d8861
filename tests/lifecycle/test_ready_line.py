from __future__ import annotations

import json
import re
import shlex

import pytest

from speechd.config.settings import Settings
from speechd.lifecycle.ready_line import base_url, ready_line


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8880"),
        ("0.0.0.0", "http://127.0.0.1:8880"),
        ("::", "http://[::1]:8880"),
        ("fe80::1", "http://[fe80::1]:8880"),
        ("tts.lan", "http://tts.lan:8880"),
    ],
)
def test_address_is_one_that_somebody_on_this_machine_can_open(host: str, url: str) -> None:
    assert base_url(host, 8880) == url


def test_line_says_where_the_server_is_and_what_it_speaks_with() -> None:
    line = ready_line(Settings(port=9000), "kokoro", slots=1, voices=54)
    assert line.startswith("ready: http://127.0.0.1:9000, engine kokoro, 1 slot, 54 voices; try: curl ")
    assert "\n" not in line


def test_line_says_that_others_can_reach_the_server() -> None:
    assert "on all addresses: 0.0.0.0" in ready_line(Settings(host="0.0.0.0"), "kokoro", 2, 54)


@pytest.mark.parametrize("keys", [(), ("secret",)])
def test_command_to_try_is_one_that_works(keys: tuple[str, ...]) -> None:
    line = ready_line(Settings(api_keys=keys), "kokoro", 2, 54)
    command = shlex.split(line.partition("try: ")[2])
    assert command[1] == "http://127.0.0.1:8880/v1/audio/speech"
    assert json.loads(command[command.index("-d") + 1]) == {"input": "Hello!"}
    assert "Content-Type: application/json" in command
    assert ("Authorization: Bearer KEY" in command) is bool(keys)
    assert not re.search("secret", line)
