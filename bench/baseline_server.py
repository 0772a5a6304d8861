"""The simplest server of Kokoro, for `bench.compare`: the stock package in one process, spoken on the event loop.

    python -m bench.baseline_server --model-dir DIR [--port 9000] [--threads 2]

It is what most servers of this model come down to: passages of a few sentences, 200 before the first of them is spoken,
one request after the other. PCM alone, one voice, no errors.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import torch
import uvicorn
from kokoro.model import KModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from speechd.engines.kokoro.checkpoint import CONFIG, MODEL
from speechd.engines.kokoro.g2p.g2p import G2P
from speechd.machine import available_cores

PASSAGE: Final = 250
"""Characters of whole sentences that are spoken at a time: about 200 tokens, as is usual."""


def passages(text: str) -> Iterator[str]:
    """The sentences of a text, as many together as `PASSAGE` has room for."""
    passage = ""
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        if passage and len(passage) + len(sentence) > PASSAGE:
            yield passage
            passage = ""
        passage = f"{passage} {sentence}".strip()
    yield passage


def app(folder: Path) -> Starlette:
    """The server of the weights in a folder of the release's layout; its voice is the first there."""
    config = json.loads((folder / CONFIG).read_text())
    model = KModel(repo_id="", config=config, model=str(folder / MODEL)).eval()
    pack = torch.load(min((folder / "voices").glob("*.pt")), weights_only=True)
    g2p = G2P(config["vocab"])

    async def speak(input: str) -> AsyncIterator[bytes]:
        for passage in passages(input):
            phonemes = g2p.phonemes(passage, "en-us")
            samples = model(phonemes, pack[len(phonemes) - 1], 1.0)
            yield (32767 * samples).clamp(-32768, 32767).to(torch.int16).numpy().tobytes()

    async def speech(request: Request) -> StreamingResponse:
        body = await request.json()
        return StreamingResponse(speak(body["input"]), media_type="audio/pcm")

    return Starlette(routes=[Route("/v1/audio/speech", speech, methods=["POST"])])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model-dir", type=Path, required=True, help="config.json, kokoro-v1_0.pth, voices/*.pt")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--threads", type=int, default=available_cores(), help="(default: as many as cores)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    uvicorn.run(app(arguments.model_dir), port=arguments.port, log_level="warning")
