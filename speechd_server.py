"""The command `speechd`, which finds its own package even where another of the same name comes first.

PYTHONPATH may name a folder that has Speech Dispatcher's Python package, which is called speechd, too.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> int:
    """Run the command line; its exit status."""
    folder = Path(__file__).resolve().parent
    found = find_spec("speechd")
    if found is None or found.origin is None or Path(found.origin).resolve().parent.parent != folder:
        sys.path.insert(0, str(folder))
    from speechd.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
