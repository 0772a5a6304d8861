from __future__ import annotations

import re
from pathlib import Path

import pytest

from speechd.config.environment import unknown
from speechd.config.options import names_of, options_of, variable
from speechd.config.settings import Settings

ROOT = Path(__file__).parents[2]
VARIABLES = [variable(name) for name in names_of(options_of(Settings))]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SPEECHD_WORKER", "SPEECHD_WORKERS"),
        ("SPEECHD_MAX_INFLIGHT", "SPEECHD_MAX_IN_FLIGHT"),
        ("SPEECHD_APIKEYS", "SPEECHD_API_KEYS"),
        ("SPEECHD_CONFIGURATION", "SPEECHD_CONFIG"),
    ],
)
def test_name_that_is_nearly_right_gets_the_right_one(name: str, meant: str) -> None:
    [message] = unknown({name: "4"}, VARIABLES)
    assert name in message
    assert meant in message.partition("did you mean")[2]


def test_name_that_is_far_from_all_is_told_where_they_are() -> None:
    [message] = unknown({"SPEECHD_XYZZY": ""}, VARIABLES)
    assert "speechd serve --help" in message


def test_right_names_and_those_of_others_are_passed_over() -> None:
    known = dict.fromkeys([*VARIABLES, "SPEECHD_CONFIG", "SPEECHD_TORCH", "SPEECHD_ADDRESS", "PATH", "XSPEECHD_A"], "1")
    assert list(unknown(known, VARIABLES)) == []


def test_what_kubernetes_sets_for_a_service_of_that_name_is_one_message() -> None:
    links = {
        "SPEECHD_SERVICE_HOST": "10.0.0.1",
        "SPEECHD_PORT_80_TCP": "tcp://10.0.0.1:80",
        "SPEECHD_SERVICE_PORT": "80",
    }
    [message] = unknown(links, VARIABLES)
    assert "enableServiceLinks" in message


def test_names_in_deployments_and_their_scripts_are_all_known() -> None:
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    files += [
        *ROOT.glob("Dockerfile.*"),
        *(ROOT / ".ci").iterdir(),
        ROOT / "Makefile",
        ROOT / "tests/harness/kernels.py",
    ]
    named = {name for path in files for name in re.findall(r"\bSPEECHD_[A-Z_]*[A-Z]", path.read_text())}
    assert len(named) > 10
    assert list(unknown(dict.fromkeys(named, ""), VARIABLES)) == []
