"""In a real browser: no text that anybody wrote runs, whoever looks at it, on any page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import chromium
import pytest
from answered_once import answer_once
from casework import firm
from hostile_texts import PAYLOADS, RUN, TOGETHER
from hostile_town import WHO, HostileProvider, HostileTown, hostile_register
from playwright.sync_api import Browser, ConsoleMessage, Error, Page
from public_pages import public_path

from web import create_app
from web.reading import COOKIE
from web.security import HEADERS

pytestmark = pytest.mark.skipif(chromium.IS_MISSING, reason=chromium.REASON)
OWN = quote(firm(WHO))


class Watched:
    """A page, and whatever ran on it or was asked for elsewhere."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.happened: list[str] = []
        page.on("dialog", lambda dialog: (self.happened.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.happened.append(f"error {error}"))
        page.on("console", self._heard)
        page.on("request", lambda request: self._asked(request.url))
        page.on("popup", lambda popup: self.happened.append(f"popup {popup.url}"))

    def _heard(self, message: ConsoleMessage) -> None:
        # a page that is not there is answered as such, which the console tells too
        is_told = message.type in ("error", "warning", "log")
        if is_told and "Failed to load resource" not in message.text:
            self.happened.append(f"console {message.text[:120]}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "about:")):
            self.happened.append(f"asked {url[:80]}")

    def goes(self, path: str) -> str:
        """The text of a page."""
        answer = self.page.goto(self.address + path, wait_until="load")
        assert answer is not None and answer.status < 500, path
        return self.looks(path)

    def sends(self) -> None:
        """Sends the first form of the page that is open."""
        chromium.click(self.page, self.page.locator("main button[type=submit]").first)

    def looks(self, path: str) -> str:
        """The text of the page that is open, once it had its chance."""
        if self.page.evaluate("window.__ran !== undefined"):
            self.happened.append("ran")
        self.happened = [what if what.startswith("on ") else f"on {path}: {what}" for what in self.happened]
        return str(self.page.evaluate("document.documentElement.textContent"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileTown]:
    """The town."""
    with hostile_register(), pytest.MonkeyPatch.context() as patch:
        answer_once(patch)
        made = HostileTown(tmp_path_factory.mktemp("hostile"))
        yield made
        made.counter.database.close()


@pytest.fixture(scope="module")
def address(town: HostileTown) -> Iterator[str]:
    """Where its pages are served."""
    app = create_app(town.store, clock=town.counter.clock, providers=(HostileProvider(),))
    with chromium.served(app) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of this machine."""
    with chromium.opened() as opened:
        yield opened


def visitor(browser: Browser, address: str, token: str | None) -> Watched:
    """A page of somebody's, scripts and all."""
    context = browser.new_context(locale="zh-CN")
    if token:
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    return Watched(page, address)


def test_the_public_reads_texts(browser: Browser, address: str, town: HostileTown) -> None:
    """Search words, addresses that are none, what a log-in leads on to, a provider's name; contacts in every footer."""
    public = visitor(browser, address, None)
    for lang in ("zh", "en"):
        assert RUN in public.goes(f"/?lang={lang}")
        assert RUN in public.goes(f"{public_path(town.store, OWN)}?lang={lang}")
    for text in PAYLOADS[::4]:
        public.goes(f"/?q={quote(text)}&lang={quote(text)}")
    for path in (
        f"/e/{quote(TOGETHER[:1_500])}",
        f"/{quote(PAYLOADS[0])}",
        f"/login?next={quote(TOGETHER[:1_500])}",
        f"/login?next=/{quote(PAYLOADS[34])}",
        "/login/with/hostile",
        "/login/with/hostile/back?error=" + quote(PAYLOADS[4]),
        "/about",
        f"/api/search?q={quote(PAYLOADS[0])}",
        f"/api{public_path(town.store, OWN)}",
        f"/q/{quote(TOGETHER[:1_500])}",
        "/counts",
    ):
        public.goes(path)
    assert [] == public.happened


def test_a_firm_reads_texts(browser: Browser, address: str, town: HostileTown) -> None:
    """Its name and those of others, records with numbers and authorities, cases with all that was typed, its papers."""
    owner = visitor(browser, address, town.token)
    assert all(" ".join(text.split()) in " ".join(owner.goes("/firm/").split()) for text in PAYLOADS[:5])
    for lang in ("zh", "en"):
        told = owner.goes(f"/firm/e/{OWN}?lang={lang}")
        assert told.count(RUN) > 50
    for number in town.cases:
        assert RUN in owner.goes(f"/firm/e/{OWN}/cases/{number}")
    assert RUN in owner.goes("/account")
    owner.goes(f"/firm/e/{OWN}/history.svg")
    owner.goes(f"/firm/api/e/{OWN}")
    prefilled = "&".join(
        f"{name}={quote(PAYLOADS[34])}" for name in ("record", "reason", "ground", "document")
    )
    assert PAYLOADS[34] in owner.goes(f"/firm/e/{OWN}/open/objection?{prefilled}")
    owner.page.fill("#ground", TOGETHER[:3_900])
    owner.page.fill("#document", PAYLOADS[36])
    owner.page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    owner.sends()
    owner.looks("a refused form")
    assert owner.page.locator("[role=alert]").count() == 1
    assert TOGETHER[:200] in owner.page.locator("#ground").input_value()
    assert [] == owner.happened


def test_an_officer_reads_texts(browser: Browser, address: str, town: HostileTown) -> None:
    """The search, the queue, enterprises, proposals, cases, records and the window, with what he typed where it is refused."""
    officer = visitor(browser, address, town.token)
    for offset in (0, 20, 40, 60):
        assert RUN in officer.goes(f"/desk/?q=town&offset={offset}")
    assert RUN in officer.goes("/desk/queue")
    assert RUN in officer.goes("/desk/queue?lang=en")
    for lang in ("zh", "en"):
        assert officer.goes(f"/desk/e/{OWN}?lang={lang}").count(RUN) > 50
    records = [f"/desk/e/{OWN}/records/{quote(town.record(number), safe='')}" for number in (1, 4)]
    numbers = (town.objection, town.foreign, town.cases[0])
    for path in (
        *(f"/desk/e/{OWN}/cases/{number}" for number in numbers),
        *records,
        f"/desk/e/{OWN}/proposal",
    ):
        assert RUN in officer.goes(path), path
    officer.goes(f"/desk/e/{quote(firm('named3'))}/history.svg")
    for path in ("figures", "statements", "api/figures"):
        officer.goes(f"/desk/{path}?area={quote(PAYLOADS[34])}&from={quote(PAYLOADS[0])}")
    officer.goes(f"/desk/e/{OWN}/window/objection")
    officer.page.fill("#person", PAYLOADS[34])
    officer.page.fill("#ground", TOGETHER[:3_900])
    officer.page.set_input_files(
        "#paper", {"name": "<img src=x>.pdf", "mimeType": "text/html", "buffer": b"<script>"}
    )
    officer.page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    officer.sends()
    officer.looks("a refused form of the window")
    assert [] == officer.happened


def test_a_code_and_its_account(browser: Browser, address: str, town: HostileTown) -> None:
    """Whoever was invited for a hostile reason reads whose account it is."""
    invited = visitor(browser, address, None)
    invited.goes("/welcome")
    invited.page.fill("#code", town.code)
    invited.sends()
    assert "cleo" in invited.looks("the form of a password")
    invited.page.fill("#password", TOGETHER[:150])
    invited.page.fill("#again", "x")
    invited.page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    invited.sends()
    invited.looks("passwords that differ")
    assert [] == invited.happened


def test_papers_are_papers(browser: Browser, address: str, town: HostileTown) -> None:
    """Receipt, letter and notice are made, and are sent as what they are; what was typed is no part of their source."""
    owner = visitor(browser, address, town.token)
    for room, path in (
        ("firm", f"cases/{town.objection}/receipt.pdf"),
        ("desk", f"cases/{town.foreign}/letter.pdf"),
        ("firm", "notice.pdf"),
        ("desk", "notice.pdf"),
        ("firm", f"cases/{town.cases[-1]}/receipt.pdf"),
    ):
        answer = owner.page.request.get(f"{address}/{room}/e/{OWN}/{path}")
        assert (200, "application/pdf", b"%PDF") == (
            answer.status,
            answer.headers["content-type"],
            answer.body()[:4],
        )
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert b"/JavaScript" not in answer.body() and b"root:" not in answer.body()


PLACES = {
    "an element": "<p>{}</p>",
    "a quoted attribute": '<input value="{}">',
    "an attribute": "<input value={}>",
    "another quoted attribute": "<input value='{}'>",
    "a title": "<title>{}</title>",
    "a text area": "<textarea>{}</textarea>",
    "a choice": "<select><option>{}</option></select>",
    "a style": "<style>{}</style>",
    "a script": "<script>//{}\n</script>",
    "a comment": "<!-- {} -->",
}


def raw(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Pages that take a text for markup, one place after the other; with our headers or without."""
    place, _, number = environ["PATH_INFO"].strip("/").partition("/")
    if not number:
        start_response("404 X", [])
        return [b""]
    headers = [("Content-Type", "text/html; charset=utf-8")]
    if environ["QUERY_STRING"]:
        headers += list(HEADERS.items())
    start_response("200 OK", headers)
    shown = list(PLACES.values())[int(place)].format(PAYLOADS[int(number)])
    return [f"<!doctype html><html><body>{shown}".encode()]


def test_what_watches_would_see_it(browser: Browser) -> None:
    """Taken for markup, each text is seen to run somewhere; under our headers it is kept from it, and seen as well."""
    with chromium.served(raw) as address:
        seen: set[int] = set()
        watched = visitor(browser, address, None)
        for place, pause in [*((place, 20) for place in range(len(PLACES))), (0, 400), (2, 400)]:
            for number in sorted(set(range(len(PAYLOADS))) - seen):
                watched.happened.clear()
                with suppress(Error):  # one of them leads elsewhere meanwhile, which is seen
                    watched.page.goto(f"{address}/{place}/{number}", wait_until="commit")
                    watched.page.wait_for_timeout(pause)
                    watched.looks("raw")
                if watched.happened:
                    seen.add(number)
        assert [] == [text for number, text in enumerate(PAYLOADS) if number not in seen]
        held = visitor(browser, address, None)
        held.goes("/0/4?held")
        assert not any("ran" in what for what in held.happened)
        assert any(re.search("Content Security Policy", what) for what in held.happened)
