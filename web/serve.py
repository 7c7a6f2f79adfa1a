"""Serves the pages of a store on this machine only."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from waitress import serve as run

from scoring.errors import EnvironmentRefusedError
from web.app import create_app

HOST = "127.0.0.1"
THREADS = 8


def serve(store: str, port: int, *, ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until interrupted.

    Args:
        store: Address of the store.
        port: TCP port on 127.0.0.1.
        ready: Called with the address once the store is open and the port free.

    Raises:
        StoreError: There is no store, or nothing in it is scored.
        EnvironmentRefusedError: The port is taken or may not be used.
    """
    refuse_taken(port)
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # a page and its image arriving together is no news
    address = f"http://{HOST}:{port}"
    app = create_app(store, address=address)
    ready(address)
    run(app, host=HOST, port=port, threads=THREADS, ident="")


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
