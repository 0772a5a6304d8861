from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A4, M4A, 3D, 4K", "A-four, M-four-A, three-D, four-K"),
        ("B2B, F-16, COVID-19", "B-two-B, F-sixteen, COVID-nineteen"),
        ("CO2, H2O, H2SO4, CO₂", "C-O-two, H-two-O, H-two-S-O-four, C-O-two"),
        ("Fe2O3, NaCl", "F-E-two-O-three, N.A.C.L"),
        ("Boeing 747, Room 101", "Boeing seven forty-seven, Room one oh one"),
        ("(555) 123-4567", "five five five, one two three, four five six seven"),
        ("+1 555 123 4567", "plus one, five five five, one two three, four five six seven"),
        ("555-0123", "five five five, oh one two three"),
        ("MP3s", "M-P-threes"),
        ("up +0.87%", "up plus zero point eight seven percent"),
        ("the post-9/11 world", "the post-nine eleven world"),
        ("No. 21-1484", "number twenty-one, fourteen eighty-four"),
        ("Apt. #4B", "Apartment number four-B"),
        ("a 10k race", "a ten K race"),
        ("555-123-4567 x890", "five five five, one two three, four five six seven extension eight hundred ninety"),
        ("a .285 average", "a two eighty-five average"),
        ("RFC 2616, the Xbox 360", "RFC twenty-six sixteen, the Xbox three sixty"),
        (
            "a 401k, 2x4s, a 2:1 degree, ring 999",
            "a four oh one K, two by fours, a two one degree, ring nine nine nine",
        ),
        ("(888) 555-HELP", "eight eight eight, five five five, HELP"),
        ("Opus 27/2", "Opus twenty-seven number two"),
        ("9400 1000 0000 0000 22", "nine four oh oh, one oh oh oh, oh oh oh oh, oh oh oh oh, two two"),
        (
            "order (#112-3456789-0123456)",
            "order (number one one two, three four five six seven eight nine, oh one two three four five six)",
        ),
    ],
)
def test_code_or_phone_number_is_spelled(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("zip code is 60614", "zip code is six oh six one four"),
        ("order 5521-88, order #77-3", "order five five two one dash eight eight, order number seven seven dash three"),
        ("Call 206.555.0188", "Call two oh six, five five five, oh one eight eight"),
        ("911 people, call 911", "nine hundred eleven people, call nine one one"),
        ("ISBN 0-19-852663-6", "ISBN oh, one nine, eight five two six six three, six"),
        ("07911 123456", "oh seven nine one one, one two three four five six"),
        ("400-1200 words", "four hundred to one thousand two hundred words"),
        ("serial number K4471", "serial number K four four seven one"),
        ("5500 1234 5678 9000", "five five oh oh, one two three four, five six seven eight, nine oh oh oh"),
        ("John 3:16, Luke 2:1-5", "John three sixteen, Luke two one to five"),
        ("0x2F", "zero X two F"),
        ("1-800-FLOWERS", "one, eight hundred, FLOWERS"),
        ("P.O. Box 4410", "P.O. Box four four one oh"),
        ("50-50", "fifty-fifty"),
    ],
)
def test_number_that_names_something_is_read_digit_by_digit(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
