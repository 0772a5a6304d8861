"""What deploy/ and the operations page say is true of the server that they speak of."""

import json
import re
import socket
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bench.server import start
from speechd.config import file as settings_file
from speechd.config.options import variable
from speechd.config.settings import InvalidSetting, Settings
from speechd.metrics.exposition import Metrics
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from speechd.server.arbiter import QUICK_S
from speechd.speech.passage_sizes import CHARACTERS_PER_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
TEXTS = sorted(
    path
    for path in (*DEPLOY.rglob("*"), *ROOT.glob("Dockerfile.*"), ROOT / "docs/operations.md", ROOT / "README.md")
    if path.is_file() and path.suffix != ".pyc"
)
DEFAULTS = Settings()
KUBERNETES = "1.30"
"""The oldest version that the manifests are held to."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def manifest(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / f"{name}.yaml").read_text())
    return loaded


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = manifest("deployment")["spec"]["template"]["spec"]
    return spec


def pod_settings() -> Settings:
    given = {item["name"]: item["value"] for item in pod()["containers"][0]["env"] if "value" in item}
    return Settings.load({}, given)


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return loaded


def unit() -> dict[str, str]:
    lines = (DEPLOY / "speechd.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {variable(row.name) for row in fields(Settings)} | {settings_file.VARIABLE, "SPEECHD_TORCH"}  # deploy/setup
    assert set(re.findall(r"\bSPEECHD_[A-Z_]*[A-Z]", path.read_text())) <= known


@pytest.mark.parametrize("path", TEXTS, ids=name_of)
def test_metrics_that_are_named_exist(path: Path) -> None:
    limits = Limits(1, 0, 1.0, segments_per_request=1, synthesis_timeout_s=1.0)
    board = Scoreboard(1, limits)
    exposed = Metrics(board, "tone").render().decode()
    board.close()
    known = set(re.findall(r"^speechd_\w+", exposed, re.MULTILINE))
    # Those of workers have a row for each that was forked, and so none here.
    known |= set(re.findall(r"^# TYPE (speechd_\w+)", exposed, re.MULTILINE))
    named = set(re.findall(r"\bspeechd_(?!kernels)[a-z_]*[a-z](?=[\s{[`,.)\"]|$)", path.read_text(), re.MULTILINE))
    assert named <= known


@pytest.mark.parametrize("path", MANIFESTS, ids=name_of)
def test_manifest_has_the_published_schema(path: Path) -> None:
    kubernetes_validate.validate(yaml.safe_load(path.read_text()), KUBERNETES, strict=True)


def test_kustomization_lists_every_manifest() -> None:
    assert sorted(manifest("kustomization")["resources"]) == [path.name for path in MANIFESTS]


def test_manifests_select_the_pods_of_the_deployment() -> None:
    labels = manifest("deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("deployment")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("service")["spec"]["selector"] == labels
    assert manifest("poddisruptionbudget")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("networkpolicy")["spec"]["podSelector"]["matchLabels"] == labels


def test_pod_is_given_time_to_drain() -> None:
    settings = pod_settings()
    assert settings.drain_wait_s > 0
    assert pod()["terminationGracePeriodSeconds"] > settings.drain_wait_s + settings.grace_s + QUICK_S


def test_pod_drains_for_as_long_as_the_longest_stream_lasts_at_half_speed() -> None:
    settings = pod_settings()
    assert settings.max_input_chars / (CHARACTERS_PER_S * 0.5) <= settings.grace_s


def test_pod_has_no_service_links_because_the_server_would_refuse_them() -> None:
    assert pod()["enableServiceLinks"] is False
    with pytest.raises(InvalidSetting):
        Settings.load({}, {"SPEECHD_PORT": "tcp://10.0.0.1:80"})


def test_container_is_drained_before_compose_ends_it() -> None:
    server = compose()["services"]["speechd"]
    ((minutes, seconds),) = re.findall(r"(\d+)m(\d+)s", server["stop_grace_period"])
    settings = Settings.load({}, {key: value for key, value in server["environment"].items() if "$" not in value})
    assert int(minutes) * 60 + int(seconds) > settings.drain_wait_s + settings.grace_s + QUICK_S


def test_files_that_compose_mounts_exist() -> None:
    mounts = [mount for server in compose()["services"].values() for mount in server.get("volumes", [])]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith(".")]
    assert len(files) == 6
    assert all((DEPLOY / file).is_file() for file in files)


def test_unit_is_drained_before_systemd_ends_it() -> None:
    assert int(unit()["TimeoutStopSec"]) > DEFAULTS.drain_wait_s + DEFAULTS.grace_s + QUICK_S
    assert unit()["KillMode"] == "mixed"


def test_server_tells_systemd_when_it_listens(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.settimeout(60)
        server = start(tmp_path, environ={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        try:
            assert notified.recv(4096).startswith(b"READY=1")
            assert server.get("/health").status_code == 200
            assert server.terminate() == 0
        finally:
            server.process.kill()
            server.process.wait(10)


def test_proxies_let_go_of_idle_connections_before_the_server_does() -> None:
    for proxy in ("nginx.conf", "Caddyfile"):
        (idle_s,) = re.findall(r"keepalive(?:_timeout)? (\d+)s", (DEPLOY / proxy).read_text())
        assert int(idle_s) < DEFAULTS.keep_alive_s


def test_panels_of_the_dashboard_have_titles_and_places_of_their_own() -> None:
    panels = json.loads((DEPLOY / "grafana/speechd.json").read_text())["panels"]
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
