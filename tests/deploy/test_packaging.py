"""Distributions: what is in them, that they run without a compiler, and what messages tell people to install."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from speechd.languages.table import LANGUAGES

ROOT = Path(__file__).parents[2]
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "NOTICE",
    "speechd_server.py",
    "speechd",
)
MODULES = sorted((ROOT / "speechd").rglob("*.py"))
PAGES = sorted((ROOT / "speechd/api/docs_files").iterdir())
PAGE = sorted((ROOT / "speechd/api/home_files").iterdir())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what distributions are made of, without what a build leaves behind."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built where there is no compiler."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
    environ = os.environ | {"CC": "false", "CXX": "false"}
    subprocess.run(command, cwd=checkout, env=environ, check=True, capture_output=True, timeout=240)
    [path] = folder.glob("speechd_server-*.whl")
    return path


def test_wheel_has_the_package_its_licence_and_no_sources_of_kernels(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == {str(path.relative_to(ROOT)) for path in [*MODULES, *PAGES, *PAGE]} | {
        "speechd/py.typed",
        "speechd_server.py",
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel_speaks_where_it_is_installed_without_a_compiler(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    command = [sys.executable, "-P", "-m", "speechd", "say", "Good morning.", "-o", "hello.mp3", "--engine", "tone"]
    environ = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    subprocess.run(command, cwd=tmp_path, env=environ, check=True, timeout=240)
    assert (tmp_path / "hello.mp3").stat().st_size > 1000


def test_source_distribution_has_the_sources_of_the_kernels(checkout: Path, tmp_path: Path) -> None:
    program = f"from setuptools.build_meta import build_sdist; build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=checkout, check=True, capture_output=True, timeout=240)
    [path] = tmp_path.glob("speechd_server-*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kernels = {str(path.relative_to(ROOT)) for path in ROOT.glob("speechd/engines/kokoro/cpu/csrc/*")}
    assert len(kernels) > 5
    assert kernels <= names
    assert {"LICENSE", "README.md", "speechd/py.typed"} <= names
    assert {str(path.relative_to(ROOT)) for path in PAGE} <= names


def test_kernels_are_built_from_files_that_exist() -> None:
    text = (ROOT / "setup.py").read_text()
    [folder] = re.findall(r'Path\("([\w/]+)"\)', text)
    assert (ROOT / folder / "kernels.cpp").is_file()


def test_extras_are_what_the_languages_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {tag: sorted(language.misaki_packages.split()) for tag, language in LANGUAGES.items()}
    extras = {tag: sorted(packages) for tag, packages in project["optional-dependencies"].items() if tag in LANGUAGES}
    assert extras == {tag: packages for tag, packages in needed.items() if packages}


def _messages(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def test_messages_name_no_command_that_does_not_exist() -> None:
    messages = [message for path in MODULES for message in _messages(path)]
    assert any("pip install" in message for message in messages)
    assert not any(re.search(r"pip install [^`]*speechd|python3? setup\.py", message) for message in messages)
    named = {target for message in messages for target in re.findall(r"['`]make (\w+)['`]", message)}
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets
