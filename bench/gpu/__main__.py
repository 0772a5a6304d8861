"""Measures the batched Kokoro on a GPU: how exact it is, and how fast, in parts and as a whole.

    python -m bench.gpu [--device cuda] [--only SECTION ...] [--tiny] [--torch] [--out FOLDER]

Needs torch, numpy and, for the kernels, triton; no weights, for it makes a checkpoint. With `--device cpu --tiny
--torch` it rehearses itself. Each section is a process with a time limit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Final

import torch

from bench.gpu import checkpoint, exactness, overlap, reference, speed
from bench.gpu.section import Context, Section


def _kernels(context: Context) -> None:
    from bench.gpu import kernels  # needs triton

    kernels.run(context)


def _lstm(context: Context) -> None:
    if context.torch_only:
        return
    from bench.gpu import lstm  # needs triton

    if not lstm.works(context.device):
        raise RuntimeError("the LSTM's kernel does not work here")


SECTIONS: Final = (
    Section("device", speed.device, 20),
    Section("lstm", _lstm, 25),
    Section("exactness", exactness.run, 75),
    Section("overlap", overlap.run, 40),
    Section("speed", speed.run, 80),
    Section("parts", speed.parts, 45),
    Section("kernels", _kernels, 60),
    Section("one_pass", speed.one_pass, 40),
    Section("reference", reference.run, 45),
)


def main() -> None:
    names = [section.name for section in SECTIONS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="SECTION")
    parser.add_argument("--tiny", action="store_true", help="a small model and small batches")
    parser.add_argument("--torch", action="store_true", help="PyTorch's operations instead of the kernels")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="where gpu.jsonl is written")
    parser.add_argument("--limit-s", type=float, default=200.0, help="no section starts after so many seconds")
    arguments = parser.parse_args()
    start = time.perf_counter()
    torch.set_num_threads(1)  # a process in which torch has used a second thread cannot fork
    config = checkpoint.TINY if arguments.tiny else checkpoint.REAL
    state = checkpoint.make(config)
    file = arguments.out / "gpu.jsonl"
    file.write_text("", encoding="utf-8")
    print(f"== checkpoint: {_parameters(state):,} parameters, {time.perf_counter() - start:.1f} s", flush=True)
    torch_lstm = False
    for section in _chosen(arguments.only):
        context = Context(
            torch.device(arguments.device),
            arguments.tiny,
            arguments.torch,
            torch_lstm,
            config,
            state,
            file,
            section.name,
        )
        if time.perf_counter() - start > arguments.limit_s:
            print(f"== {section.name}: not started, for the time is up")
        elif not section.execute(context) and section.name == "lstm":
            torch_lstm = True
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    print(json.dumps({"benchmark": "gpu", "wall_s": round(time.perf_counter() - start, 1), "rows": rows}))


def _chosen(names: list[str]) -> list[Section]:
    by_name = {section.name: section for section in SECTIONS}
    return [by_name[name] for name in names]


def _parameters(state: checkpoint.State) -> int:
    return sum(tensor.numel() for tensors in state.values() for tensor in tensors.values())


if __name__ == "__main__":
    main()
