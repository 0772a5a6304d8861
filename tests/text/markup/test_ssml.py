from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.errors import InvalidRequest
from speechd.text.markup.marks import PAUSE_LIMIT_S, Mark, Pause, Phonemes, Prosody, Text, Voice
from speechd.text.markup.ssml import MAX_DEPTH, is_ssml, parse_ssml
from speechd.text.markup.ssml_elements import ELEMENTS
from speechd.text.markup.tags import Alias


def marks(inner: str) -> list[Mark]:
    return list(parse_ssml(f"<speak>{inner}</speak>", "en-us").marks)


def text(inner: str) -> str:
    return "".join(mark.text for mark in marks(inner) if isinstance(mark, Text))


def refusal(document: str) -> str:
    with pytest.raises(InvalidRequest) as raised:
        parse_ssml(document, "en-us")
    assert (raised.value.param, raised.value.code) == ("input", "invalid_ssml")
    return raised.value.message


@pytest.mark.parametrize(
    ("inner", "spoken"),
    [
        ("a\n  b &amp; &lt;c&gt; &#233;", "a b & <c> é\n\n"),
        ("<p>a</p><p>b</p>", "a\n\nb\n\n"),
        ("<s>a</s> <s>b</s>", "a\nb\n"),
        ("a<!-- no -->b", "ab\n\n"),
        ("<emphasis level='strong'>a</emphasis> <w>b</w>", "a b\n\n"),
        ("<desc>no</desc>a<metadata><x/>no</metadata>", "a\n\n"),
        ("<amazon:effect name='whispered'>a</amazon:effect>", "a\n\n"),
        ("<sub alias='World Wide'>WW</sub> b", "World Wide b\n\n"),
        ("<say-as interpret-as='characters'>ab 1</say-as>", "A B 1\n\n"),
        ("<say-as interpret-as='telephone'>555</say-as>", "5 5 5\n\n"),
        ("<say-as interpret-as='ordinal'>21</say-as>", "twenty-first\n\n"),
        ("<say-as interpret-as='date' format='mdy'>3/4/2024</say-as>", "3/4/2024\n\n"),
        ("<![CDATA[<b>]]>", "<b>\n\n"),
        ("a 😀 b", "a b\n\n"),
    ],
)
def test_text_is_spoken_as_its_elements_say(inner: str, spoken: str) -> None:
    assert text(inner) == spoken


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("", 0.5),
        ("time='1s'", 1.0),
        ("time='250ms'", 0.25),
        ("time='+.5s'", 0.5),
        ("strength='none'", 0.0),
        ("strength='x-strong'", 1.5),
        ("time='1s' strength='weak'", 1.0),
    ],
)
def test_break_is_a_pause(attributes: str, seconds: float) -> None:
    assert Pause(seconds) in marks(f"a<break {attributes}/>b")


def test_voices_and_languages_hold_until_their_end() -> None:
    changes = [
        mark
        for mark in marks("a<voice name='am_adam'>b<lang xml:lang='fr-CA'>c</lang>d</voice>e")
        if isinstance(mark, Voice)
    ]
    assert changes == [Voice("am_adam"), Voice("am_adam", "fr-fr"), Voice("am_adam"), Voice(None)]


def test_voice_within_another_language_speaks_its_own() -> None:
    assert Voice("ef_dora") in marks("<lang xml:lang='fr'><voice name='ef_dora'>hola</voice></lang>")


@pytest.mark.parametrize(("language", "changes"), [("en-US", []), ("fr", [Voice(None, "fr-fr"), Voice(None)])])
def test_documents_own_language_matters_where_it_is_another(language: str, changes: list[Mark]) -> None:
    read = parse_ssml(f"<speak xml:lang='{language}'>a</speak>", "en-gb").marks
    assert [mark for mark in read if isinstance(mark, Voice)] == changes


def test_alias_brings_its_rate() -> None:
    read = parse_ssml("<speak><voice name='Wolf'>a</voice>b</speak>", "en-us", {"wolf": Alias("am_adam", 0.8)}).marks
    assert [mark for mark in read if not isinstance(mark, Text)] == [
        Voice("am_adam"),
        Prosody(0.8),
        Voice(None),
        Prosody(),
    ]


@pytest.mark.parametrize(
    ("attributes", "prosody"),
    [
        ("rate='slow'", Prosody(0.75)),
        ("rate='80%'", Prosody(0.8)),
        ("rate='1.2'", Prosody(1.2)),
        ("rate='+50%'", Prosody(1.5)),
        ("rate='-50%'", Prosody(0.5)),
        ("volume='silent'", Prosody(1.0, 0.0)),
        ("volume='-20dB' rate='50%'", Prosody(0.5, 0.1)),
        ("volume='50'", Prosody(1.0, 0.5)),
        ("rate='fast' volume='soft' pitch='medium'", Prosody(1.25, 0.5)),
    ],
)
def test_prosody_is_a_rate_and_a_volume(attributes: str, prosody: Prosody) -> None:
    assert [mark for mark in marks(f"<prosody {attributes}>a</prosody>") if isinstance(mark, Prosody)] == [
        prosody,
        Prosody(),
    ]


