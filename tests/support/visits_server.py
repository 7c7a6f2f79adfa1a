"""The pages of a store, served as a process of its own with a clock that stands on a day: it may be killed.

``python visits_server.py STORE PORT``
"""

from __future__ import annotations

import sys

from casework import DAY
from stores import Clock
from waitress import serve

from web import create_app
from web.serve import THREADS


def main(store: str, port: int) -> None:
    """Serves until it is killed, with the threads that ``sise serve`` has."""
    serve(create_app(store, clock=Clock(DAY)), host="127.0.0.1", port=port, threads=THREADS, ident="")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
