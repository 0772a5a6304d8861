from __future__ import annotations

import pytest

from speechd.engines.kokoro.g2p.japanese import in_kana


def word(string: str, pron: str, kind: str = "*") -> dict[str, str]:
    return {"string": string, "pron": pron, "pos_group2": kind}


def test_numbers_and_their_counters_are_given_in_kana() -> None:
    words = [
        word("三", "サン"),
        word("匹", "ビキ", "助数詞"),
        word("の", "ノ"),
        word("猫", "ネ’コ"),
        word("と", "ト"),
        word("四日", "ヨッカ"),
    ]
    assert "".join(in_kana(words)) == "サンビキ の猫とヨッカ"


def test_counter_without_a_number_is_a_word() -> None:
    assert "".join(in_kana([word("本", "ホン", "助数詞"), word("を", "ヲ")])) == "本を"


@pytest.mark.parametrize(
    ("written", "phonemes"), [("四時", "joʥi"), ("六百円", "ɾoʔpʲakɯeɴ"), ("二十日", "haʦɨka"), ("八杯", "haʔpai")]
)
def test_counters_sound_as_they_are_said(written: str, phonemes: str) -> None:
    pytest.importorskip("pyopenjtalk", reason="the extra `ja` is not installed")
    from speechd.engines.kokoro.g2p.japanese import japanese_reader

    read = japanese_reader()
    assert read(written).replace(" ", "") == phonemes
