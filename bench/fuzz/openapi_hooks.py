"""What no schema can say of a body that is to be accepted, for Schemathesis, which imports this module: an input that
is to be SSML is well formed, and has the elements that there are.
"""

from __future__ import annotations

from typing import Any

import schemathesis

from speechd.api.fields import BOOLEANS
from speechd.errors import InvalidRequest
from speechd.text.markup.ssml import parse_ssml


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_case(context: Any, case: Any) -> bool:
    """Whether the case is to be sent."""
    body = case.body
    if not isinstance(body, dict):
        return True
    asked = body.get("ssml")
    meant = BOOLEANS.get(asked.lower()) if isinstance(asked, str) else asked
    texts = [text for name in ("input", "text") if isinstance(text := body.get(name), str)]
    return all(_is_ssml(text) for text in texts if meant or text.lstrip().startswith("<"))


def _is_ssml(text: str) -> bool:
    try:
        parse_ssml(text, "en-us")
    except InvalidRequest:
        return False
    return True
