"""People who log in with password and telephone and use the pages of a town in Chromium, with scripts or without."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import chromium
import pyotp
from casework import Counter
from playwright.sync_api import Browser, Locator, Page
from public_pages import public_path
from town_pages import Town

from scoring.administration.identity.log_ins import put_login
from scoring.administration.identity.passwords import hash_of
from scoring.administration.identity.secret_words import new_secret
from scoring.rules.wording import Lang, say
from scoring.store.tables.database import Database
from scoring.store.tables.writing import begin_writing

PASSWORD = "柯城四色码 2026 春"
PHONE, DESK = (360, 740), (1280, 900)
INSPECTOR = "inspector"
"""The officer who is out with a telephone."""


class Reader:
    """Somebody at a browser: opens pages, follows links by their words, fills in forms.

    A session that ended is begun anew.

    Args:
        page: The tab; ``None``: nobody is logged in with it and nobody will be.
        address: Where the pages are.
        lang: The language that is read.
        account: Who it is; ``None``: the public.
        counter: The town, for its clock.
        secret: Of the one-time passwords, an officer's.
    """

    def __init__(
        self, page: Page, address: str, lang: Lang, account: str | None, counter: Counter, secret: str | None
    ) -> None:
        self.page, self.address, self.lang = page, address, lang
        self.account, self.counter, self.secret = account, counter, secret

    def open(self, path: str) -> Reader:
        """Opens a page; where it wants to know who asks, logs in first. The public's page has an address of its own."""
        if self.account is None and path.startswith("/e/"):
            path = public_path(self.counter.database.place, path.removeprefix("/e/"))
        joined = "&" if "?" in path else "?"
        self.page.goto(f"{self.address}{path}{joined}lang={self.lang}")
        if "/login" in self.page.url:
            self.log_in()
        return self

    def log_in(self) -> None:
        """Types name, password and, an officer, what the telephone shows."""
        assert self.account is not None
        self.page.fill("#name", self.account)
        self.page.fill("#password", PASSWORD)
        if self.secret:
            self.page.fill("#code", pyotp.TOTP(self.secret).at(self.counter.clock.now))
        chromium.click(self.page, self.page.locator("main form button[type=submit]"))
        assert "/login" not in self.page.url, self.told()

    def says(self, text_id: str, **parameters: object) -> str:
        """A text of the pages in the language that is read."""
        return say(self.lang, text_id, **parameters)

    def follow(self, text: str) -> Reader:
        """Clicks the first link of a text."""
        chromium.click(self.page, self.page.get_by_role("link", name=text).first)
        return self

    def form(self, button: str) -> Locator:
        """The form that has a button of a text."""
        return self.page.locator("form", has=self.page.get_by_role("button", name=button, exact=True)).first

    def send(self, button: str, **typed: str) -> Reader:
        """Fills in the form of a button and sends it; files are named by ``paper``, choices by their value."""
        form = self.form(button)
        for name, value in typed.items():
            field = form.locator(f'[name="{name.replace("__", ":")}"]').first
            kind = field.evaluate("e => e.type")
            if kind == "select-one":
                field.select_option(value)
            elif kind == "file":
                field.set_input_files(value)
            elif kind == "checkbox":
                form.locator(f'[name="{name}"][value="{value}"]').check()
            else:
                field.fill(value)
        chromium.click(self.page, form.get_by_role("button", name=button, exact=True))
        return self

    def told(self) -> str:
        """What the page says."""
        return str(self.page.locator("body").inner_text())

    def colour(self) -> str:
        """The colour on the face of an enterprise's page."""
        return str(self.page.locator(".face .word").inner_text())

    def paper(self, text: str) -> bytes:
        """The PDF behind a link, asked for with the browser's own session."""
        address = self.page.get_by_role("link", name=text).first.get_attribute("href")
        answer = self.page.request.get(f"{self.address}{address}")
        assert ("application/pdf", 200) == (answer.headers["content-type"], answer.status), text
        return answer.body()


class Street:
    """The town, served, and the people who look at it."""

    def __init__(self, counter: Counter, browser: Browser, address: str, lang: Lang, *, plain: bool) -> None:
        self.counter, self.browser, self.address, self.lang, self.plain = (
            counter,
            browser,
            address,
            lang,
            plain,
        )
        self.opened = ExitStack()
        self.readers: dict[str | None, Reader] = {}

    def who(self, account: str | None) -> Reader:
        """Somebody at his browser, ``None``: of the public; officers sit at a desk, inspectors and others hold a phone."""
        if account not in self.readers:
            is_officer = account not in (None, "owner", "stranger")
            width, height = DESK if is_officer and account != INSPECTOR else PHONE
            context = self.browser.new_context(
                viewport={"width": width, "height": height},
                java_script_enabled=not self.plain,
                locale="zh-CN",
            )
            context.set_default_timeout(8_000)
            self.opened.callback(context.close)
            secret = self._set_password(account, is_officer=is_officer) if account else None
            self.readers[account] = Reader(
                context.new_page(), self.address, self.lang, account, self.counter, secret
            )
        return self.readers[account]

    def _set_password(self, account: str, *, is_officer: bool) -> str | None:
        secret = new_secret() if is_officer else None
        with begin_writing(self.counter.database, "tester", self.counter.clock) as writing:
            put_login(writing, account, hash_of(PASSWORD, account), secret, None)
        return secret


@contextmanager
def street(
    made: Path, folder: Path, day: object, browser: Browser, lang: Lang, *, plain: bool
) -> Iterator[Street]:
    """A copy of a town, served to browsers while it is used."""
    file = folder / "town.db"
    shutil.copyfile(made, file)
    counter = Counter(Database(str(file)), day, folder)  # type: ignore[arg-type]
    counter.reuse()
    with chromium.served(Town(counter).app) as address:
        opened = Street(counter, browser, address, lang, plain=plain)
        yield opened
        opened.opened.close()
    counter.database.close()
