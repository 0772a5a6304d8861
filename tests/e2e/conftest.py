from collections.abc import Iterator

import pytest
from server import Server, running


@pytest.fixture(scope="session")
def tone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers whose speech decodes back into text."""
    with running(tmp_path_factory.mktemp("tone")) as server:
        yield server


@pytest.fixture(scope="session")
def espeak_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What a machine without weights gets: `auto` with no hub within reach."""
    with running(tmp_path_factory.mktemp("espeak"), engine="auto", model_dir="") as server:
        yield server
