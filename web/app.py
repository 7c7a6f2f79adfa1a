"""Puts the application together: the store, who may read what, the languages, the headers and the pages."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from scoring.administration.credential.issuing_office import attach_keys
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.results.reader import ResultsReader
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, day_in_china
from web import access, bearer, errors, language, openapi, reading, request_log, security
from web.account import routes as account
from web.account.entrance import Entrance
from web.account.providers.configured import load_providers
from web.account.providers.provider import IdentityProvider
from web.desk import routes as desk
from web.filing import Filing
from web.firm import routes as firm
from web.inspect import routes as inspect
from web.limits import PublicLimits
from web.parts import marks
from web.parts.kept_pages import KeptPages
from web.public import routes as public
from web.public.lists import ServedLists
from web.verify import routes as verify

DEFAULT_ADDRESS = "http://127.0.0.1:8000"
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
SECRET_KEY = "SISE_SECRET_KEY"  # noqa: S105 - the name of the variable
"""Environment variable with the key of the forms; several processes of one service share it."""
LISTS = ("SISE_STATUS", "SISE_TRUST")
"""Environment variables: the files of the status list and of the trust list that are served."""
LARGEST_FORM = 16 * 1024
"""Bytes of a form."""


def present() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def create_app(
    store: str,
    *,
    address: str = DEFAULT_ADDRESS,
    clock: Clock = present,
    providers: Sequence[IdentityProvider] | None = None,
) -> Flask:
    """The application over one store; every request asks the store which policy and day it stands at.

    Args:
        store: Address of the store.
        address: Where the pages are reached; QR codes hold it. Requests for other hosts than this one and the local
            ones are refused, so that a foreign name that points here (DNS rebinding) reads nothing.
        clock: The time; results that are older than a week say so.
        providers: Who else can say who somebody is; by default those that the environment configures.

    Raises:
        StoreError: There is no store, or nothing in it is scored.
        InputError: The providers are not configured validly.
    """
    reader = ResultsReader(store)
    # What is written by a page is signed, and its colours have their codes, as by a command.
    attach_keys(reader.database, os.environ, day_in_china(clock()))
    reader.current()  # a store without results is told when the programme starts, not by every page
    is_secure = urlsplit(address).scheme == "https"
    app = Flask(__name__)
    app.config.update(
        TRUSTED_HOSTS=[*LOCAL_HOSTS, urlsplit(address).hostname],
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        # A form of before a restart is refused and asked for again; no key has a default.
        SECRET_KEY=os.environ.get(SECRET_KEY) or secrets.token_bytes(32),
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_SAMESITE="Lax",
        RATELIMIT_HEADERS_ENABLED=True,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    request_log.install(app)
    reading.install(app, reader, clock)
    language.install(app)
    access.install(app, reader.database)
    security.install(app)
    errors.install(app)
    marks.install(app)
    csrf = bearer.install(app)
    if providers is None:
        providers = load_providers(os.environ, address, clock)
    openapi.install(app)
    lists = ServedLists(*(Path(os.environ[name]) if os.environ.get(name) else None for name in LISTS))
    pages = KeptPages(reader.database)
    app.register_blueprint(public.blueprint(PublicLimits(limiter), lists, pages))
    app.register_blueprint(verify.blueprint(limiter))
    for endpoint in verify.WITHOUT_TOKEN:
        csrf.exempt(app.view_functions[endpoint])
    entrance = Entrance(reader.database, clock, providers, is_secure)
    app.register_blueprint(account.blueprint(entrance, limiter))
    _add_rooms(app, pages, reader.database, address, clock)
    return app


def _add_rooms(app: Flask, pages: KeptPages, database: Database, address: str, clock: Clock) -> None:
    """The rooms of those who are logged in."""
    filing, photos = Filing(database, clock), PhotoFolder.of(database, os.environ)
    app.register_blueprint(firm.blueprint(address, pages, filing, photos))
    app.register_blueprint(inspect.blueprint(filing, photos))
    app.register_blueprint(desk.blueprint(address, pages, filing))
