"""Serves the pages of a store on this machine only."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from waitress import serve as run

from scoring.errors import EnvironmentRefusedError
from web import request_log
from web.app import create_app

HOST = "127.0.0.1"
THREADS = 8
MOST_CONNECTIONS, IDLE_SECONDS = 2_000, 10
"""Connections at a time, and how long one may say nothing: half-open ones take no place from others for long."""
LOG = "SISE_LOG"
"""Environment variable: ``json`` writes a line for each request to standard error."""

SERVER: Mapping[str, Any] = {
    "threads": THREADS,
    "ident": "",
    "connection_limit": MOST_CONNECTIONS,
    "channel_timeout": IDLE_SECONDS,
    "cleanup_interval": IDLE_SECONDS,
}
"""What the server is told."""


def serve(
    store: str,
    port: int,
    *,
    public_address: str | None = None,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until interrupted.

    Args:
        store: Address of the store.
        port: TCP port on 127.0.0.1.
        public_address: Where a proxy shows the pages to others, e.g. ``https://code.example.gov.cn``; QR codes hold
            it, and over https cookies go no other way. By default the pages are this machine's own.
        ready: Called with the address once the store is open and the port free.

    Raises:
        StoreError: There is no store, or nothing in it is scored.
        EnvironmentRefusedError: The port is taken or may not be used.
    """
    refuse_taken(port)
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # a page and its image arriving together is no news
    if os.environ.get(LOG) == "json":
        request_log.to_stderr()
    address = f"http://{HOST}:{port}"
    app = create_app(store, address=public_address or address)
    ready(address)
    proxied = {} if public_address is None else behind_proxy()
    run(app, host=HOST, port=port, **SERVER, **proxied)


def behind_proxy() -> dict[str, Any]:
    """What the server is told where a proxy on this machine stands before it.

    The proxy alone says from where a request came, and over what.
    """
    return {
        "trusted_proxy": HOST,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


def refuse_taken(port: int) -> None:
    """Bind the port for a moment, so that a taken one is told before any work is done.

    Raises:
        EnvironmentRefusedError: The port is taken or may not be used.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left is free
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise EnvironmentRefusedError(
                "port_taken", port=port, reason=str(error), next_port=_other(port)
            ) from error


def _other(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8000
