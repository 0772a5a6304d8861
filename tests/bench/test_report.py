"""The page of results, and its plots."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench import report
from bench.plot import plot


def result(
    at: str = "2026-01-01T10:00:00+00:00",
    *,
    benchmark: str = "load",
    rows: Sequence[Mapping[str, object]] = (),
    cpu: str = "Z80",
    engine: str = "tone",
) -> dict[str, object]:
    machine = {"cpu": cpu, "cores": 2}
    return {
        "benchmark": benchmark,
        "at": at,
        "machine": machine,
        "versions": {},
        "settings": {"engine": engine},
        "commit": "abc",
        "rows": list(rows),
    }


def level(level: int, **figures: object) -> dict[str, object]:
    return {"level": level, "ttfa_p50_s": 0.1, "errors": {}} | figures


def figures_of(page: str) -> list[ET.Element]:
    return [ET.fromstring(figure) for figure in re.findall("<figure>.*?</figure>", page)]


def title(figure: ET.Element) -> str | None:
    return figure.findtext(".//text[@class='title']")


def places(figure: ET.Element, name: str) -> list[float]:
    """Where the circles of a figure are, across (cx) or down (cy)."""
    return [float(circle.attrib[name]) for circle in figure.findall(".//circle")]


def titles(page: str) -> list[str | None]:
    return [title(figure) for figure in figures_of(page)]


def test_plot_draws_every_line_and_names_it() -> None:
    figure = ET.fromstring(plot("RTF <p99>", {"a & b": [(1, 2.0), (2, 4.0)], "c": [(1, 1.0)], "d": []}, across="x"))
    assert len(figure.findall(".//polyline")) == 2
    assert [span[0].tail for span in figure.findall(".//span")] == ["a & b", "c"]
    assert title(figure) == "RTF <p99>"


def test_plot_of_nothing_is_nothing() -> None:
    assert plot("x", {"a": []}, across="x") == ""


@pytest.mark.parametrize("values", [[0.0, 0.0], [-3.0, 5.0], [1e-9, 1e-9], [1e9, 5.0], [-2.0, -1.0]])
def test_plot_keeps_every_point_inside(values: list[float]) -> None:
    figure = ET.fromstring(plot("x", {"": list(enumerate(values))}, across="x"))
    assert len(places(figure, "cx")) == len(values)
    assert all(0 < x < 480 for x in places(figure, "cx"))
    assert all(0 < y < 240 for y in places(figure, "cy"))


def test_wide_axis_counts_doublings() -> None:
    figure = ET.fromstring(plot("x", {"": [(1, 1.0), (16, 1.0), (256, 1.0)]}, across="x"))
    left, middle, right = places(figure, "cx")
    assert middle == pytest.approx((left + right) / 2)


def test_one_result_is_plotted_by_its_levels_alone() -> None:
    assert titles(report.page([result(rows=[level(1), level(2)])])) == ["ttfa_p50_s"]


def test_several_results_are_plotted_together_and_over_time() -> None:
    page = report.page([result(rows=[level(1)]), result("2026-01-02T10:00:00+00:00", rows=[level(1)])])
    assert titles(page) == ["ttfa_p50_s", "ttfa_p50_s, median, over time"]
    together, over_time = figures_of(page)
    assert len(together.findall(".//polyline")) == 2
    assert len(over_time.findall(".//polyline")) == 1
    assert len(over_time.findall(".//circle")) == 2


def test_machines_and_engines_are_lines_of_their_own_over_time() -> None:
    page = report.page([result(rows=[level(1)]), result(rows=[level(1)], cpu="6502", engine="espeak")])
    _, over_time = figures_of(page)
    assert len(over_time.findall(".//polyline")) == 2
    assert "tone · Z80" in page


def test_rows_that_were_not_asked_for_are_left_out() -> None:
    row = {"sweep": "hour", "payload": "small", "allocator": "glibc", "requests": 1, "pss_mib": 1.0}
    rows = [row | {"when": "load"}, row | {"when": "rest", "requests": 2}]
    [figure] = figures_of(report.page([result(benchmark="memory", rows=rows)]))
    assert len(figure.findall(".//circle")) == 1


def test_page_needs_no_network_and_escapes_what_it_shows() -> None:
    page = report.page([result(benchmark="<b>own</b>", rows=[{"name": "<script>"}])])
    assert "<b>own" not in page
    assert "<script" not in page
    assert "http" not in page


def test_parts_of_a_row_are_rows() -> None:
    rows = [{"times": [{"start": 1, "ready_s": 2.0}], "memory": []}]
    assert "ready_s" in titles(report.page([result(benchmark="startup", rows=rows)]))


def test_file_that_is_no_result_is_named_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(result()))
    for name, content in (("b", "{}"), ("c", "[]"), ("d", "{")):
        (tmp_path / f"{name}.json").write_text(content)
    assert len(list(report.load([tmp_path]))) == 1
    assert capsys.readouterr().err.count("is no result") == 3


def test_report_is_written_beside_the_results(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results.mkdir()
    (results / "a.json").write_text(json.dumps(result(rows=[level(1)])))
    monkeypatch.setattr("sys.argv", ["report"])
    report.main()
    assert "1 results" in capsys.readouterr().out
    assert "<svg" in (results / "report.html").read_text()
