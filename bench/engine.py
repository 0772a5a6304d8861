"""Speed of Kokoro on this machine's CPU: the stock package, speechd's model, and ONNX Runtime where it is installed.

    python -m bench.engine [--quick] [--weights FOLDER] [--onnx MODEL]

The engines are interleaved in one process, so that other work on the machine meets all of them; the best of the rounds
counts. The error is the waveform's from the stock model's, both from the same pitch and excitation. Each engine is then
started in a process of its own, for the time to its first synthesis and its memory, and in two at once, for their sum.
The last line is JSON.

FOLDER: config.json, kokoro-v1_0.pth and voices/*.pt; without it a checkpoint of the real size is made. MODEL: of the
same weights, see bench/export.py; without it one is made where the packages onnx and onnxruntime are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from bench import engine_prosody, results
from speechd.audio.samples import SAMPLE_RATE

LENGTHS: Final = (20, 60, 120, 240, 400)
"""Tokens of one synthesis, without the two pads."""
PROCESS_TOKENS: Final = 120
"""Tokens of a synthesis in a process of its own."""

FAST: Final = {"fast": ("float32", True), "fast bf16": ("bfloat16", True), "fast torch": ("float32", False)}
"""The fast models: dtype, and whether with the compiled kernels."""

Speak = Callable[[Tensor, Tensor], object]
"""Token ids with pads, a voice's row → samples."""


@dataclass(frozen=True, slots=True)
class Row:
    """One engine at one length and thread count. realtime: audio seconds for a second of synthesis; snr_db: None where
    there is nothing to compare."""

    tokens: int
    threads: int
    engine: str
    audio_s: float
    realtime: float
    snr_db: float | None


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One engine in processes of its own.

    first_s: seconds from the start to the first synthesis. peak_mib: memory at most. two_processes: audio seconds a
    second of two at once.
    """

    engine: str
    first_s: float
    peak_mib: float
    two_processes: float


class Files:
    """A folder of weights in the release's layout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "kokoro-v1_0.pth"
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text())

    def state(self) -> dict[str, dict[str, Tensor]]:
        state: dict[str, dict[str, Tensor]] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        return state

    def case(self, count: int) -> tuple[Tensor, Tensor]:
        """`count` token ids between pads, and the row of the first voice for them."""
        pack = torch.load(min((self.folder / "voices").glob("*.pt")), weights_only=True)
        phonemes = torch.tensor(sorted(set(self.config["vocab"].values())))
        chosen = torch.randint(len(phonemes), (count,), generator=torch.Generator().manual_seed(count))
        return torch.nn.functional.pad(phonemes[chosen], (1, 1)), pack[count - 1]


def load(engine: str, files: Files, onnx: Path | None) -> Speak:
    """The engine `engine`. Imports are part of what its start costs, so they are here."""
    if engine == "stock":
        from kokoro.model import KModel

        stock = KModel(repo_id="", config=files.config, model=str(files.checkpoint)).eval()
        return lambda input_ids, style: stock.forward_with_tokens(input_ids[None], style, 1.0)
    if engine == "onnx":
        onnxruntime = importlib.import_module("onnxruntime")  # not among this project's dependencies
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
        names = [node.name for node in session.get_inputs()]
        speed = torch.ones(1).numpy()
        return lambda input_ids, style: session.run(
            None, dict(zip(names, (input_ids[None].numpy(), style.numpy(), speed), strict=True))
        )
    from speechd.engines.kokoro import cpu as fast

    model = fast.load(files.config, files.state(), *FAST[engine])
    return lambda input_ids, style: model(input_ids, style, 1.0, 0)


def compare(files: Files, engines: Sequence[str], lengths: Sequence[int]) -> dict[int, dict[str, float]]:
    """Audio seconds by length, under "", and the SNR in decibels of each fast model among `engines`."""
    from kokoro.model import KModel

    from speechd.engines.kokoro import cpu as fast
    from speechd.engines.kokoro.distance import snr_db
    from speechd.engines.kokoro.stock_reference import Stock

    stock = Stock(KModel(repo_id="", config=files.config, model=str(files.checkpoint)))
    models = {name: fast.load(files.config, files.state(), *FAST[name]) for name in engines if name in FAST}
    found = {}
    for count in lengths:
        input_ids, style = files.case(count)
        spoken = stock.speak(input_ids, style, 1.0)
        found[count] = {"": len(spoken.samples) / SAMPLE_RATE}
        for name, model in models.items():
            found[count][name] = snr_db(spoken.samples, model.waveform(spoken.prosody, style, spoken.excitation))
    return found


def table(speakers: dict[str, Speak], files: Files, known: dict[int, dict[str, float]], rounds: int) -> list[Row]:
    """Rows of all engines and lengths at PyTorch's present thread count."""
    rows = []
    for count, errors in known.items():
        case = files.case(count)
        best = dict.fromkeys(speakers, float("inf"))
        for _ in range(rounds + 1):
            for engine, speak in speakers.items():
                start = time.perf_counter()
                speak(*case)
                best[engine] = min(best[engine], time.perf_counter() - start)
        for engine, least in best.items():
            rows.append(Row(count, torch.get_num_threads(), engine, errors[""], errors[""] / least, errors.get(engine)))
            print(line(rows[-1]), flush=True)
    return rows


