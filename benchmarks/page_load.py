"""The public's pages under load: requests a second and how long they take, cold, warm, beside half-open connections.

The server is a process of its own, as is who asks. A bare route of the same server stands beside the page.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from benchmarks.processes import say
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.people.accounts import add_account
from scoring.store.standing.assessing import score_store
from scoring.store.standing.code_holders import StoredCodes
from scoring.store.tables import migrate
from scoring.store.tables.database import Database
from scoring.store.tables.orm_codes import PublicPage

DAY, ACTOR = date(2026, 9, 30), "bench"
MOMENT = datetime(2026, 9, 30, 4, tzinfo=UTC)
ENTERPRISES, COLD_PAGES = 300, 40
ASKING, SECONDS = 8, 8.0
"""Connections that ask at the same time, and for how long."""
FEW, MANY, HALF_OPEN = 5_000, 20_000, 300
"""Pages between which memory is to stay, and connections that never say what they want."""
BARE = "/healthz"
BOUNDS = {
    "requests a second": 500,
    "p99 ms": 50,
    "cold ms": 300,
    "memory, 20,000 / 5,000 pages": 1.05,
    "p99 with half-open / without": 2,
}


class Load(NamedTuple):
    """What came of asking for a while.

    Attributes:
        per_second: Answers in a second.
        p50: Milliseconds of the middle one.
        p99: Milliseconds within which 99 of 100 came.
    """

    per_second: float
    p50: float
    p99: float


def run(folder: Path) -> dict[str, object]:
    """Makes a store, serves it and asks; prints figures beside their bounds."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        paths = _made_store(Path(scratch) / "sise.db")
        with _served(Path(scratch) / "sise.db") as (port, process):
            found = _measured(port, process, paths)
    print(json.dumps({"measured": found, "bounds": BOUNDS}, indent=2))
    return {"measured": found, "bounds": BOUNDS}


def _made_store(place: Path) -> list[str]:
    """A small district, scored; the paths of its public pages."""
    say("making a store …")
    source, database, clock = place.parent / "district", Database(str(place)), lambda: MOMENT
    write_district(DistrictPlan(enterprises=ENTERPRISES, as_of=DAY), source)
    migrate.create(database)
    add_account(database, ACTOR, "", ACTOR, clock)
    import_source(database, SourceSpec("canonical", source), ACTOR, clock)
    score_store(database, load_policy("quzhou-demo", DAY), DAY, ACTOR, clock)
    with database.read() as connection:
        pages = select(PublicPage.enterprise_id, PublicPage.public_id).order_by(PublicPage.enterprise_id)
        codes = StoredCodes(connection, DAY)
        # Sole traders have no page unless the deployment says so.
        shown = [row for row in connection.execute(pages) if not codes.holder(row.enterprise_id).is_person]
    paths = [f"/e/{row.public_id}" for row in shown]
    database.close()
    return paths


@contextmanager
def _served(store: Path) -> Iterator[tuple[int, int]]:
    """The port and the process of a server of the store."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "scoring.cli", "serve", "--database", str(store), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            _answer_of(http.client.HTTPConnection("127.0.0.1", port, timeout=30), BARE)
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")


def _measured(port: int, process: int, paths: Sequence[str]) -> dict[str, object]:
    cold = sorted(_milliseconds(port, path) for path in paths[:COLD_PAGES])
    say("warming …")
    for path in paths:
        _milliseconds(port, path)
    say("asking …")
    page, bare = _asked(port, paths), _asked(port, [BARE])
    _asked(port, paths, requests=max(0, FEW - round(page.per_second * SECONDS)))
    before = _megabytes(process)
    _asked(port, paths, requests=MANY - FEW)
    after = _megabytes(process)
    with ExitStack() as stack:
        for _ in range(HALF_OPEN):
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            silent.sendall(b"GET / HTTP/1.1\r\nHost: ")
        beside = _asked(port, paths)
    return {
        "page": page._asdict(),
        "bare": bare._asdict(),
        "page / bare, requests a second": round(page.per_second / bare.per_second, 3),
        "cold ms": {"median": round(statistics.median(cold), 1), "most": round(cold[-1], 1)},
        "megabytes": {"few": before, "many": after},
        "memory, 20,000 / 5,000 pages": round(after / before, 3),
        "beside half-open": beside._asdict(),
        "p99 with half-open / without": round(beside.p99 / page.p99, 2),
    }


def _milliseconds(port: int, path: str) -> float:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        return _timed(connection, path)


def _asked(port: int, paths: Sequence[str], requests: int | None = None) -> Load:
    """Asks from a process of its own: for so many requests, or for ``SECONDS``."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_ask, port, list(paths), requests).result()


def _ask(port: int, paths: Sequence[str], requests: int | None) -> Load:
    began = time.perf_counter()
    each = None if requests is None else -(-requests // ASKING)
    with ThreadPoolExecutor(ASKING) as pool:
        lists = pool.map(lambda first: list(_one_asking(port, paths, first, each)), range(ASKING))
        spent = sorted(milliseconds for of_one in lists for milliseconds in of_one)
    if not spent:
        return Load(0, 0, 0)
    seconds = time.perf_counter() - began
    p99 = spent[min(len(spent) - 1, len(spent) * 99 // 100)]
    return Load(round(len(spent) / seconds, 1), round(statistics.median(spent), 2), round(p99, 2))


def _one_asking(port: int, paths: Sequence[str], first: int, requests: int | None) -> Iterator[float]:
    """Milliseconds of the answers to one connection, which asks for one page after the other."""
    end = time.perf_counter() + SECONDS
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for number in islice(count(first * len(paths) // ASKING), requests):
            if requests is None and time.perf_counter() > end:
                return
            yield _timed(connection, paths[number % len(paths)])


def _timed(connection: http.client.HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    _answer_of(connection, path)
    return (time.perf_counter() - began) * 1000


def _answer_of(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path} answered {answer.status}")


def _megabytes(process: int) -> float:
    """Memory of a process that is in use now."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
