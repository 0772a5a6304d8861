"""Files of both pages, as browsers get and keep them."""

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api import docs_page, home_page
from speechd.api.error_handlers import HANDLERS
from speechd.api.page_files import PageFiles
from tests.harness.asgi import Answer, answer, scope, with_context

PAGES = {"home": home_page.FILES, "docs": docs_page.FILES}
APP = Starlette(
    routes=[Route("/home/{name}", home_page.file), Route("/docs/{name}", docs_page.file)],
    exception_handlers=HANDLERS,
)


def get(path: str, **headers: str) -> Answer:
    made = scope(path=path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with_context(made)
    return answer(APP, made)


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, files in PAGES.items() for name in files.names])
def test_file_is_kept_by_browsers_until_it_changes(page: str, name: str) -> None:
    there, file = PAGES[page].file(name), get(f"/{page}/{name}")
    assert (file.status, file.body) == (200, there.content)
    assert file.headers["content-type"].split(";")[0] == there.media_type
    assert "default-src 'none'" in file.headers["content-security-policy"]
    assert (file.headers["x-content-type-options"], file.headers["cache-control"]) == ("nosniff", "no-cache")
    for known in (there.tag, f'"other", W/{there.tag}', "*"):
        again = get(f"/{page}/{name}", if_none_match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", there.tag)
    assert get(f"/{page}/{name}", if_none_match='"other"').status == 200


@pytest.mark.parametrize("files", PAGES.values(), ids=list(PAGES))
def test_files_that_differ_have_tags_that_differ(files: PageFiles) -> None:
    assert len({files.file(name).tag for name in files.names}) == len(files.names) > 5


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("start.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
        ("LICENSE", "text/plain"),
        ("swagger-ui-bundle.js.LICENSE.txt", "text/plain"),
    ],
)
def test_files_have_the_types_that_browsers_want(name: str, media_type: str) -> None:
    assert docs_page.FILES.file(name).media_type == media_type


@pytest.mark.parametrize("name", ["nothing.js", "..", "docs_page.py", "%2e%2e%2fhome_page.py"])
@pytest.mark.parametrize("page", PAGES)
def test_other_files_are_not_given(page: str, name: str) -> None:
    assert get(f"/{page}/{name}").status == 404
