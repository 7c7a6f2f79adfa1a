"""In a real browser: the notice of a proposal is framed, fits, and says the last day on the first screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import chromium
import pytest
from playwright.sync_api import Browser
from readers import allow, token_of
from town import LAST_DAY, make_town, serve_everybody, who

from scoring.explain.words.figures import prose_day
from scoring.store.people.grants import Grant
from web import create_app
from web.reading import COOKIE

LONGEST = ("two-unlike", "first", "clean-lapses")
"""Those with most to tell."""
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The town's store, every notice being served."""
    town = make_town(tmp_path_factory.mktemp("town"))
    serve_everybody(town)
    town.database.close()
    return town.database.place


@pytest.fixture(scope="module")
def address(store: str) -> Iterator[str]:
    """Where its pages are served."""
    with chromium.served(chromium.remembering(create_app(store))) as served:
        yield served


@pytest.fixture(scope="module")
def token(store: str) -> str:
    """A session of the owner of the enterprises that are looked at."""
    allow(store, "owner", *(Grant("", "enterprise", "test", enterprise_id=who(name)) for name in LONGEST))
    return token_of(store, "owner", lambda: datetime.now(UTC))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_notice_is_on_the_first_screen(
    browser: Browser, address: str, token: str, size: str, lang: str
) -> None:
    """No page scrolls sideways, the notice has a border, and the last day to answer is above the fold."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    for name in LONGEST:
        page.goto(f"{address}/firm/e/{who(name)}?lang={lang}")
        assert width == page.evaluate("document.documentElement.scrollWidth"), name
        answer = page.locator(".notice-answer")
        box = answer.bounding_box()
        assert box is not None and box["y"] + box["height"] <= height, name
        assert prose_day(LAST_DAY)[lang] in answer.inner_text()
        assert "0px" != page.locator(".notice").evaluate("node => getComputedStyle(node).borderTopWidth")
    page.close()
