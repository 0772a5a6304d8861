"""Speech Dispatcher's Python package is called speechd, too: whichever is found first, both work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speechd.server.launch import without_namesakes

ROOT = Path(__file__).parents[1]
BASE = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
"""Python without a virtual environment."""


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A folder with a package that is made like Speech Dispatcher's."""
    package = tmp_path / "dist-packages/speechd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from .client import *\n")
    (package / "client.py").write_text("class SSIPClient:\n    name = 'theirs'\n")
    return package.parent


def python(executable: str | Path, *arguments: str, path: list[Path]) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    return subprocess.run(
        [executable, *arguments], env=environ, cwd="/", capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.skipif(not BASE.exists(), reason=f"there is no {BASE}")
@pytest.mark.parametrize("order", [1, -1], ids=["ours first", "theirs first"])
@pytest.mark.parametrize(
    "program",
    [
        "import speechd; print(speechd.SSIPClient.name)",
        "from speechd import SSIPClient; print(SSIPClient.name)",
        "import speechd.client; print(speechd.client.SSIPClient.name)",
    ],
)
def test_screen_reader_finds_its_own_client(theirs: Path, program: str, order: int) -> None:
    done = python(BASE, "-c", program, path=[ROOT, theirs][::order])
    assert (done.stdout, done.stderr) == ("theirs\n", "")


@pytest.mark.skipif(not BASE.exists(), reason=f"there is no {BASE}")
def test_name_that_neither_has_is_an_attribute_error(theirs: Path) -> None:
    done = python(BASE, "-c", "import speechd; print(hasattr(speechd, 'nothing'))", path=[ROOT, theirs])
    assert done.stdout == "False\n", done.stderr


def test_in_an_environment_of_its_own_nothing_is_sought_elsewhere(theirs: Path) -> None:
    assert sys.prefix != sys.base_prefix
    done = python(sys.executable, "-c", "import speechd; print(*speechd.__path__)", path=[ROOT, theirs])
    assert done.stdout == f"{ROOT / 'speechd'}\n"


def test_command_finds_its_own_package_behind_theirs(theirs: Path) -> None:
    done = python(sys.executable, "-m", "speechd_server", "--version", path=[theirs, ROOT])
    assert done.stdout.startswith("speechd "), done.stderr


def test_server_is_started_without_the_folders_that_have_theirs(theirs: Path, tmp_path: Path) -> None:
    folders = os.pathsep.join(map(str, [theirs, ROOT, tmp_path]))
    assert without_namesakes(folders) == os.pathsep.join(map(str, [ROOT, tmp_path]))
