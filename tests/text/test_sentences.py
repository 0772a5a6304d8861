from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.languages.table import LANGUAGES
from speechd.text.sentences import SENTENCE_LIMIT, sentences
from tests.text.strategies import texts


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith went to the U.S. ", "He met J. K. Rowling."],
        ["In the U.S. Army, Gen. Lee paid $3.50. ", "Prices rose 3.5 percent."],
        ["At 5 p.m. on Jan. 5 we left. ", "Then we slept."],
        ["No. 5 is alive. ", "It was no. ", "Then he left."],
        ['"Really?" he asked. ', '"Yes!" ', "(He did.) ", "Good."],
        ["Wait... what? ", "Wait... ", "What?! ", "Yes."],
        ["all lower. ", "so what? ", "yes"],
        ["So do I. ", "He left vitamin C. ", "The rest stayed."],
        ["e.g. this, i.e. that, etc. ", "The end."],
        ["It ended in 2007. ", "Good."],
        ["1. First things first. ", "Good."],
        ["We left at 5 p.m. ", "It's late."],
        ["J. A. Smith and R. E. Lee met. ", "A. Smith left."],
        ["It is 6 ft. ", "The box is 5 mm. ", "That is all."],
        ["Ken Griffey Sr. played in Ft. Worth. ", "He won."],
        ["你好。", "我是谁？", "“很好！”", "完了"],
        ["यह है। ", "वह है॥ ", "तीसरा"],
        ["Wait for 10 mins. ", "Serve. ", "It is 25°C. ", "Beautiful."],
        ["So 5! = 120. ", "It hit at 8 p.m. Wed. night (max. $20). ", "Yes."],
        ["It fell 15 mi. SW of Erbil. ", "It is 5 mi. ", "Walk."],
        ["He is in the dept. ", "The boss came."],
        ["2 lg. eggs, 3 cu. m of air. ", "142 S. Ct. 2228 held. ", "Fed. R. Civ. P. 12."],
        ["Run it on node18.js. ", "Then stop. ", "Use example.com. ", "Click."],
        ["One line\n", "another\n\n", "third"],
        ["1) Wash. ", "2) Dry. ", "3) Fold."],
        ["1) Wash the cups ", "2) Dry the cups ", "3) Put them away"],
        ["a. Wash the cups ", "b. Dry the cups ", "c. Put them away"],
        ["• 4. Wash ", "• 5. Dry"],
        ["Call room 2) or 5) today. ", "Thanks."],
        ["He was . . . well, late. ", "Then he left."],
        ["They agreed. ", ". . . The end came. . . ."],
        ["He said [...] and left [...] at once. ", "Good."],
        ["A 30-lb. bag and a 3-yr. lease cost much. ", "Pay."],
        ["The part No. B71 and the file N°. 77 are here. ", "Look."],
    ],
)
def test_text_falls_into_sentences(expected: list[str]) -> None:
    assert list(sentences("".join(expected), "en-us")) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", ["El Lic. Pastoriza y la Sra. Ruiz viven en EE. UU. ", "La casa es suya."]),
        ("es", ["Compró pan, vino, etc. ", "Luego salió a las 5 p.m. ", "Era tarde."]),
        ("es", ["Me gusta el mar. ", "Vive en la av. Colón. ", "Dijo que no. ", "Hoy es el 3 de mar. 2020."]),
        ("fr-fr", ["M. Le Goff et Mme. Curie parlent. ", "Il a couru 10 m. ", "L'autre dort."]),
        ("fr-fr", ["Voir p. 45, chap. 3, av. J.-C. ", "L'histoire suit."]),
        ("fr-fr", ["Il habite à l'est. ", "Elle part."]),
        ("it", ["Il Sig. Rossi e la Dott.ssa Bianchi, pag. 12, n. 5. ", "Poi basta."]),
        ("it", ["Pane, vino, ecc. ", "La cena è pronta. ", "Disse di no. ", "Fine."]),
        ("pt-br", ["A Profa. Dias e o Sr. Lima vieram. ", "Pão, vinho, etc. ", "Depois saíram."]),
        ("es", ["El lun. 4 de nov. llegó la Lda. Paz al depto. 3. ", "Vino sola."]),
        ("es", ["Vive en la Cra. 9, N°. 41, y la Pdta. habló. ", "Nadie fue."]),
        ("es", ["Compró pan, etc. ", "Pedro salió."]),
        ("it", ["Ecco l'Avv. Neri e lo psicol. Verdi. ", "Parlano."]),
        ("it", ["La staz. meteor. si ferma. ", "Piove."]),
        ("it", ["Pane, olio, ecc. ", "Maria cena."]),
        ("fr-fr", ["Voir art. 7, vol. 2, et le n° 4. ", "Merci."]),
        ("pt-br", ["A Exma. Sra. Reis mora na Al. Itu, apto. 4. ", "Ela saiu."]),
        ("hi", ["डॉ. अमित आए। ", "वे Mr. Smith से मिले। ", "ठीक है।"]),
        ("ja", ["Mr. Smith met Dr. Who. ", "彼は来た。", "終わり。"]),
        ("zh", ["Mr. Smith 来了。", "他说：好。"]),
        ("es", ["Murió en 44 a. C. ", "El imperio cayó. ", "Dejar 30 min. ", "Servir."]),
        ("fr-fr", ["Laisser 30 min. ", "Servir."]),
        ("fr-fr", ["Il a dit : « Non. » ", "Puis il part. ", "« Ah ! » ", "Bon."]),
        ("it", ["Nel sec. XV si ferma. ", "Cuocere 30 min. ", "Servire."]),
        ("xx", ["One. ", "Dr. ", "Two."]),
    ],
)
def test_each_language_has_abbreviations_of_its_own(language: str, expected: list[str]) -> None:
    assert list(sentences("".join(expected), language)) == expected


def test_abbreviation_of_one_language_is_a_word_in_another() -> None:
    text = "Prese il col. Il resto, no."
    assert list(sentences(text, "it")) == ["Prese il col. ", "Il resto, no."]
    assert list(sentences(text, "en-us")) == [text]


def test_text_without_punctuation_is_cut_at_white_space() -> None:
    text = "word " * 1000
    pieces = list(sentences(text, "en-us"))
    assert "".join(pieces) == text
    assert all(len(piece.rstrip()) <= SENTENCE_LIMIT and piece.endswith("word ") for piece in pieces)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, language=st.sampled_from([*LANGUAGES, "xx"]))
def test_sentences_are_the_text(text: str, language: str) -> None:
    pieces = list(sentences(text, language))
    assert "".join(pieces) == text
    assert all(piece and len(piece.rstrip()) <= SENTENCE_LIMIT for piece in pieces)