def prosody(files: Files, engines: Sequence[str], quick: bool, rounds: int) -> list[engine_prosody.ProsodyRow]:
    """Print the table of what the prosody costs."""
    from speechd.engines.kokoro import cpu as fast

    models = {name: fast.load(files.config, files.state(), *FAST[name]) for name in engines}
    lengths = (20, PROCESS_TOKENS) if quick else engine_prosody.LENGTHS
    rows = engine_prosody.measure(models, files.case, lengths, rounds)
    print(engine_prosody.lines(rows), flush=True)
    return rows


def line(row: Row) -> str:
    error = "" if row.snr_db is None else f"{row.snr_db:.0f} dB"
    return f"{row.threads:7} {row.tokens:6} {row.audio_s:7.2f}  {row.engine:10} {row.realtime:7.2f} x  {error}"


def child(engine: str, files: Files, rounds: int, onnx: Path | None) -> None:
    """Load, speak, print seconds since the start; speak on; print seconds of `rounds` syntheses and MiB at most."""
    start = time.perf_counter()
    torch.set_num_threads(1)
    speak = load(engine, files, onnx)
    case = files.case(PROCESS_TOKENS)
    speak(*case)
    first_s = time.perf_counter() - start
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    for _ in range(rounds):
        speak(*case)
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    peak_mib = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"first_s": first_s, "spoken_s": time.perf_counter() - start, "peak_mib": peak_mib}), flush=True)


def in_processes(engine: str, files: Files, rounds: int, onnx: Path | None, audio_s: float) -> ProcessRow:
    """Two processes, started one after the other and then speaking at once."""
    command = [sys.executable, "-m", "bench.engine", "--weights", str(files.folder), "--child", engine]
    command += ["--rounds", str(rounds), *(["--onnx", str(onnx)] if onnx else [])]
    processes = []
    for _ in range(2):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise SystemExit(f"{engine}: the process ended before it had spoken")
        processes.append(process)
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [json.loads(process.communicate()[0]) for process in processes]
    return ProcessRow(
        engine,
        min(result["first_s"] for result in told),
        max(result["peak_mib"] for result in told),
        sum(rounds * audio_s / result["spoken_s"] for result in told),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two lengths, one round")
    parser.add_argument("--weights", type=Path, help="a folder of weights in the release's layout")
    parser.add_argument("--onnx", type=Path, help="a model for ONNX Runtime (default: exported if it is installed)")
    parser.add_argument("--threads", default="1,2", help="thread counts (default: 1,2)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="torch")  # the stock package's layers are of an older torch
    if options.child:
        return child(options.child, Files(options.weights), options.rounds, options.onnx)
    with tempfile.TemporaryDirectory() as made:
        if options.weights is None:
            print("no --weights: a checkpoint of the real size is made, with random weights", flush=True)
            subprocess.run(
                [sys.executable, "-m", "bench.checkpoint", made, "--real"], check=True, stdout=subprocess.DEVNULL
            )
        files = Files(options.weights or Path(made))
        if options.onnx is None and all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))):
            options.onnx = Path(made, "kokoro.onnx")
            command = [sys.executable, "-m", "bench.export", str(files.folder), str(options.onnx)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        measure(files, options)
    return None


def measure(files: Files, options: argparse.Namespace) -> None:
    """Print the tables, and save them as one result."""
    engines = ["stock", "fast", "fast bf16", "fast torch", *(["onnx"] if options.onnx else [])]
    lengths, rounds = ((20, PROCESS_TOKENS), 1) if options.quick else (LENGTHS, options.rounds)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}")
    print("threads tokens audio s  engine        speed    error")
    known = compare(files, engines, lengths)
    rows = []
    for threads in map(int, options.threads.split(",")):
        torch.set_num_threads(threads)
        rows += table({engine: load(engine, files, options.onnx) for engine in engines}, files, known, rounds)
    audio_s = next(row.audio_s for row in rows if row.tokens == PROCESS_TOKENS)
    print(f"\nengine      first synthesis    memory   2 processes ({PROCESS_TOKENS} tokens)")
    found = []
    for engine in engines:
        found.append(in_processes(engine, files, rounds, options.onnx, audio_s))
        one = found[-1]
        print(f"{engine:10} {one.first_s:13.1f} s {one.peak_mib:8.0f} MiB {one.two_processes:7.2f} x", flush=True)
    spoken = prosody(files, [name for name in engines if name in FAST], options.quick, rounds)
    settings = {"weights": options.weights, "onnx": options.onnx, "threads": options.threads, "rounds": rounds}
    results.publish("engine", settings, [*map(asdict, rows), *map(asdict, found), *map(asdict, spoken)])


if __name__ == "__main__":
    main()
