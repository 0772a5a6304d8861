from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("john.doe42@example.com", "john dot doe forty-two at example dot com"),
        ("https://www.example.com/path?q=1.", "example dot com slash path question mark q equals one."),
        ("#MachineLearning @john_doe", "hashtag Machine Learning at john doe"),
        ("Python3.11 and HDMI2.1-ready", "Python three point eleven and HDMI two point one ready"),
        ("PM2.5 is up. USD2.50", "PM two point five is up. two U.S. dollars and fifty cents"),
        ("v2.1.3, Python 3.11", "version two point one point three, Python three point eleven"),
        ("report.pdf", "report dot PDF"),
        ("192.168.0.1", "one ninety-two dot one sixty-eight dot zero dot one"),
        ("/etc/hosts", "slash etc slash hosts"),
        ("Edit /etc/nginx/nginx.conf.", "Edit slash etc slash nginx slash nginx dot conf."),
    ],
)
def test_address_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