def test_relative_rate_is_of_the_rate_around_it() -> None:
    inner = marks("<prosody rate='50%'><prosody rate='+50%'>a</prosody></prosody>")
    assert [mark.rate for mark in inner if isinstance(mark, Prosody)] == [0.5, 0.75, 0.5, 1.0]


@pytest.mark.parametrize(
    ("element", "phonemes"),
    [
        ("<phoneme ph='kˈOkəɹO'>Kokoro</phoneme>", Phonemes("Kokoro", "kˈOkəɹO")),
        ("<phoneme alphabet='x-sampa' ph='h@\"l@U'>hello</phoneme>", Phonemes("hello", "həˈləʊ")),
        ("<phoneme ph='a'/>", Phonemes("-", "a")),
    ],
)
def test_phonemes_are_given_to_the_word(element: str, phonemes: Phonemes) -> None:
    assert phonemes in marks(f"say {element} now")


def test_marks_are_where_they_stand_in_the_input() -> None:
    document = "<speak>é<mark name='one'/>b <p>c<mark name='two'/></p></speak>"
    found = parse_ssml(document, "en-us").bookmarks
    assert [(name, document[offset : offset + 5]) for name, offset in found] == [("one", "<mark"), ("two", "<mark")]
    assert found[0].offset < found[1].offset


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("<speak>\n<audio src='x'/></speak>", "line 2: <audio> plays a recording"),
        ("<speak><lexicon uri='x'/></speak>", "<lexicon> names a file"),
        ("<speak>\n\n<shout>a</shout></speak>", "line 3: <shout> is no element"),
        ("<speak>a</speek>", "line 1: no well-formed XML"),
        ("hello", "no well-formed XML"),
        ("<p>a</p>", "<p> the document begins with <speak>"),
        ("<!DOCTYPE speak [<!ENTITY a 'b'>]><speak>&a;</speak>", "document type"),
        ("<speak>&nbsp;</speak>", "undefined entity"),
        ("<speak>" + "<p>" * MAX_DEPTH + "</p>" * MAX_DEPTH + "</speak>", "nested more than"),
        ("<speak><break time='soon'/></speak>", "<break> has a time"),
        (f"<speak><break time='{PAUSE_LIMIT_S + 1}s'/></speak>", "<break> has a time"),
        ("<speak><break strength='hard'/></speak>", "<break> has a time"),
        ("<speak><prosody pitch='high'>a</prosody></speak>", "<prosody> asks for another pitch"),
        ("<speak><prosody rate='9'>a</prosody></speak>", "<prosody> has a rate"),
        ("<speak><prosody volume='+99dB'>a</prosody></speak>", "<prosody> has a volume"),
        ("<speak><voice gender='male'>a</voice></speak>", "<voice> lacks its attribute name"),
        ("<speak><lang>a</lang></speak>", "<lang> lacks its attribute xml:lang"),
        ("<speak><mark/></speak>", "<mark> lacks its attribute name"),
        ("<speak><sub>a</sub></speak>", "<sub> lacks its attribute alias"),
        ("<speak><say-as interpret-as='song'>a</say-as></speak>", "<say-as> interpret-as is one of"),
        ("<speak><phoneme alphabet='arpabet' ph='AA'>a</phoneme></speak>", "<phoneme> has an alphabet"),
        ("<speak><phoneme ph='a/b'>a</phoneme></speak>", "<phoneme> holds a word"),
        ("<speak><sub alias='a'><p>b</p></sub></speak>", "<p> <sub> holds text alone"),
    ],
)
def test_error_names_line_and_element(document: str, says: str) -> None:
    assert says in refusal(document)


@pytest.mark.parametrize(
    ("input", "expected"),
    [
        ("<speak>a</speak>", True),
        ("  <?xml version='1.0'?>\n<!-- hi --><speak version='1.1'>a</speak>\n", True),
        ("<speak>a", False),
        ("<speaker>a</speak>", False),
        ("see <speak>a</speak>", False),
        ("<speak> is a tag", False),
    ],
)
def test_document_is_told_from_text(input: str, expected: bool) -> None:
    assert is_ssml(input) is expected


@settings(deadline=None)
@given(st.lists(st.sampled_from([f"<{name}>" for name in ELEMENTS] + ["a", "&", "</p>", "</s>", "<!--", "]]>"])))
def test_anything_is_read_or_refused(pieces: list[str]) -> None:
    try:
        parse_ssml(f"<speak>{''.join(pieces)}</speak>", "en-us")
    except InvalidRequest as error:
        assert "line" in error.message
