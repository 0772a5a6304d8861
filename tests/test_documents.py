"""The documents: what they say of the code is true of it, and their links lead somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from speechd.engines.kokoro.voices import OPENAI_NAMES, catalogue
from speechd.text.normalization.normalize import normalize

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MAPS = [ROOT / "docs/architecture.md", ROOT / "docs/glossary.md"]
README = ROOT / "README.md"

MAX_WORDS = 700
MAX_SENTENCE_WORDS = 25


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> Iterator[str]:
    """The paragraphs, list items and table cells of a document, without code and markup."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:[*#]+|\d+\.) ", "\n\n", text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\|", text):
        if words := " ".join(block.replace("*", "").split()):
            yield words


def rows(path: Path, heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without their heads."""
    section = path.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_generated_parts_are_the_present_ones() -> None:
    stale = [name_of(path) for path, text in generate.pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: make docs"


def test_readme_is_read_in_five_minutes() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= MAX_WORDS


def test_sentences_of_the_readme_are_short() -> None:
    sentences = [sentence for words in prose(README) for sentence in re.split(r"(?<=[.!?:])\s", words)]
    assert len(sentences) > 50
    assert [sentence for sentence in sentences if len(sentence.split()) > MAX_SENTENCE_WORDS] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!https?://)([^)]+)\)", text)
    for file, _, anchor in (link.partition("#") for link in links):
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), file
        assert not anchor or anchor in anchors(target), f"{file}#{anchor}"


@pytest.mark.parametrize("path", MAPS, ids=name_of)
def test_files_that_are_named_exist(path: Path) -> None:
    named = re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|md|toml|yml|yaml|inl|h|cpp)|(?:[\w.]+/)+)`", path.read_text())
    assert len(named) > 50
    missing = [name for name in dict.fromkeys(named) if not any((ROOT / at / name).exists() for at in ("", "speechd"))]
    assert missing == []


def members(source: str) -> Iterator[tuple[str, str]]:
    """The classes of a module, each with the names in it, those of its objects among them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            for each in ast.walk(node):
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node.name, each.name
                elif isinstance(each, ast.Name | ast.Attribute) and isinstance(each.ctx, ast.Store):
                    yield node.name, each.id if isinstance(each, ast.Name) else each.attr


def test_members_that_are_named_exist() -> None:
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", (ROOT / "docs/architecture.md").read_text())
    assert len(named) > 20
    there = {member for file in (ROOT / "speechd").rglob("*.py") for member in members(file.read_text())}
    assert sorted({*named} - there) == []


def test_voices_in_the_table_are_those_that_can_be_asked_for() -> None:
    table = {
        (id, gender, re.findall(r"`([^`]+)`", codes)[0])
        for _, codes, female, male in rows(ROOT / "docs/voices.md", "Kokoro's")
        for gender, ids in (("female", female), ("male", male))
        for id in re.findall(r"`(\w+)`", ids)
    }
    assert table == {(voice.id, voice.gender, voice.language) for voice in catalogue()}


def test_voices_behind_openais_names_are_those_of_the_table() -> None:
    cells = [cell for row in rows(ROOT / "docs/voices.md", "OpenAI's names") for cell in row if cell]
    names = [cell.strip("`") for cell in cells]
    assert dict(zip(names[::2], names[1::2], strict=True)) == dict(OPENAI_NAMES)


@pytest.mark.parametrize(
    ("written", "spoken"), [row for row in rows(ROOT / "docs/text.md", "Numbers and signs") if len(row) == 2]
)
def test_text_is_spoken_as_documented(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [row for row in rows(ROOT / "docs/text.md", "Numbers and signs") if len(row) == 3],
)
def test_text_of_other_languages_is_spoken_as_documented(language: str, written: str, spoken: str) -> None:
    assert normalize(written, language.strip("`")) == spoken
