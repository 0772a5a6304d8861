"""The baseline server: what it makes of a text, and that it is one which the comparison can ask."""

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from bench.baseline_server import PASSAGE, app, passages
from bench.checkpoint import make

SENTENCE = "The ferry leaves at noon today."


@pytest.mark.parametrize("count", [1, 8, 9, 40])
def test_passages_are_whole_sentences_that_fit(count: int) -> None:
    found = list(passages(f"{SENTENCE} " * count))
    assert " ".join(found) == " ".join([SENTENCE] * count)
    assert all(passage.endswith(".") and len(passage) <= PASSAGE for passage in found)
    assert len(found) == -(-count // 7)


def test_every_passage_is_spoken(tmp_path: Path) -> None:
    client = TestClient(app(make(tmp_path, voices=("af_heart",))))
    one, sixteen = (
        np.frombuffer(client.post("/v1/audio/speech", json={"input": f"{SENTENCE} " * count}).content, "<i2")
        for count in (1, 16)
    )
    assert np.abs(one).max() > 100
    assert 12 * len(one) < len(sixteen) < 20 * len(one)
