"""The reference of all settings."""

from speechd.config import reference
from speechd.config.options import options_of
from speechd.config.settings import Settings


def test_page_has_a_row_for_every_option() -> None:
    rows = [line for line in reference.page().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [option.name for option in options_of(Settings)]


def test_sizes_are_written_in_binary_units() -> None:
    assert "| `max_whole_bytes` | 1 MiB to 16 GiB | 192 MiB |" in reference.page()


def test_options_of_a_group_are_in_one_table() -> None:
    headings = [line for line in reference.page().splitlines() if line.startswith("## ")]
    assert len(set(headings)) == len(headings)
