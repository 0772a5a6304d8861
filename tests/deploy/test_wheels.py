"""What is distributed: built by deploy/wheels.py, and what is in it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import platform
import re
import shutil
import tarfile
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from types import ModuleType

import pytest

from speechd.engines.kokoro.cpu.structures import LAYOUT

ROOT = Path(__file__).parents[2]
ELF_MACHINES = {"x86_64": 62, "aarch64": 183}
"""e_machine of an ELF header (System V ABI)."""


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wheels", ROOT / "deploy/wheels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder of what is built here, and the machines that it has a wheel for: those whose compilers are here, and
    not too new to build for older systems."""
    folder = tmp_path_factory.mktemp("wheels")
    machines = [machine for machine in builder.MACHINES if shutil.which(f"{machine}-linux-gnu-g++")]
    with contextlib.chdir(folder):  # as it may be called: with a folder that is named from here
        try:
            builder.main(Path("dist"), machines)
        except SystemExit as error:
            if not str(error).endswith("use an older compiler"):
                raise
            machines = []
            builder.main(Path("dist"), machines)
    return folder / "dist", machines


@pytest.fixture(scope="module")
def dist(built: tuple[Path, list[str]]) -> Path:
    """The folder of what is built here."""
    return built[0]


def wheel_of(dist: Path, machine: str) -> Path:
    """The wheel for a machine. Skips the test if none was built."""
    for wheel in dist.glob(f"*_{machine}.whl"):
        return wheel
    pytest.skip(f"no wheel for {machine} was built: its compiler is not installed, or too new")


def kernels(wheel: Path, folder: Path, builder: ModuleType) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(builder.LIBRARY, folder))


def metadata(wheel: Path, name: str) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [path] = [path for path in archive.namelist() if path.endswith(f".dist-info/{name}")]
        return HeaderParser().parsestr(archive.read(path).decode())


def test_there_is_a_wheel_for_each_machine_one_for_all_others_and_the_sources(
    built: tuple[Path, list[str]],
) -> None:
    dist, machines = built
    tags = {path.stem.partition("-py3-")[2] for path in dist.glob("*.whl")}
    assert tags == {"none-any", *(f"none-manylinux_2_28_{machine}" for machine in machines)}
    assert len(list(dist.glob("speechd_server-*.tar.gz"))) == 1


@pytest.mark.parametrize("machine", ELF_MACHINES)
def test_kernels_of_a_wheel_are_for_its_machine(dist: Path, builder: ModuleType, machine: str, tmp_path: Path) -> None:
    wheel = wheel_of(dist, machine)
    header = kernels(wheel, tmp_path, builder).read_bytes()[:20]
    assert header[:4] == b"\x7fELF"
    assert int.from_bytes(header[18:20], "little") == ELF_MACHINES[machine]
    assert metadata(wheel, "WHEEL")["Root-Is-Purelib"] == "false"


def test_kernels_of_a_wheel_are_those_of_the_checkout(dist: Path, builder: ModuleType, tmp_path: Path) -> None:
    wheel = wheel_of(dist, platform.machine())
    library = ctypes.CDLL(str(kernels(wheel, tmp_path, builder)))
    library.speechd_layout.restype = ctypes.c_int64
    assert library.speechd_layout() == LAYOUT


def test_wheel_for_any_machine_has_no_kernels(dist: Path, builder: ModuleType) -> None:
    [wheel] = dist.glob("*-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith(".so")] == []
    assert metadata(wheel, "WHEEL")["Root-Is-Purelib"] == "true"


def test_wheel_says_what_it_is(dist: Path) -> None:
    [wheel] = dist.glob("*-none-any.whl")
    said = metadata(wheel, "METADATA")
    assert said["Name"] == "speechd-server"
    assert said["License-Expression"] == "Apache-2.0"
    assert said.get_all("License-File") == ["LICENSE", "NOTICE"]


def test_source_distribution_has_all_that_tests_and_builds_need(dist: Path) -> None:
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    files = [path for name in ("tests", "bench", "docs", "deploy") for path in (ROOT / name).rglob("*.*")]
    wanted = {str(path.relative_to(ROOT)) for path in files if path.is_file() and "__pycache__" not in path.parts}
    assert len(wanted) > 300
    top = {path.name for path in ROOT.iterdir() if path.is_file() and path.name not in (".git", ".gitignore")}
    assert (wanted | {name for name in top if not name.endswith(".json")}) - names == set()


@pytest.mark.parametrize(
    ("symbols", "refused"),
    [
        ("(GLIBC_2.14) memcpy\n(GLIBCXX_3.4) _Znwm\n(GOMP_4.5) x\n", []),
        ("(GLIBC_2.34) pthread_create\n", ["GLIBC_2.34"]),
        ("(GLIBCXX_3.4.32) _ZSt\n", ["GLIBCXX_3.4.32"]),
        ("(FFI_8) f\n", ["FFI_8"]),
        (" GLIBC_2.28 own\n", []),
    ],
)
def test_symbols_that_older_systems_lack_are_noticed(builder: ModuleType, symbols: str, refused: list[str]) -> None:
    assert builder.too_new(symbols) == refused


def test_makefile_builds_the_wheels_by_the_script() -> None:
    assert re.search(r"^wheels:.*\n\t.* deploy/wheels\.py$", (ROOT / "Makefile").read_text(), re.MULTILINE)
