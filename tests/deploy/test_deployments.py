"""What deploy/ and the operations page say is true of the server that they speak of."""

import copy
import json
import re
import shutil
import socket
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
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
    for path in (
        *DEPLOY.rglob("*"),
        *ROOT.glob("Dockerfile.*"),
        *(ROOT / name for name in ("docker-bake.hcl", "docs/deployment.md", "docs/migration.md", "docs/operations.md")),
        ROOT / "README.md",
    )
    if path.is_file() and path.suffix != ".pyc"
)
DEFAULTS = Settings()
SCALED_OBJECT = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "spec": {
            "type": "object",
            "required": ["scaleTargetRef", "triggers"],
            "additionalProperties": False,
            "properties": {
                "scaleTargetRef": {"type": "object", "required": ["name"]},
                "minReplicaCount": {"type": "integer"},
                "maxReplicaCount": {"type": "integer"},
                "pollingInterval": {"type": "integer"},
                "fallback": {"type": "object", "required": ["failureThreshold", "replicas"]},
                "advanced": {"type": "object"},
                "triggers": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["type", "metadata"],
                        "properties": {
                            "metricType": {"enum": ["AverageValue", "Value", "Utilization"]},
                            "metadata": {
                                "type": "object",
                                "required": ["serverAddress", "query", "threshold"],  # of the trigger "prometheus"
                                "additionalProperties": {"type": "string"},
                            },
                        },
                    },
                },
            },
        },
    },
}
"""What KEDA's resource may have, as far as it is used here (KEDA 2, ScaledObject specification)."""
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
    named = set(
        re.findall(r"\bspeechd_(?!kernels|server\b)[a-z_]*[a-z](?=[\s{[`,.)\"]|$)", path.read_text(), re.MULTILINE)
    )
    assert named <= known


def patched(value: Any, patch: list[dict[str, Any]]) -> Any:
    """A value after a JSON patch that adds and replaces members of objects (RFC 6902)."""
    value = copy.deepcopy(value)
    for step in patch:
        *way, last = step["path"].strip("/").split("/")
        place = value
        for key in way:
            place = place[int(key)] if isinstance(place, list) else place[key]
        assert step["op"] in ("add", "replace")
        assert (last in place) is (step["op"] == "replace"), step["path"]
        place[last] = step["value"]
    return value


def variant(name: str) -> dict[str, Any]:
    """The kustomization of a variant."""
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / name / "kustomization.yaml").read_text())
    return loaded


def test_variant_for_gpus_gives_each_pod_one_and_the_image_for_it() -> None:
    kustomization = variant("kubernetes-gpu")
    assert kustomization["resources"] == ["../kubernetes"]
    [patch] = kustomization["patches"]
    deployment = patched(
        manifest(patch["path"].removesuffix(".yaml")),
        yaml.safe_load((DEPLOY / "kubernetes-gpu" / patch["path"]).read_text()),
    )
    kubernetes_validate.validate(deployment, KUBERNETES, strict=True)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    [image] = kustomization["images"]
    [base] = manifest("kustomization")["images"]
    assert image["name"] == base["newName"]
    assert image["newTag"] == base["newTag"].replace("cpu", "gpu")


def test_variant_for_keda_scales_as_the_autoscaler_does_that_it_takes_the_place_of() -> None:
    kustomization = variant("kubernetes-keda")
    assert kustomization["resources"] == ["../kubernetes", "scaledobject.yaml"]
    assert yaml.safe_load(kustomization["patches"][0]["patch"])["$patch"] == "delete"
    scaled = yaml.safe_load((DEPLOY / "kubernetes-keda/scaledobject.yaml").read_text())
    jsonschema.validate(scaled, SCALED_OBJECT)
    autoscaler = manifest("horizontalpodautoscaler")["spec"]
    spec = scaled["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (autoscaler["minReplicas"], autoscaler["maxReplicas"])
    assert spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == autoscaler["behavior"]
    assert spec["scaleTargetRef"]["name"] == autoscaler["scaleTargetRef"]["name"]
    [trigger], [metric] = spec["triggers"], autoscaler["metrics"]
    assert f"sum({metric['pods']['metric']['name']}" in trigger["metadata"]["query"]
    assert float(trigger["metadata"]["threshold"]) * 1000 == int(metric["pods"]["target"]["averageValue"].rstrip("m"))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("name", ["kubernetes", "kubernetes-gpu", "kubernetes-keda"])
def test_kustomize_builds_the_manifests(name: str) -> None:
    done = subprocess.run(["kubectl", "kustomize", DEPLOY / name], capture_output=True, text=True, check=True)
    kinds = [each["kind"] for each in yaml.safe_load_all(done.stdout)]
    autoscaler = "ScaledObject" if name == "kubernetes-keda" else "HorizontalPodAutoscaler"
    assert sorted(kinds) == sorted(["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", autoscaler])


def test_image_is_the_only_line_of_compose_to_edit() -> None:
    server = compose()["services"]["speechd"]
    assert server["image"] == "speechd:cpu"
    assert (ROOT / server["build"]["dockerfile"]).is_file()
    given = re.findall(r"\$\{([^}]*)\}", (DEPLOY / "compose.yaml").read_text().partition("services:")[2])
    assert given
    assert [name for name in given if ":-" not in name] == []  # all else has a default


def test_variant_of_compose_for_gpus_gives_the_server_one_and_the_image_for_it() -> None:
    loaded = yaml.safe_load((DEPLOY / "compose.gpu.yaml").read_text())
    [(name, server)] = loaded["services"].items()
    assert name in compose()["services"]
    assert server["image"] == "speechd:gpu"
    assert (ROOT / server["build"]["dockerfile"]).is_file()
    [device] = server["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}


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
