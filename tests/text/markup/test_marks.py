from __future__ import annotations

from speechd.text.markup.marks import NEUTRAL, PRONUNCIATION, Phonemes, Prosody, Style, Voice, plain


def test_phonemes_are_written_as_they_are_found() -> None:
    match = PRONUNCIATION.fullmatch(str(Phonemes("Kokoro", "kˈOkəɹO")))
    assert match is not None
    assert match.group("word", "ipa") == ("Kokoro", "kˈOkəɹO")


def test_plain_text_has_the_word_of_a_pronunciation() -> None:
    assert plain("say [Kokoro](/kˈOkəɹO/) now") == "say Kokoro now"


def test_style_is_what_the_last_marks_of_each_kind_ask_for() -> None:
    style = NEUTRAL
    for mark in (Voice("af_bella"), Prosody(rate=2.0, volume=0.5), Voice("af_sky"), Prosody(rate=1.5)):
        style = style.after(mark)
    assert style == Style("af_sky", 1.5, 1.0)
    assert style.after(Voice(None)).after(Prosody()) == NEUTRAL
