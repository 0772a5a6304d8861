"""The page of the API: whole, and with nothing of elsewhere."""

import re

from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api import docs_page
from speechd.api.error_handlers import HANDLERS
from tests.harness.asgi import Answer, answer, scope, with_context

APP = Starlette(
    routes=[Route("/docs", docs_page.docs), Route("/docs/{name}", docs_page.file)],
    exception_handlers=HANDLERS,
)


def get(path: str, **headers: str) -> Answer:
    made = scope(path=path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with_context(made)
    return answer(APP, made)


def test_page_runs_and_loads_only_what_is_here() -> None:
    page = get("/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    text = page.body.decode()
    assert not re.search(r"https?://|<script>|\son\w+=|\sstyle=", text)
    files = re.findall(r'(?:src|href)="(docs/[^"]+)"', text)
    assert files
    for name in files:  # as of the page's own address, so that it works behind a proxy's path
        assert get(f"/{name}").status == 200


def test_licence_is_there() -> None:
    assert "Apache License" in get("/docs/LICENSE").body.decode()
