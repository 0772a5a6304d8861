from __future__ import annotations

import pytest
import torch

from tests.harness import arm
from tests.harness.synthetic_model import SyntheticModel


@pytest.fixture(scope="session")
def small() -> SyntheticModel:
    """4 steps of each half frame instead of 60."""
    return SyntheticModel((2, 2), seed=0)


@pytest.fixture(scope="session")
def real() -> SyntheticModel:
    """The real upsampling."""
    return SyntheticModel((10, 6), seed=1)


@pytest.fixture(scope="session")
def arm_kernels(tmp_path_factory: pytest.TempPathFactory) -> arm.ArmKernels:
    return arm.build(tmp_path_factory.mktemp("arm"))


@pytest.fixture(autouse=True)
def one_thread() -> object:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
