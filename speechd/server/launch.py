"""From the command line to the server: the environment it needs, and the exec."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import speechd
from speechd.config import options

ENVIRONMENT: Final = {
    # The arbiter is to stay without a thread pool: forking where one has run hangs the child.
    "OMP_NUM_THREADS": "1",
    # Threads wait for each other a thousand times in a synthesis. By default they spin meanwhile, for as long as a core
    # is theirs, against the one they wait for: two took 9 s instead of 0.5 beside two busy processes on two cores.
    # Where they are alone, it costs 3 %.
    "GOMP_SPINCOUNT": "1000",
    # Else glibc keeps up to 8 heaps per core, each holding on to its own freed memory.
    "MALLOC_ARENA_MAX": "2",
    # Else glibc learns to keep tensors in its heap, where small objects pin them: 70 MB more a worker, and no faster.
    # From 256 kB on, a tenth of the speed would go into fresh pages.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(8 << 20),
    # oneDNN keeps what it compiled for every shape: 592 MB at the default of 1024, 59 MB and no slower at 64. Where our
    # kernels speak, 21 MB and nothing of the speed lie between 64 and 1024.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    # Hugging Face's tokenizers warn of forks otherwise, and its hub is told of every use.
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}

SAFE: Final = {"PYTHONSAFEPATH": "1"}
"""The environment of the server and all that it starts: nothing is imported from the folder in which it happens to be
started, where anybody's `token.py` would be taken for Python's. `PYTHONPATH` names further folders, if any."""


def launch(overrides: Mapping[str, str]) -> NoReturn:
    """Become the server: set what must be in the environment from a process's start, and execute `speechd.serve`."""
    given = {options.variable(name): text for name, text in overrides.items()}
    environ = {**ENVIRONMENT, **os.environ, **given, **SAFE}
    if folders := environ.get("PYTHONPATH"):
        environ["PYTHONPATH"] = without_namesakes(folders)
    for name in ENVIRONMENT:
        if not environ[name]:  # the way to have none of ours: glibc takes an empty number for 0
            del environ[name]
    os.execve(sys.executable, [sys.executable, "-m", "speechd.serve"], environ)


def without_namesakes(folders: str) -> str:
    """A search path less the folders that have another package of our name, as Speech Dispatcher's for Python is."""
    ours = Path(speechd.__file__).resolve().parent
    kept = []
    for folder in folders.split(os.pathsep):
        package = Path(folder, ours.name)
        if not (package / "__init__.py").exists() or package.resolve() == ours:
            kept.append(folder)
    return os.pathsep.join(kept)
