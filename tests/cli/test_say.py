"""`speechd say`."""

import io
import signal
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.cli import main as cli
from speechd.encoders import FORMATS
from speechd.engines.base import Segment
from speechd.engines.registry import LoadedEngine
from speechd.engines.tone import ToneEngine, decode


def spoken(path: Path) -> str:
    """What the tone engine said in a WAV file."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / np.float32(32767)
    return decode(samples)


@pytest.mark.parametrize("format", FORMATS)
def test_file_has_the_format_of_its_suffix(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"hello.{format}"
    assert cli.main(["say", "Good morning.", "-o", str(path), "--engine", "tone"]) == 0
    if format in (least := {"pcm": 24_000, "ulaw": 4_000, "alaw": 4_000}):
        assert len(path.read_bytes()) > least[format]
        return
    with av.open(str(path)) as container:
        assert sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0)) > 0.5


def test_text_is_read_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe."))
    path = tmp_path / "pipe.wav"
    assert cli.main(["say", "-o", str(path), "--engine", "tone"]) == 0
    assert path.stat().st_size > 24_000


def test_audio_is_written_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["say", "Good morning.", "-o", "-", "--format", "wav", "--engine", "tone"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"RIFF")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["x", "-o", "a.xyz"], 2, "--format"),
        (["x", "-o", "a.mp3", "--voice", "nobody"], 2, "nobody"),
        (["x", "-o", "a.mp3", "--speed", "9"], 2, "--speed"),
        (["x", "-o", "nowhere/a.mp3"], 2, "nowhere/a.mp3"),
        (["x", "-o", ".", "--format", "wav"], 2, "--output"),
        (["...", "-o", "a.mp3"], 2, "nothing"),
        (["x", "-o", "a.mp3", "--engine", "kokoro", "--model-dir", "nowhere"], 1, "nowhere"),
    ],
)
def test_wrong_call_says_what_to_do_and_leaves_no_file(
    arguments: list[str],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["say", "--engine", "tone", *arguments]) == status
    assert said in capsys.readouterr().err
    assert list(tmp_path.glob("*.mp3")) == []


def test_explain_shows_passages_and_pauses_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = tmp_path / "names.toml"
    names.write_text('[pronunciations.en-us]\ngif = "jif"\n[voices]\nteller = "af_heart"\n')
    text = "A gif costs $5. [pause:2s] Bye."
    assert cli.main(["say", text, "--explain", "--engine", "espeak", "--names", str(names), "--voice", "teller"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith("phonemes")] == [
        "sentence  A jif costs five dollars.",
        "pause     2 s",
        "paragraph Bye.",
    ]
    assert sum(line.startswith("phonemes") for line in lines) in (0, 2)
    assert list(tmp_path.iterdir()) == [names]


def test_output_is_needed_where_nothing_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["say", "x", "--engine", "tone"]) == 2
    assert "--output" in capsys.readouterr().err


def test_file_is_read_where_the_argument_names_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, path = tmp_path / "book.txt", tmp_path / "book.wav"
    book.write_text("It was a dark and stormy night.", encoding="utf-8-sig")
    assert cli.main(["say", str(book), "-o", str(path), "--engine", "tone"]) == 0
    assert "reading" in capsys.readouterr().err
    assert spoken(path) == "It was a dark and stormy night."


def test_option_takes_a_file_of_any_name(tmp_path: Path) -> None:
    book, path = tmp_path / "a book", tmp_path / "book.wav"
    book.write_text("Chapter one.", encoding="utf-16")
    assert cli.main(["say", "--file", str(book), "-o", str(path), "--engine", "tone"]) == 0
    assert spoken(path) == "Chapter one."


def test_word_that_is_no_file_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for words in ("docs", "and/or", "hello"):
        assert cli.main(["say", words, "-o", "x.wav", "--engine", "tone"]) == 0
        assert spoken(tmp_path / "x.wav").rstrip(".")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobook.txt"], "there is no file 'nobook.txt'"),
        (["chapters/one.md"], "there is no file"),
        (["--file", "nobook"], "cannot be read: No such file"),
        (["--file", "."], "cannot be read: Is a directory"),
        (["book.pdf"], "holds no text in UTF-8"),
        (["hello", "--file", "book.pdf"], "--file takes the place of the text"),
    ],
)
def test_what_cannot_be_read_is_not_spoken_by_its_name(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.pdf").write_bytes(b"%PDF-1.7\n\xe2\xe3\xcf\xd3\0")
    assert cli.main(["say", *arguments, "-o", "x.wav", "--engine", "tone"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x.wav").exists()


class Fails(ToneEngine):
    """Breaks after some segments, as told."""

    def __init__(self, breaks: Callable[[], object], after: int) -> None:
        super().__init__()
        self._breaks, self._left = breaks, after

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        if not self._left:
            self._breaks()
        self._left -= 1
        return super().synthesize(segments)


def fail() -> None:
    raise RuntimeError("as asked")


@pytest.mark.parametrize("format", ["wav", "mp3", "flac"])
@pytest.mark.parametrize(("breaks", "is_error"), [(lambda: signal.raise_signal(signal.SIGINT), False), (fail, True)])
def test_what_was_spoken_before_the_end_is_kept_and_can_be_played(
    format: str,
    breaks: Callable[[], object],
    is_error: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine = LoadedEngine(Fails(breaks, after=2))
    monkeypatch.setattr("speechd.engines.registry.create", lambda name, options: engine)
    call = [
        "say",
        "This sentence is one of a great many in this long book. " * 100,
        "-o",
        str(tmp_path / f"a.{format}"),
    ]
    if is_error:
        with pytest.raises(RuntimeError, match="as asked"):
            cli.main(call)
    else:
        assert cli.main(call) == 130
    kept = tmp_path / f"a.part.{format}"
    assert list(tmp_path.iterdir()) == [kept]
    told = capsys.readouterr().err
    assert f"% of the text) are kept in {kept}" in told
    with av.open(str(kept)) as container:
        assert sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0)) > 2


def test_interrupt_before_any_speech_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LoadedEngine(Fails(fail, after=0))
    monkeypatch.setattr("speechd.engines.registry.create", lambda name, options: engine)
    with pytest.raises(RuntimeError, match="as asked"):
        cli.main(["say", "Hello.", "-o", str(tmp_path / "a.mp3")])
    assert list(tmp_path.iterdir()) == []


def test_audio_is_in_the_file_before_all_of_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def look() -> None:
        sizes.extend(path.stat().st_size for path in tmp_path.iterdir())

    engine = LoadedEngine(Fails(look, after=4))
    monkeypatch.setattr("speechd.engines.registry.create", lambda name, options: engine)
    text = "This sentence is one of a great many in this long book. " * 100
    assert cli.main(["say", text, "-o", str(tmp_path / "a.pcm")]) == 0
    assert sizes[0] > 4 * 24_000
