"""Puts the application together: the store, the audience, the languages, the headers and the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

from flask import Flask

from scoring.administration.results.reader import ResultsReader
from scoring.store.tables.writing import CHINA
from web import errors, language, pages, security
from web.view import AudienceName, viewer_of

DEFAULT_ADDRESS = "http://127.0.0.1:8000"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")


def day_in_china() -> date:
    """Today where the law's days are, wherever the machine stands."""
    return datetime.now(CHINA).date()


def create_app(
    store: str,
    *,
    audience: AudienceName = "enterprise",
    authority: str | None = None,
    address: str = DEFAULT_ADDRESS,
    today: Callable[[], date] = day_in_china,
) -> Flask:
    """The application over one store; every request asks the store which policy and day it stands at.

    Args:
        store: Address of the store.
        audience: Who reads these pages; what the policy does not grant to it is withheld.
        authority: The authority that inspectors or officers belong to: what a court hides in restructuring is seen
            by the authority that recorded it, and by the enterprise itself.
        address: Where the pages are reached; QR codes hold it. Requests for other hosts than this one and the local
            ones are refused, so that a foreign name that points here (DNS rebinding) reads nothing.
        today: Tells the day on which a page is read; results that are older than a week say so.

    Raises:
        StoreError: There is no store, or nothing in it is scored.
    """
    reader = ResultsReader(store)
    reader.current()  # a store without results is told when the programme starts, not by every page
    app = Flask(__name__)
    app.config.update(TRUSTED_HOSTS=[*LOCAL_HOSTS, urlsplit(address).hostname], MAX_CONTENT_LENGTH=1024)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    language.install(app)
    security.install(app)
    errors.install(app)
    app.register_blueprint(pages.blueprint(reader, audience, viewer_of(audience, authority), address, today))
    return app
