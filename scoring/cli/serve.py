"""``sise serve``: the pages."""

from __future__ import annotations

from typing import Any

from scoring.cli.arguments import STORE
from scoring.cli.options import Language, Port, Store, language_of, tell
from scoring.entities import Lang


def serve(database: Store = STORE, port: Port = 8000, lang: Language = None) -> None:
    """打开网页 · Serve the pages of the store on 127.0.0.1."""
    serve_pages(database, port, language_of(lang))


def serve_pages(store: str, port: int, lang: Lang) -> None:
    """Serves until it is interrupted, and says where."""
    server().serve(store, port, ready=lambda address: tell(lang, "pages_at", address=address))


def server() -> Any:
    """The web server's module."""
    # Flask is an extra: only who serves needs it.
    from web import serve as module

    return module
