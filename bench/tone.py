"""The tone engine at a set pace, to measure the server with an engine that costs nothing: `--engine bench.tone:paced`.

A slot then speaks exactly 1 / `BENCH_RTF` audio seconds a second, whatever else the machine does.
"""

from __future__ import annotations

import os
import signal
from typing import Final

from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.tone import ToneEngine

RTF: Final = "BENCH_RTF"
"""The environment's name of the engine's RTF. The engine's own: the server has no setting for it."""


def paced(options: object) -> ToneEngine:
    """Called by the server with its options."""
    return ToneEngine(float(os.environ[RTF]))


class FragileEngine(ToneEngine):
    """Reads as native code may: some texts crash it, others keep it for ever."""

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        if "kaboom" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        while "endless" in text:
            pass
        return super().prepare(text, options)


def fragile(options: object) -> ToneEngine:
    """As `paced`, of an engine that some texts harm."""
    return FragileEngine(float(os.environ[RTF]))
