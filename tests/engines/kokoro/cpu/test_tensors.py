from __future__ import annotations

import pytest
import torch
from torch.nn.utils import weight_norm

from speechd.engines.kokoro.cpu.tensors import Weights


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")  # it is how the stock package makes its layers
def test_convolution_folds_weight_norm() -> None:
    layer = weight_norm(torch.nn.Conv1d(3, 4, 5))
    layer(torch.zeros(1, 3, 5))
    weight, bias = Weights(layer.state_dict(prefix="a.b.")).part("a").convolution("b")
    torch.testing.assert_close(weight, layer.weight.detach())
    assert layer.bias is not None
    torch.testing.assert_close(bias, layer.bias.detach())


def test_names_from_data_parallel_lose_its_prefix() -> None:
    assert "weight" in Weights({"module.weight": torch.zeros(1)})


def test_parts_end_at_the_first_missing_number() -> None:
    tensors = {f"block.{index}.weight": torch.full((1,), index) for index in (0, 1, 10, 3)}
    assert [part.tensor("weight").item() for part in Weights(tensors).parts("block")] == [0, 1]


def test_tensor_or_stands_in_for_what_a_checkpoint_leaves_out() -> None:
    torch.testing.assert_close(Weights({}).tensor_or("weight", 1.0, 2), torch.ones(2))
