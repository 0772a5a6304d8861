"""Writes the generated parts of the documents: configuration.md, and the tables of api.md. `make docs`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from speechd.api import openapi
from speechd.config import reference

FOLDER: Final = Path(__file__).parent


def pages() -> Mapping[Path, str]:
    """The pages that have generated parts, as they are to be."""
    api = FOLDER / "api.md"
    fields, errors = openapi.markdown().strip().split("\n\n")
    text = _with_part(_with_part(api.read_text(encoding="utf-8"), "fields", fields), "errors", errors)
    return {FOLDER / "configuration.md": reference.page(), api: text}


def _with_part(text: str, name: str, part: str) -> str:
    begin, end = f"<!-- {name}: make docs -->", f"<!-- /{name} -->"
    found = re.fullmatch(rf"(.*{begin}\n).*(\n{end}.*)", text, re.DOTALL)
    if found is None:
        raise ValueError(f"api.md lacks {begin} or {end}")
    return f"{found[1]}\n{part}\n{found[2]}"


def main() -> None:
    """Write them."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
