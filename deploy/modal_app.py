"""speechd on Modal, on a GPU and on CPUs. Both deployments scale to zero, and to MAX_CONTAINERS.

    modal secret create speechd SPEECHD_API_KEYS=key1,key2
    modal deploy deploy/modal_app.py

It can speak what a server of yours would refuse for load. Set there:

    SPEECHD_OVERFLOW_URL=https://<workspace>--speechd-gpu-web.modal.run
    SPEECHD_OVERFLOW_API_KEY=key1

The first requests then wait for a container to start, and go back when SPEECHD_OVERFLOW_FIRST_AUDIO_S (25 s) are over:
MIN_CONTAINERS = 1 keeps one warm.

The image is made by the script that the Dockerfiles use, and has the weights in it. A memory snapshot is not taken: it
would be of this file's process, and the server is another, with processes, sockets and shared memory of its own.
"""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

import modal

PORT: Final = 8880
START_TIMEOUT_S: Final = 300
GRACE_S: Final = 25
"""Modal gives a container 30 s to end."""
STREAM_TIMEOUT_S: Final = 3600
IDLE_S: Final = 300
"""After which a container without requests is ended."""
MIN_CONTAINERS: Final = 0
"""1 keeps one warm: the first listener then does not wait for a container to start."""
MAX_CONTAINERS: Final = 10

CPU_WORKERS: Final = 4
CPU_IN_FLIGHT: Final = 32
"""Requests that one container has at once: what Modal sends it at most, beyond which it starts another. 8 per worker,
as speechd's own default; the server there admits as many if each speaks at least ten times as fast as people listen."""
GPU_WORKERS: Final = 8
"""They listen, read and encode; one process beside them has the card."""
GPU_IN_FLIGHT: Final = 128
"""With as many an H100 made the most audio, and first audio came after half a second (docs/performance.md)."""
ROOT: Final = Path(__file__).resolve().parent.parent

PYTHON: Final = "/opt/speechd/.venv/bin/python"
COMPILED: Final = "speechd/engines/kokoro/gpu/kernels/compiled"
KERNELS: Final = (
    f"{PYTHON} -m bench.checkpoint /tmp/model --real",
    f"{PYTHON} -m speechd.engines.kokoro.gpu.compile /tmp/model $PWD/{COMPILED} --architecture 90 --jobs 4",
)
"""What compiles the kernels for an H100. Their shapes are those of the release, which a made checkpoint has as well."""


def image(torch: str, *more: str) -> modal.Image:
    """Everything in /opt/speechd. torch: the build to install, "torch==2.13.0+cpu" or PyPI's with CUDA; more: commands
    that are run there at last."""
    base = modal.Image.debian_slim(python_version="3.11").apt_install("g++", "libjemalloc2")
    if not modal.is_local():  # In the container, where the sources are elsewhere, and the image is what it runs in.
        return base
    ignored = modal.FilePatternMatcher.from_file(ROOT / ".dockerignore")
    return (
        base.add_local_dir(ROOT, "/opt/speechd", copy=True, ignore=ignored)
        .env({"HF_HOME": "/var/lib/speechd"})
        .run_commands(
            f"SPEECHD_TORCH={torch} /opt/speechd/deploy/setup /opt/speechd/.venv all-languages",
            "/opt/speechd/.venv/bin/speechd download",
            *(f"cd /opt/speechd && {command}" for command in more),
        )
    )


def options(workers: int, threads: int, in_flight: int, device: str) -> dict[str, Any]:
    """Those of `App.cls` that follow from the number of workers, and those that both variants have."""
    return {
        "env": {
            "LD_PRELOAD": "libjemalloc.so.2",
            "MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:1000",
            "SPEECHD_HOST": "0.0.0.0",
            "SPEECHD_PORT": str(PORT),
            "SPEECHD_ENGINE": "kokoro",
            "SPEECHD_DEVICE": device,
            # Stated, because all the host's cores are to be seen in a container.
            "SPEECHD_WORKERS": str(workers),
            "SPEECHD_THREADS": str(threads),
            "SPEECHD_MAX_IN_FLIGHT": str(in_flight),
            "SPEECHD_GRACE_S": str(GRACE_S),
        },
        "cpu": float(workers * threads),
        "secrets": [modal.Secret.from_name("speechd", required_keys=["SPEECHD_API_KEYS"])],
        "min_containers": MIN_CONTAINERS,
        "max_containers": MAX_CONTAINERS,
        "scaledown_window": IDLE_S,
        "startup_timeout": START_TIMEOUT_S,
        "timeout": STREAM_TIMEOUT_S,
    }


class Server:
    """speechd in a container: ready when the container is, and drained when it ends."""

    @modal.enter()
    def start(self) -> None:
        self._process = subprocess.Popen(["/opt/speechd/.venv/bin/speechd", "serve"])
        while not self._is_ready():
            if (status := self._process.poll()) is not None:
                raise RuntimeError(f"speechd ended with {status}; its log says why")
            time.sleep(0.1)

    @modal.web_server(PORT, startup_timeout=START_TIMEOUT_S)
    def web(self) -> None:
        """The server listens already."""

    @modal.exit()
    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False


app = modal.App("speechd")


@app.cls(
    image=image("torch==2.13.0", *KERNELS),
    gpu="H100",
    memory=8192,
    **options(GPU_WORKERS, threads=1, in_flight=GPU_IN_FLIGHT, device="cuda"),
)
@modal.concurrent(max_inputs=GPU_IN_FLIGHT)
class Gpu(Server):
    """https://<workspace>--speechd-gpu-web.modal.run"""


@app.cls(
    image=image("torch==2.13.0+cpu"),
    memory=4096,
    **options(CPU_WORKERS, threads=2, in_flight=CPU_IN_FLIGHT, device="cpu"),
)
@modal.concurrent(max_inputs=CPU_IN_FLIGHT)
class Cpu(Server):
    """https://<workspace>--speechd-cpu-web.modal.run"""
