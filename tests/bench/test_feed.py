"""The measure of what a front end spends."""

import re
import sys

import pytest

from bench import feed


def test_each_format_is_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        sys, "argv", ["feed", "--formats", "wav,mp3", "--seconds", "1", "--rounds", "1", "--clients", "2"]
    )
    feed.main()
    rows = [re.match(r"(\w+) +([\d.]+) ms", line) for line in capsys.readouterr().out.splitlines()]
    assert [row.group(1) for row in rows if row is not None and float(row.group(2)) > 0] == ["wav", "mp3"]
