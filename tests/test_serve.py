from __future__ import annotations

import pytest

from speechd import serve
from speechd.errors import EngineUnavailable


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (EngineUnavailable("no weights"), 1)])
def test_server_that_is_not_prepared_ends_without_a_traceback(
    error: BaseException, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(settings: object) -> None:
        raise error

    monkeypatch.setattr(serve, "prepare", prepare)
    monkeypatch.setattr(serve, "configure_server", lambda level, json: None)
    with pytest.raises(SystemExit) as exit:
        serve.main()
    assert exit.value.code == status
    assert [record.getMessage() for record in caplog.records] == ([str(error)] if str(error) else [])
