"""Build what is distributed, into dist/: the sources, and from them a wheel for each kind of machine.

    python deploy/wheels.py [FOLDER]        or: make wheels

The wheels for x86-64 and AArch64 have the compiled kernels of Kokoro; the third, for any other machine, does without.
Each serves every Python: the kernels have a C interface only. They need no more of the system's libraries than
manylinux_2_28 has (Debian 10, Ubuntu 20.04, RHEL 8), and that is checked, because a newer compiler may ask for more.
GNU's OpenMP is that of PyTorch, which brings it: one in the wheel would have threads of its own beside PyTorch's.

Needs both compilers and setuptools; Debian and Ubuntu: apt install g++ g++-aarch64-linux-gnu (on AArch64
g++-x86-64-linux-gnu).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
MACHINES: Final = ("x86_64", "aarch64")
PLATFORM: Final = "manylinux_2_28"
LIBRARY: Final = "speechd/engines/kokoro/cpu/_kernels.so"

NEWEST: Final[Mapping[str, tuple[int, ...]]] = {
    "GLIBC": (2, 28),
    "GLIBCXX": (3, 4, 25),
    "CXXABI": (1, 3, 11),
    "GCC": (8, 0, 0),
    "GOMP": (5, 0),
    "OMP": (5, 0),
}
"""The newest version of each library's symbols that may be asked for: manylinux_2_28's, and for OpenMP PyTorch's."""


def main(folder: Path, machines: Sequence[str] = MACHINES) -> None:
    """Build everything, or for these machines only. What earlier builds have left in the folder is removed first."""
    folder = folder.resolve()  # builds have current folders of their own
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        sources = folder / _built(ROOT, f"build_sdist({str(folder)!r})", {})
        for machine in (*machines, ""):
            tree = _unpacked(sources, Path(scratch, machine or "any"))
            options = {"--build-option": [f"--plat-name={PLATFORM}_{machine}"]} if machine else {}
            wheel = folder / _built(tree, f"build_wheel({str(folder)!r}, {options!r})", _compiler(machine))
            _check(wheel, machine)
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>10,} {path}")


def _built(tree: Path, call: str, environ: Mapping[str, str]) -> str:
    """The name of what setuptools' back end builds in a tree."""
    program = f"from setuptools import build_meta; print('built', build_meta.{call})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tree, env=os.environ | environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout.rpartition("built ")[2].strip()


def _unpacked(sources: Path, folder: Path) -> Path:
    with tarfile.open(sources) as archive:
        archive.extractall(folder, filter="data")
    [tree] = folder.iterdir()
    return tree


def _compiler(machine: str) -> dict[str, str]:
    """The environment in which setuptools compiles for a machine; for none of them, with a compiler that fails."""
    if not machine:
        return {"CC": "false", "CXX": "false"}
    cxx = f"{machine}-linux-gnu-g++"
    if shutil.which(cxx) is None:
        package = f"g++-{machine.replace('_', '-')}-linux-gnu"
        sys.exit(f"{cxx} is not installed (Debian, Ubuntu: apt install {package}; g++ where this is the machine)")
    # Without the flags of this Python, and without names that only a debugger reads.
    return {"CC": cxx, "CXX": cxx, "CXXFLAGS": "", "LDFLAGS": "", "LDCXXSHARED": f"{cxx} -shared -s"}


def _check(wheel: Path, machine: str) -> None:
    """Stop if a wheel has not what its name says."""
    tag = f"py3-none-{PLATFORM}_{machine}" if machine else "py3-none-any"
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as scratch:
        if not wheel.stem.endswith(tag) or (LIBRARY in archive.namelist()) != bool(machine):
            sys.exit(f"{wheel.name} was to be a wheel for {tag}: see what the compiler says")
        if machine:
            table = _symbols(Path(archive.extract(LIBRARY, scratch)), machine)
            if newer := too_new(table):
                sys.exit(f"{wheel.name} needs {', '.join(newer)}, newer than {PLATFORM} has: use an older compiler")


def _symbols(library: Path, machine: str) -> str:
    command = [f"{machine}-linux-gnu-objdump", "--dynamic-syms", str(library)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def too_new(symbols: str) -> list[str]:
    """The versions in a table of dynamic symbols that are newer than they may be, or of no library that is known."""
    found = set(re.findall(r"\(?\b([A-Z]+)_([0-9.]+)\)?\s", symbols))
    newer = [(name, text) for name, text in found if tuple(map(int, text.split("."))) > NEWEST.get(name, ())]
    return sorted(f"{name}_{text}" for name, text in newer)


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]) if sys.argv[1:] else ROOT / "dist")
