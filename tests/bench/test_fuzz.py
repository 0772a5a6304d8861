"""The fuzzers: they find what is wrong, and nothing is in the first hundreds of texts and connections."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain
from pathlib import Path

import pytest

from bench.fuzz import http, live, openapi
from bench.fuzz import text as fuzzer
from bench.fuzz.length import Length, add_length
from bench.fuzz.reader import expected, letters
from bench.fuzz.text import Case, Reader, shortened
from bench.fuzz.texts import LENGTH, text
from bench.server import Server


def test_nothing_is_wrong_with_how_texts_are_read(capfd: pytest.CaptureFixture[str]) -> None:
    status = fuzzer.main(["--count", "600", "--seed", "7"])
    written = capfd.readouterr().out
    assert status == 0, written
    assert "600 texts" in written


def test_nothing_is_wrong_with_how_connections_are_answered(capfd: pytest.CaptureFixture[str]) -> None:
    status = http.main(["--count", "300", "--seed", "7"])
    written = capfd.readouterr().out
    assert status == 0, written
    assert "300 connections" in written


def test_nothing_is_wrong_with_how_text_is_read_that_is_still_being_written(capfd: pytest.CaptureFixture[str]) -> None:
    status = live.main(["--count", "150", "--seed", "7"])
    written = capfd.readouterr().out
    assert status == 0, written
    assert "150 texts" in written


@pytest.mark.parametrize(
    ("length", "count"), [(Length(count=3), 3), (Length(60.0, count=3), 3), (Length(0.0), 0), (Length(0.0, count=3), 0)]
)
def test_run_ends_with_its_time_or_its_last_case(length: Length, count: int) -> None:
    assert list(length.numbers()) == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("arguments", "length"),
    [
        ([], Length(60.0)),
        (["--count", "3"], Length(count=3)),
        (["--seconds", "5"], Length(5.0)),
        (["--seconds", "5", "--count", "3"], Length(5.0, 3)),
    ],
)
def test_run_has_a_minute_unless_it_is_told_otherwise(arguments: list[str], length: Length) -> None:
    parser = ArgumentParser()
    add_length(parser)
    assert Length.of(parser.parse_args(arguments)) == length


def test_sentence_that_comes_too_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = live.Case("en-us", ("See [this. And", " that](http://a.b)."))
    assert live.wrong(case) == ""
    monkeypatch.setattr("speechd.text.live_text.unclosed", len)
    assert live.wrong(case) != ""


class Rude(BaseHTTPRequestHandler):
    """Answers what may not be answered, to whatever it understands."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(b"HTTP/1.1 500 Oops\r\n\r\n")
        self.close_connection = True

    def log_message(self, format: str, *rest: object) -> None:
        pass


def test_answer_that_means_a_fault_is_a_find(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Rude) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        draw, seen = random.Random(1), Counter[str]()
        with subprocess.Popen(["true"]) as process:
            rude = Server(process, server.server_port, tmp_path / "log")
        finds = list(chain.from_iterable(http._one(rude, draw, seen) for _ in range(100)))
        server.shutdown()
    assert any("answered b'HTTP/1.1 500" in find for find in finds)


def test_texts_are_the_same_for_the_same_seed_and_short() -> None:
    first, again, other = (random.Random(seed) for seed in (1, 1, 2))
    drawn = [text(first) for _ in range(200)]
    assert drawn == [text(again) for _ in range(200)] != [text(other) for _ in range(200)]
    assert max(map(len, drawn)) <= LENGTH


def test_letters_are_compared_in_the_spoken_form() -> None:
    assert expected("It is 5 km. [pause:1s] Done!", "en-us") == letters("It is five kilometers. Done!")


class Doomed(Reader):
    """Wrong wherever the text holds an x and a y."""

    def __init__(self) -> None:
        self.known = {"tone": ["es"]}

    def start(self) -> None:
        pass

    def wrong(self, case: Case) -> str:
        return "dies of SIGSEGV" if "x" in case.text and "y" in case.text else ""


def test_find_is_shortened() -> None:
    assert shortened(Doomed(), Case("tone", "es", "abcdexfghyij"), "dies of SIGSEGV").text == "xy"


def test_find_is_printed_and_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(fuzzer, "text", lambda draw: f"axy{draw.random()}")
    assert fuzzer.fuzz(Doomed(), Length(60.0), 3, most=2) == 2
    written = capsys.readouterr().out
    assert "seed 3, text 2: tone es dies of SIGSEGV" in written
    assert "'xy'" in written


def test_death_of_the_reader_is_a_find_and_the_next_text_is_read(tmp_path: Path) -> None:
    reader = Reader(tmp_path, ["tone"])
    try:
        reader.start()
        case = Case("tone", "es", "hola")
        assert reader.wrong(case) == ""
        assert reader._process is not None
        os.kill(reader._process.pid, signal.SIGSEGV)
        assert reader.wrong(case) == "dies of SIGSEGV"
        assert reader.wrong(case) == ""
    finally:
        reader.close()


@pytest.mark.parametrize("status", [0, 1])
def test_schemathesis_is_run_against_each_engine_and_its_status_told(tmp_path: Path, status: int) -> None:
    program, told = tmp_path / "schemathesis", tmp_path / "told"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, sys, urllib.request\n"
        "schema = urllib.request.urlopen(sys.argv[2]).read().decode()\n"
        f"print(schema, *sys.argv, os.environ['SCHEMATHESIS_HOOKS'], file=open({str(told)!r}, 'a'))\n"
        f"sys.exit({status})\n"
    )
    program.chmod(0o755)
    assert openapi.main(["--engines", "tone,tone", "--schemathesis", str(program)]) == status
    runs = told.read_text().splitlines()
    assert len(runs) == 2
    assert all('"openapi":"3.1.0"' in run and "--checks=all" in run and "openapi_hooks" in run for run in runs)
