"""What the stress runs judge by."""

import numpy as np

from bench import texts
from bench.stress import sharing
from bench.stress.checks import judged
from speechd.audio.samples import pcm16
from speechd.engines.tone import encode


def test_result_names_the_claims_that_do_not_hold() -> None:
    result = judged({"kills": 3}, memory_flat=True, bound_held=False)
    assert (result.passed, result.failures) == (False, ["bound held"])
    assert judged({}, memory_flat=True).passed


def test_long_tone_is_decoded_whole_piece_by_piece() -> None:
    text = "".join(next(texts.varied(seed)) for seed in range(3))
    samples = encode(text.encode())
    assert len(list(sharing._pieces(np.frombuffer(pcm16(samples), "<i2")))) > 2
    assert sharing._decoded(pcm16(samples)) == text


def test_texts_are_the_same_for_the_same_seed_and_vary() -> None:
    first, again, other = (texts.varied(seed) for seed in (1, 1, 2))
    drawn = [next(first) for _ in range(50)]
    assert drawn == [next(again) for _ in range(50)] != [next(other) for _ in range(50)]
    lengths = [len(text) for text in drawn]
    assert min(lengths) < 100 < 500 < max(lengths) < texts.LONGEST + 110
