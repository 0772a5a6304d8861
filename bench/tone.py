"""The tone engine at a set pace, to measure the server with an engine that costs nothing: `--engine bench.tone:paced`.

A slot then speaks exactly 1 / `BENCH_RTF` audio seconds a second, whatever else the machine does.
"""

from __future__ import annotations

import os
from typing import Final

from speechd.engines.tone import ToneEngine

RTF: Final = "BENCH_RTF"
"""The environment's name of the engine's RTF. The engine's own: the server has no setting for it."""


def paced(options: object) -> ToneEngine:
    """Called by the server with its options."""
    return ToneEngine(float(os.environ[RTF]))
