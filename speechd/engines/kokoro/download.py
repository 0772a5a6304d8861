"""Where Kokoro's weights come from: a folder, the cache of Hugging Face's hub, or the hub itself."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx2
import huggingface_hub
from huggingface_hub import constants as hub

from speechd import stderr
from speechd.engines.kokoro.checkpoint import CONFIG, FILES, MODEL, Checkpoint
from speechd.errors import EngineUnavailable

log = logging.getLogger(__name__)

REPOSITORY: Final = "hexgrad/Kokoro-82M"
REVISION: Final = "f3ff3571791e39611d31c381e3a41a3af07b4987"
"""The commit of the hub's repository: what was tested is what is fetched."""

HUB_TIMEOUT_S: Final = 4.0
"""Seconds in which the hub must answer, or it counts as out of reach."""


def locate(model_dir: Path | None) -> Checkpoint:
    """The weights in `model_dir`, else in the hub's cache, else fetched into it. Raises `EngineUnavailable`.

    Called in the arbiter, which must have no threads when it forks. The hub's client starts some, so it runs in
    processes of its own.
    """
    if model_dir is not None:
        absent = [name for name in (CONFIG, MODEL) if not (model_dir / name).is_file()]
        if absent:
            raise EngineUnavailable(
                f"The folder {model_dir} has no {' and no '.join(absent)}: name another with --model-dir, "
                f"or fill it with 'speechd download --model-dir {model_dir}'."
            )
        return Checkpoint(model_dir)
    cached = _cached()
    if cached is not None and not cached.missing_files():
        return cached
    if _reachable():
        _download_apart()
        cached = _cached()
    if cached is None:
        raise EngineUnavailable(
            f"Kokoro's weights are not on this machine, and could not be fetched from {hub.ENDPOINT}: "
            "run 'speechd download' with a connection, or name a folder that has them with --model-dir."
        )
    return cached


def download(model_dir: Path | None = None) -> Path:
    """Fetch the weights into `model_dir`, else into the hub's cache, with progress bars; verify them; their folder.

    What is there already is not fetched again. Raises `EngineUnavailable`.
    """
    if not _reachable():
        raise EngineUnavailable(f"{hub.ENDPOINT} does not answer: Kokoro's weights cannot be fetched.")
    try:
        folder = huggingface_hub.snapshot_download(
            REPOSITORY, revision=REVISION, local_dir=model_dir, allow_patterns=list(FILES), etag_timeout=HUB_TIMEOUT_S
        )
        listing = huggingface_hub.HfApi().model_info(REPOSITORY, revision=REVISION, files_metadata=True)
    except (OSError, ValueError, httpx2.HTTPError) as error:
        raise EngineUnavailable(f"{REPOSITORY} cannot be fetched from {hub.ENDPOINT}: {error}") from error
    weights = Checkpoint(Path(str(folder)))
    for file in listing.siblings or ():
        if file.rfilename in FILES and file.lfs is not None:
            _verify_digest(weights.folder / file.rfilename, file.lfs.sha256)
    weights.verify()
    return weights.folder


def _verify_digest(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise EngineUnavailable(f"{path} is damaged (its SHA-256 is {found}, not {expected}): delete it and try again.")


def _cached() -> Checkpoint | None:
    """The pinned revision in the hub's cache, if it has at least the model."""
    config, model = (
        huggingface_hub.try_to_load_from_cache(REPOSITORY, name, revision=REVISION) for name in (CONFIG, MODEL)
    )
    return Checkpoint(Path(config).parent) if isinstance(config, str) and isinstance(model, str) else None


def _reachable() -> bool:
    """Whether the hub answers for our revision.

    In a process of its own because only that can be given up: looking up a host name has no timeout.
    """
    if hub.HF_HUB_OFFLINE:
        return False
    url = huggingface_hub.hf_hub_url(REPOSITORY, CONFIG, revision=REVISION)
    ask = (
        "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], method='HEAD'), timeout=float(sys.argv[2]))"
    )
    command = [sys.executable, "-I", "-c", ask, url, str(HUB_TIMEOUT_S)]
    try:
        return subprocess.run(command, capture_output=True, timeout=HUB_TIMEOUT_S + 1, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _download_apart() -> None:
    """Try `download` in a process of its own, which shows its progress and its failure on our standard error."""
    log.info("fetching Kokoro's weights (about 360 MB) from %s", hub.ENDPOINT)
    fetch = f"from {__name__} import download; download()"
    command = [sys.executable, "-P", "-c", fetch]  # -P: no module of the current folder
    with stderr.blocking() as ours:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=ours, stderr=ours, check=False)
