"""In a real browser: fits phone and desktop, needs no script, says the essentials on the first screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

import chromium
import pytest
from playwright.sync_api import Browser, Page
from public_pages import public_path
from readers import allow, noon_of, token_of
from reading_day import day_of_result

from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.store.people.grants import Grant
from web import create_app
from web.reading import COOKIE

COLOURS = ("blue", "green", "yellow", "red", "none")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)


@pytest.fixture(scope="module")
def address(served_store: str) -> Iterator[str]:
    """Where the pages are served while the tests run."""
    with chromium.served(
        chromium.remembering(create_app(served_store, clock=noon_of(day_of_result())))
    ) as served:
        yield served


@pytest.fixture(scope="module")
def served_store(scored_store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the scored store in which accounts may be made."""
    place = tmp_path_factory.mktemp("served") / "sise.db"
    shutil.copyfile(scored_store, place)
    return str(place)


@pytest.fixture(scope="module")
def token(served_store: str, paths: Mapping[str, str]) -> str:
    """A session of somebody who is both a supervisor of all areas and the owner of the enterprises looked at."""
    ids = [path.removeprefix("/firm/e/").removesuffix("?") for name, path in paths.items() if name in COLOURS]
    own = [Grant("", "enterprise", "test", enterprise_id=who) for who in ids]
    allow(served_store, "everything", Grant("", "supervisor", "test"), Grant("", "admin", "test"), *own)
    return token_of(served_store, "everything", noon_of(day_of_result()))


@pytest.fixture(scope="module")
def paths(scored_store: str) -> Mapping[str, str]:
    """Pages to look at by name: one enterprise of each colour, the search, its results and the rules."""
    folder = open_results(scored_store)
    found = {
        c: max(folder.find(EnterpriseSearch(colour=c), limit=30)[1], key=lambda s: s.n_records).enterprise_id
        for c in COLOURS
    }
    return {
        **{c: f"/firm/e/{i}?" for c, i in found.items()},
        "home": "/desk/?",
        "found": "/desk/?q=虚构&",
        "public home": "/?",
        "public": f"{public_path(scored_store, found['yellow'])}?",
        "counts": "/counts?",
        "about": "/about?",
        "own": "/firm/?",
        "log in": "/login?",
        "welcome": "/welcome?",
        "account": "/account?",
        "figures": "/desk/figures?",
        "statements": "/desk/statements?",
        "lost": "/firm/e/unknown?",
    }


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str, token: str) -> Iterator[Page]:
    """A page of a phone's and of a desktop's size, with scripts switched off."""
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False, locale="zh-CN"
    )
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    opened = context.new_page()
    opened.set_default_timeout(120_000)
    yield opened
    context.close()


def width_of(page: Page) -> int:
    """Width that the whole page takes: an element as wide as its content."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_scrolls_sideways(page: Page, address: str, paths: Mapping[str, str], lang: str) -> None:
    """Every page fits the width of a phone and of a desktop in both languages."""
    limit = page.viewport_size["width"]  # type: ignore[index]
    wide = {}
    for name, path in paths.items():
        page.goto(f"{address}{path}lang={lang}")
        wide[name] = width_of(page)
    assert dict.fromkeys(paths, limit) == wide


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_serious_fault(
    browser: Browser, address: str, token: str, paths: Mapping[str, str], lang: str
) -> None:
    """Of contrast, names, roles and size of targets, on any page of a whole district."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    opened = context.new_page()
    found = {}
    for name, path in paths.items():
        opened.goto(f"{address}{path}lang={lang}", timeout=120_000)
        if told := chromium.faults(opened):
            found[name] = told
    context.close()
    assert {} == found


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("colour", COLOURS)
def test_first_screen_says_it_all(
    page: Page, address: str, paths: Mapping[str, str], colour: str, lang: str
) -> None:
    """Colour word, name, day and all lines of why, meaning, what to do and until when are visible without scrolling."""
    page.goto(f"{address}{paths[colour]}lang={lang}")
    height = page.viewport_size["height"]  # type: ignore[index]
    parts = [
        page.locator(".face .word"),
        page.locator("#name"),
        page.locator(".who > .soft"),
        *page.locator(".brief dd").all(),
    ]
    boxes = [part.bounding_box() for part in parts]
    assert [] == [box for box in boxes if box is None or box["y"] < 0 or box["y"] + box["height"] > height]


def test_console_stays_silent(page: Page, address: str, paths: Mapping[str, str]) -> None:
    """The browser finds nothing to complain about: no refused style, no missing image."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)
    for name, path in paths.items():
        if name != "lost":
            page.goto(f"{address}{path}lang=zh")
    assert [] == said


def test_search_works_without_script(
    page: Page, address: str, paths: Mapping[str, str], scored_store: str
) -> None:
    """Typing a code and pressing the button leads to the enterprise, with scripts switched off, in the language chosen."""
    enterprise_id = paths["red"].removeprefix("/firm/e/").removesuffix("?")
    page.goto(f"{address}/?lang=en")
    page.fill("#q", enterprise_id)
    page.click("form[role=search] button")
    page.click(".found a")
    assert f"{address}{public_path(scored_store, enterprise_id)}?lang=en" == page.url


def test_conditions_open_without_script(page: Page, address: str, paths: Mapping[str, str]) -> None:
    """How a record can end early opens to its conditions and article, with scripts switched off."""
    page.goto(f"{address}{paths['red']}lang=en")
    early = page.locator("details.early").first
    before = early.locator("p").is_visible()
    early.locator("summary").click()
    assert (False, True, True) == (
        before,
        early.locator("p").is_visible(),
        early.locator(".legal").is_visible(),
    )


def test_changes_of_grade_stand_in_one_row(page: Page, address: str, paths: Mapping[str, str]) -> None:
    """The day and the two grades of the first change stand side by side on a phone too."""
    page.goto(f"{address}{paths['yellow']}lang=zh")
    row = page.locator(".turn-grade .turn-head").first
    boxes = [part.bounding_box() for part in (row.locator("time"), *row.locator(".chip").all())]
    middles = [round(box["y"] + box["height"] / 2) for box in boxes if box]
    assert (3, True) == (len(middles), max(middles) - min(middles) <= 2)


def test_code_image_is_drawn(page: Page, address: str, paths: Mapping[str, str]) -> None:
    """The code image on the page is loaded and shown in its proportions."""
    page.goto(f"{address}{paths['green']}lang=zh")
    drawn = page.evaluate(
        "(() => { const i = document.querySelector('.code'); return [i.naturalWidth, i.naturalHeight]; })()"
    )
    assert [828, 1500] == drawn


def test_keyboard_reaches_the_content_first(page: Page, address: str) -> None:
    """The first stop of the keyboard is the link that skips to the content."""
    page.goto(f"{address}/?lang=en")
    page.keyboard.press("Tab")
    assert "#main" == page.evaluate("document.activeElement.getAttribute('href')")
