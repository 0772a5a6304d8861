from __future__ import annotations

import pytest

from speechd.text.normalization.mandarin import rules
from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("共有45,678人", "共有四万五千六百七十八人"),
        ("€30和¥1,250.5", "三十欧元和一千二百五十点五元"),
        ("增长12%", "增长百分之十二"),
        ("价格￥1,234.50元", "价格一千二百三十四点五零元"),
        ("版本2.0.1很好", "版本二点零点一很好"),
        ("250g面粉，60W灯", "两百五十克面粉,六十瓦灯"),
        ("比分5:4，3月", "比分五比四,三月"),
        ("时间是18:05", "时间是十八点零五分"),
        ("2031-03-09", "二零三一年三月九日"),
        ("零下-8°C", "零下负八摄氏度"),
        ("GPT-4很好", "GPT 四很好"),
        ("比分4:2", "比分四比二"),
        ("1" * 20, "一" * 20),
        ("2008.08.08", "二零零八年八月八日"),
    ],
)
def test_written_form_is_spoken(written: str, spoken: str) -> None:
    pytest.importorskip("wetext", reason="the extra `zh` is not installed")
    assert normalize(written, "zh") == spoken


def test_without_the_extra_the_digits_are_left_to_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_normalizer", lambda: None)
    assert normalize("共有45,678人", "zh") == "共有45678人"


def test_text_on_which_wetext_fails_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __init__(self, **_: str) -> None:
            pass

        def normalize(self, text: str) -> str:
            raise RuntimeError(text)

    wetext = pytest.importorskip("wetext", reason="the extra `zh` is not installed")
    monkeypatch.setattr(wetext, "Normalizer", Failing)
    rules._normalizer.cache_clear()
    assert normalize("共有5人", "zh") == "共有5人"
    rules._normalizer.cache_clear()


def test_every_piece_of_a_long_text_is_read() -> None:
    pytest.importorskip("wetext", reason="the extra `zh` is not installed")
    assert normalize("有3只猫和狗" * 40, "zh") == "有三只猫和狗" * 40


@pytest.mark.parametrize("text", ["1" * 400, "一1" * 300, "1," * 200, "a1 " * 200, "很" * 500, "1:" * 300 + "。" * 9])
def test_wetext_gets_little_at_once_and_all_of_it(text: str) -> None:
    chunks = rules._CHUNKS.findall(text)
    assert "".join(chunks) == text
    assert max(map(len, chunks)) <= rules.CHUNK
