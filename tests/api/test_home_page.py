"""The page at `/`: whole, with nothing of elsewhere, and links for programs."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from speechd.api import home_page, paths
from speechd.api.error_handlers import HANDLERS
from speechd.api.middleware import middleware
from speechd.api.routes import home_routes
from speechd.config.settings import Settings
from tests.harness.asgi import Answer, answer, scope, with_context

FILES = home_page.FILES
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NAMES = FILES.names
TEXTS = {name: FILES.file(name).content.decode() for name in NAMES}
VOID = {"meta", "link", "input", "img", "br"}
SVG = "http://www.w3.org/2000/svg"


def get(
    path: str,
    headers: dict[str, str] | None = None,
    page: str = "yes",
    around: Sequence[Middleware] = (),
) -> Answer:
    made = scope(path=path, headers=headers)
    with_context(made)
    return answer(Starlette(routes=home_routes(page), middleware=around, exception_handlers=HANDLERS), made)


class Document(HTMLParser):
    """What is in a page: ids, references and faults."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.files: list[str] = []
        self.references: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.files += [given[name] for name in ("src", "href") if name in given and tag != "a"]
        self.references += [given[name] for name in ("for", "aria-labelledby", "aria-describedby") if name in given]
        self.references += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        if tag == "a" and "href" in given and given["href"].startswith("/"):
            self.faults.append(f"{given['href']} leaves the path that a proxy has put before it")
        self.faults += [f"{name} in <{tag}>" for name in given if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)


DOCUMENT = Document(TEXTS["index.html"])


def test_browser_gets_the_page_under_a_policy_without_holes() -> None:
    page = get("/", HTML)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["vary"] == "Accept"
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    sources = " ".join(value for name, value in policy.items() if name.endswith("-src"))
    assert set(sources.split()) == {"'none'", "'self'", "blob:"}


@pytest.mark.parametrize("headers", [{}, {"accept": "*/*"}, {"accept": "application/json"}])
def test_program_gets_links(headers: dict[str, str]) -> None:
    told = get("/", headers)
    assert (told.status, told.headers["content-type"], told.headers["vary"]) == (200, "application/json", "Accept")
    links = told.json()["links"]
    assert {paths.OPENAPI, paths.HEALTH, paths.VOICES, paths.SPEECH, "/docs"} <= set(links.values())


def test_links_of_the_page_are_not_its_json() -> None:
    page, told = get("/", HTML), get("/")
    assert "etag" not in told.headers
    assert get("/", {**HTML, "if-none-match": page.headers["etag"]}).status == 304


@pytest.mark.parametrize("path", ["/", "/home/main.js"])
@pytest.mark.parametrize(("page", "status"), [("yes", 200), ("no", 404)])
def test_page_is_there_unless_the_server_has_none(path: str, page: str, status: int) -> None:
    assert get(path, HTML, page=Settings(page=page).page).status == status


@pytest.mark.parametrize("path", ["/", "/home/main.js"])
def test_page_asks_for_no_key(path: str) -> None:
    assert get(path, HTML, around=middleware(Settings(api_keys=("secret",)))).status == 200


@pytest.mark.parametrize("path", ["/", "/home/main.js"])
def test_page_is_not_given_under_a_name_that_is_not_ours(path: str) -> None:
    headers = HTML | {"host": "evil.example", "user-agent": "Mozilla/5.0"}
    assert get(path, headers, around=middleware(Settings())).status == 403


def test_page_is_well_formed() -> None:
    assert (DOCUMENT.faults, DOCUMENT.open) == ([], [])
    assert len(set(DOCUMENT.ids)) == len(DOCUMENT.ids) > 20
    assert set(" ".join(DOCUMENT.references).split()) <= set(DOCUMENT.ids)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_of_another_server(name: str) -> None:
    text = TEXTS[name].replace(f'"{SVG}"', "")
    assert not re.search(r"\b(?:https?|wss?)://|[\"'(]//", text)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_becomes_markup_or_a_program(name: str) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", TEXTS[name])


def test_every_file_is_there_and_used() -> None:
    modules = {name: re.findall(r'from "\./([^"]+)"', text) for name, text in TEXTS.items()}
    named = {file.removeprefix("home/") for file in DOCUMENT.files}
    assert all(file.startswith("home/") for file in DOCUMENT.files)
    used = named | {imported for names in modules.values() for imported in names} | {"index.html"}
    assert used == set(NAMES)


def test_program_names_only_elements_of_the_page() -> None:
    named = {id for text in TEXTS.values() for id in re.findall(r'byId\("([^"]+)"\)', text)}
    assert len(named) > 20
    assert named <= set(DOCUMENT.ids)
