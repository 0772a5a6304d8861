"""The Dockerfiles, as far as they can be checked without an engine that builds them."""

import difflib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILES = ("Dockerfile.cpu", "Dockerfile.gpu")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def instructions(name: str) -> list[tuple[str, str]]:
    """Of a Dockerfile, with continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def of(name: str, word: str) -> list[str]:
    return [rest for found, rest in instructions(name) if found == word]


def test_dockerfiles_differ_only_in_what_torch_runs_on() -> None:
    cpu, gpu = ((ROOT / name).read_text() for name in DOCKERFILES)
    gpu = re.sub(r"# Kernels for each.*?(?=FROM needs AS weights)", "", gpu, flags=re.DOTALL)
    changes = [line for line in difflib.ndiff(cpu.splitlines(), gpu.splitlines()) if line.startswith(("- ", "+ "))]
    about_torch = re.compile(
        r"# |ARG SPEECHD_TORCH=|SPEECHD_DEVICE=|NVIDIA_|COPY --from=kernels|org\.opencontainers\.image\.description="
    )
    assert [line for line in changes if not about_torch.match(line[2:].strip())] == []


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfile_installs_the_torch_of_the_project(name: str) -> None:
    wanted = next(need for need in PROJECT["dependencies"] if need.startswith("torch=="))
    assert next(arg for arg in of(name, "ARG") if "TORCH" in arg).split("=", 1)[1].removesuffix("+cpu") == wanted


@pytest.mark.parametrize("name", DOCKERFILES)
def test_no_empty_package_is_left_that_later_stages_would_import(name: str) -> None:
    [install] = [run for run in of(name, "RUN") if "deploy/setup" in run]
    assert "mkdir speechd " in install
    assert install.endswith(" && rm -r speechd")


def test_made_checkpoint_has_the_stock_package_whose_model_it_is() -> None:
    stock = next(need for need in PROJECT["optional-dependencies"]["stock"] if need.startswith("kokoro=="))
    runs = of("Dockerfile.gpu", "RUN")
    made = next(number for number, run in enumerate(runs) if "bench.checkpoint" in run)
    installed = runs[made - 1]
    assert "'speechd-server[stock]'" in installed
    assert installed.endswith(f" {stock.partition(';')[0]}")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfile_states_the_version_of_the_project(name: str) -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', " ".join(of(name, "LABEL"))))
    assert labels["version"] == PROJECT["version"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_states_the_licences_of_all_that_is_in_it(name: str) -> None:
    [licences] = re.findall(r'image\.licenses="([^"]*)"', " ".join(of(name, "LABEL")))
    stated = licences.split(" AND ")
    assert stated[0] == PROJECT["license"]
    found = re.findall(r"\b((?:LGPL|GPL|MPL)-[\w.-]+)( WITH)?", (ROOT / "NOTICE").read_text())
    noticed = {licence for licence, exception in found if not exception}
    assert len(noticed) > 3
    assert set(stated[1:]) == noticed


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_has_weights_and_all_languages_unless_told_otherwise(name: str) -> None:
    assert {"WEIGHTS=1", "LANGUAGES=all-languages"} <= set(of(name, "ARG"))


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_an_image_leaves_out_of_pytorch_is_not_needed_to_import_it(name: str) -> None:
    [slimming] = [run for run in of(name, "RUN") if "torch/test" in run]
    assert "! -name torch_shm_manager" in slimming  # torch/__init__.py raises without it
    assert [copy for copy in of(name, "COPY") if copy.endswith(" /opt/speechd /opt/speechd") and "=slim" in copy]


def test_images_are_baked_with_the_tags_that_deployments_name() -> None:
    bake = (ROOT / "docker-bake.hcl").read_text()
    [version] = re.findall(r'variable "VERSION" \{\s+default = "([^"]+)"', bake)
    assert version == PROJECT["version"]
    tags = {tag.replace("${VERSION}", version) for tag in re.findall(r'"\$\{REGISTRY\}([^"]+)"', bake)}
    assert {"speechd:cpu", "speechd:gpu", f"speechd:cpu-{version}", f"speechd:gpu-{version}"} <= tags
    assert set(re.findall(r'dockerfile = "([^"]+)"', bake)) == set(DOCKERFILES)
    arguments = {each.partition("=")[0] for name in DOCKERFILES for each in of(name, "ARG")}
    blocks = "\n".join(re.findall(r"args = \{(.*?)\}", bake, re.DOTALL))
    used = set(re.findall(r"^\s+(\w+)\s+=", blocks, re.MULTILINE))
    assert used == {"LANGUAGES", "WEIGHTS", "SPEECHD_TORCH"} <= arguments


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfile_begins_from_an_exact_version(name: str) -> None:
    base = of(name, "ARG")[0]
    assert re.fullmatch(r"PYTHON=3\.\d+\.\d+-slim-\w+", base)
    stages = {origin.split(" AS ")[1] for origin in of(name, "FROM") if " AS " in origin}
    assert {origin.split(" AS ")[0] for origin in of(name, "FROM")} - stages == {"python:${PYTHON}"}


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_runs_without_root_and_is_sent_signals_itself(name: str) -> None:
    assert of(name, "USER") == ["10001:10001"]
    assert json.loads(of(name, "ENTRYPOINT")[-1]) == ["tini", "--", "speechd"]  # a shell would keep SIGTERM
    assert json.loads(of(name, "CMD")[-1]) == ["serve"]


def test_build_context_has_what_is_copied() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = [copy for name in DOCKERFILES for copy in of(name, "COPY") if "--from" not in copy]
    copied = {path.rstrip("/") for copy in copies for path in copy.split()[:-1]}
    assert copied == kept
    assert all((ROOT / path).exists() for path in copied)


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers every GET so."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ready" else 404)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@pytest.mark.parametrize(("status", "exit_code"), [(200, 0), (503, 1)])
def test_health_check_asks_whether_the_server_is_ready(status: int, exit_code: int) -> None:
    check = of("Dockerfile.cpu", "HEALTHCHECK")[0]
    program = json.loads(check[check.index("[") :])
    with answering(status) as port:
        command = [sys.executable, *program[1:]]
        ended = subprocess.run(command, env=os.environ | {"SPEECHD_PORT": str(port)}, timeout=240, check=False)
    assert ended.returncode == exit_code
