from collections.abc import Iterator

import pytest

from tests.harness.server import Server, running


@pytest.fixture(scope="session")
def tone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers whose speech decodes back into text."""
    with running(tmp_path_factory.mktemp("tone")) as server:
        yield server
