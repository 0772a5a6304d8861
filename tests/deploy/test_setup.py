"""The script that makes the virtual environment, as far as it goes without installing anything."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy/setup"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """The script with an interpreter that is this shell script."""
    stub = folder / "python"
    stub.write_text(f"#!/bin/sh\n{python}\n")
    stub.chmod(0o755)
    environ = os.environ | {"PYTHON": str(stub)}
    command = [str(SCRIPT), str(folder / "venv")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)


def test_python_that_is_too_old_is_told_with_a_way_to_another(tmp_path: Path) -> None:
    done = run(tmp_path, '[ "$1" = --version ] && echo Python 3.9.2')
    assert done.returncode == 1
    assert "Here is Python 3.9.2." in done.stderr
    assert re.search(r"apt install python3 python3-venv|uv venv --seed --python 3\.\d+", done.stderr)
    assert not (tmp_path / "venv").exists()


def test_python_without_venv_is_told_with_the_package_that_has_it(tmp_path: Path) -> None:
    done = run(tmp_path, "case $1$2 in -mensurepip) exit 1 ;; -c*print*) echo python3.12-venv ;; esac")
    assert done.returncode == 1
    assert "apt install python3.12-venv" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_root_is_never_taken() -> None:
    assert not re.search(r"^[^#\n]*(?:\bsudo\b|apt-get|^\s*apt )", SCRIPT.read_text(), re.MULTILINE)


def test_script_and_metadata_agree_on_pythons() -> None:
    [bounds] = re.findall(r"\((\d, \d+)\) <= sys\.version_info < \((\d, \d+)\)", SCRIPT.read_text())
    oldest, beyond = (bound.replace(", ", ".") for bound in bounds)
    assert PROJECT["requires-python"] == f">={oldest},<{beyond}"
    listed = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert listed == [f"3.{minor}" for minor in range(int(oldest[2:]), int(beyond[2:]))]


@pytest.mark.parametrize("extra", ["all-languages", "stock", "dev"])
def test_what_make_installs_is_an_extra(extra: str) -> None:
    assert extra in PROJECT["optional-dependencies"]
    assert f".ready-{extra}" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("installed", "wanted", "comes"),
    [
        ("2.13.0", "", False),
        ("2.13.0+cu130", "", False),
        ("2.13.0+cpu", "torch==2.13.0", False),
        ("2.13.0+cpu", "torch==2.13.0+cu126", True),
        ("2.12.1+cpu", "", True),
        ("", "", True),
    ],
)
def test_torch_that_is_there_stays_unless_another_is_asked_for(
    tmp_path: Path, installed: str, wanted: str, comes: bool
) -> None:
    (tmp_path / "venv/bin").mkdir(parents=True)
    for name in ("python", "pip"):
        stub = tmp_path / "venv/bin" / name
        stub.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n'
            f'case "$*" in *"show torch"*) echo "Version: {installed}" ;; *"-e ."*) exit 3 ;; esac\n'
        )
        stub.chmod(0o755)
    environ = os.environ | {"SPEECHD_TORCH": wanted}
    command = [str(SCRIPT), str(tmp_path / "venv")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    calls = (tmp_path / "calls").read_text().splitlines()
    assert any("install" in call and "torch==" in call for call in calls) == comes
    assert any("index versions" in call for call in calls) == comes
