"""``sise serve``: the pages."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from scoring.cli.arguments import STORE
from scoring.cli.options import Language, Port, Store, language_of, tell
from scoring.entities import Lang
from scoring.errors import UsageError

PublicAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        envvar="SISE_ADDRESS",
        help="反向代理对外的网址，如 https://code.example.gov.cn · where a proxy shows the pages to others",
    ),
]


def serve(
    database: Store = STORE, port: Port = 8000, address: PublicAddress = None, lang: Language = None
) -> None:
    """打开网页 · Serve the pages of the store on 127.0.0.1."""
    serve_pages(database, port, language_of(lang), address)


def serve_pages(store: str, port: int, lang: Lang, address: str | None = None) -> None:
    """Serves until it is interrupted, and says where.

    Raises:
        UsageError: The address is none of a web site.
    """
    if address is not None and not is_site(address):
        raise UsageError("address_of_site", given=address)

    def ready(local: str) -> None:
        """Says where."""
        tell(lang, "pages_at", address=local)

    server().serve(store, port, public_address=address and address.rstrip("/"), ready=ready)


def is_site(address: str) -> bool:
    """Whether an address is that of a whole site: a scheme and a host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or parts.username or parts.path.strip("/"))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain


def server() -> Any:
    """The web server's module."""
    # Flask is an extra: only who serves needs it.
    from web import serve as module

    return module
