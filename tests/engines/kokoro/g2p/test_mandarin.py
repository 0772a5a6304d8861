"""What is particular to reading Mandarin."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging
logging.basicConfig(level=logging.INFO)
from speechd.engines.kokoro.g2p.mandarin import mandarin_reader
print(mandarin_reader()("你好"))
"""


@pytest.mark.skipif(importlib.util.find_spec("jieba") is None, reason="the extra `zh` is not installed")
def test_reader_is_made_without_a_word(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.strip()
