"""Pages of codes: the application over a store that issues some, and what people see who scan."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from coded_stores import HOST, SETTINGS, CodedStore
from flask.testing import FlaskClient
from readers import allow, token_of
from werkzeug.test import TestResponse

from scoring.administration.credential.profile import encode
from scoring.store.people.grants import ENTERPRISE, SUPERVISOR, Grant
from scoring.store.standing.code_faces import issue_plates, show_code
from web import create_app
from web.reading import COOKIE

COLOURS = ("蓝码", "绿码", "黄码", "红码")


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Other environment variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class CodePages:
    """The pages of a store that issues codes.

    Args:
        store: The store; the pages are on its day.
        more: Further environment variables of the application.
    """

    def __init__(self, store: CodedStore, **more: str) -> None:
        self.store, place = store, Path(store.database.place).parent
        deployment = place / "deployment.toml"
        settings = store.office.settings
        deployment.write_text(
            f'[qr]\nhost = "{settings.host}"\nissuer = "{settings.issuer}"\n'
            + (f'mode = "{settings.mode}"\n' if settings.mode else "")
            + f"sole_traders = {str(settings.sole_traders).lower()}\n"
        )
        keys = {"SISE_KEYS": str(place / "keys"), "SISE_DEPLOYMENT": str(deployment)}
        with environment(**keys, **more):
            self.app = create_app(store.database.place, clock=store.clock, providers=())
        self.addresses = iter(range(1, 250))

    def client(self, account: str | None = None, *grants: Grant) -> FlaskClient:
        """A browser at an address of its own; somebody who was granted something, or the public."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.1.0.{next(self.addresses)}"
        if account is not None:
            allow(self.store.database.place, account, *grants)
            client.set_cookie(COOKIE, token_of(self.store.database.place, account, self.store.clock))
        return client

    def officer(self) -> FlaskClient:
        """A browser of an officer for everything."""
        return self.client("officer", Grant("", SUPERVISOR, "test"))

    def owner(self, enterprise_id: str) -> FlaskClient:
        """A browser of an enterprise's own account."""
        return self.client(
            f"owner {enterprise_id}", Grant("", ENTERPRISE, "test", enterprise_id=enterprise_id)
        )

    def text(self, enterprise_id: str, face: str) -> str:
        """The text of a code of an enterprise in a face."""
        store = self.store
        if face == "sticker":
            return store.text(enterprise_id)
        if face == "shown":
            return encode(HOST, show_code(store.database, store.office, enterprise_id, "tester", store.clock))
        plates = issue_plates(store.database, store.office, [enterprise_id], "tester", store.clock)
        return encode(HOST, plates[enterprise_id])


def scan(client: FlaskClient, text: str, lang: str = "zh", *, lower: bool = False) -> TestResponse:
    """What a browser gets that opens a code."""
    path = text.removeprefix(f"HTTPS://{HOST}")
    return client.get(f"{path.lower() if lower else path}?lang={lang}")


def told(answer: TestResponse) -> str:
    """What a page says, without its frame and legend."""
    body = answer.text.partition('<main id="main" class="wide">')[2].partition("</main>")[0]
    body = body.partition('<ol class="legend">')[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def colours_in(text: str) -> list[str]:
    """The words of colours in a text."""
    return [colour for colour in COLOURS if colour in text]


@contextmanager
def opened_copy(built: Path, to: Path, day: date, **settings: Any) -> Iterator[CodePages]:
    """The pages of a copy of a store."""
    store = CodedStore.copied(built, to, day)
    if settings:
        store.settle(**settings)
    try:
        yield CodePages(store)
    finally:
        store.database.close()
        shutil.rmtree(to, ignore_errors=True)


__all__ = ["SETTINGS", "CodePages", "colours_in", "opened_copy", "scan", "told"]
