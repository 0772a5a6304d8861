"""`speechd say`."""

import io
from pathlib import Path

import av
import pytest

from speechd.cli import main as cli
from speechd.encoders import FORMATS


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
