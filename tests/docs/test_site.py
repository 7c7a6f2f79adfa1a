"""The documentation builds without a warning, its links lead somewhere, and it needs no network."""

from __future__ import annotations

import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs.__main__ import build
from docs.commands import HERE, LANGUAGES

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""Elements whose address a browser fetches by itself."""


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that links can name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes one element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.add(given.get("id", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADED.get(tag) in given:
            self.loads.append(given[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both trees, built as ``python3 run.py docs`` builds them."""
    out = tmp_path_factory.mktemp("docs") / "site"
    assert 0 == build(out)
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page of both trees, read."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_both_languages_have_the_same_pages() -> None:
    """Whoever changes the language finds the same page in the other tree."""
    chinese, english = ({path.name for path in (HERE / lang).glob("*.md")} for lang in LANGUAGES)
    assert chinese == english


def test_links_lead_somewhere(pages: dict[Path, Page]) -> None:
    """Every link within the trees leads to a file that is there, and to a place that is in it."""
    dead = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target in pages and place not in pages[target].anchors):
                dead.append(f"{path.name}: {link}")
    assert [] == dead


def test_nothing_is_fetched_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    """A page loads no script, style, font or picture from another place, so it works on an intranet."""
    addresses = set().union(*(page.loads for page in pages.values()))
    assert set() == {address for address in addresses if "//" in address}
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "@import" not in text
        assert "url(http" not in text.replace('url("', "url(").replace("url(//", "url(http")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)")
@pytest.mark.parametrize(
    ("lang", "words", "title"), [("zh", "评价规则", "评价规则"), ("en", "source maps", "Source maps")]
)
def test_search_finds(site: Path, lang: str, words: str, title: str) -> None:
    """The search of either tree finds what a reader types, from the files alone, in Chinese too."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        fetched: list[str] = []
        tab.on("request", lambda request: fetched.append(request.url))
        tab.goto(f"file://{site}/{lang}/search.html?q={words}")
        tab.wait_for_selector("#search-results li a", timeout=10_000)
        titles = tab.locator("#search-results li a").all_inner_texts()
        browser.close()
    assert title in titles
    assert set() == {url for url in fetched if not url.startswith("file:")}
