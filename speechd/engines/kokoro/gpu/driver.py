"""Whether NVIDIA's driver is new enough for this torch.

CUDA itself is not asked, for a process that has used it cannot fork.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import torch

VERSION_FILE: Final = Path("/proc/driver/nvidia/version")
"""Where the kernel's module says its version; absent in WSL."""

OLDEST_DRIVERS: Final = {11: 450, 12: 525, 13: 580}
"""The first driver for each major version of CUDA (NVIDIA, "CUDA Compatibility": minor version compatibility)."""


def fault(version_file: Path = VERSION_FILE) -> str | None:
    """What is wrong with the driver and what to do; None where nothing is, or nothing is known."""
    cuda = torch.version.cuda
    try:
        found = re.search(r"Kernel Module.*?\s(\d+)(\.[\d.]+)\s", version_file.read_text(encoding="utf-8"))
    except OSError:
        return None
    if cuda is None or found is None:
        return None
    oldest = OLDEST_DRIVERS.get(int(cuda.split(".")[0]), 0)
    if int(found[1]) >= oldest:
        return None
    return (
        f"torch {torch.__version__} is built for CUDA {cuda}, which needs NVIDIA driver {oldest} or newer, "
        f"and this machine has {found[1]}{found[2]}. Install a newer driver, or a torch built for an older CUDA."
    )
