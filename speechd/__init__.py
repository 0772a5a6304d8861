"""speechd: a speech server with OpenAI's contract around Kokoro-82M.

Speech Dispatcher, through which screen readers speak, has a Python package of the same name. Ours is for an environment
of its own. Where it is installed beside the other all the same, and is found first, it gives what the other has.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import extend_path

__version__ = "0.1.0"

if sys.prefix == sys.base_prefix:  # no virtual environment
    __path__ = extend_path(__path__, __name__)


def __getattr__(name: str) -> object:
    """What the other package has: all of it comes from its module `client`."""
    if len(__path__) > 1 and not name.startswith("__"):
        return getattr(import_module(f"{__name__}.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
