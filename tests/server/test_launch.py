from __future__ import annotations

import os

import pytest

from speechd.server.launch import launch


def test_launch_sets_what_a_process_needs_from_its_start_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "")
    called: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda path, argv, environ: called.append((argv, environ)))
    launch({"port": "99"})
    (argv, environ), *_ = called
    assert argv[1:] == ["-m", "speechd.serve"]
    assert (environ["OMP_NUM_THREADS"], environ["MALLOC_ARENA_MAX"]) == ("7", "2")
    assert "MALLOC_MMAP_THRESHOLD_" not in environ  # empty, glibc would take it for 0
    assert environ["SPEECHD_PORT"] == "99"
    assert environ["PYTHONSAFEPATH"]
