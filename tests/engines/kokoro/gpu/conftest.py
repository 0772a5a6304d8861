from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.harness.synthetic_batch import SyntheticBatches


@pytest.fixture(scope="session")
def made() -> SyntheticBatches:
    return SyntheticBatches(seed=0)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
