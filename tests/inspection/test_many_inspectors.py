"""Fifty inspectors on twenty hot enterprises: nobody is refused, nothing is lost or doubled, whatever dies meanwhile.

The campaign offers two thousand results, twenty a second; a run of the tests some of them.
"""

from __future__ import annotations

import os
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import postgres
import pytest
from casework import Counter
from inspectors_at_work import Inspectors, Sent, VisitsServer, act_of, make_hot_town

from scoring.store.audit.verify import verify
from scoring.store.tables.orm import table_of
from scoring.store.tables.orm_visits import InspectionVisit
from scoring.store.tables.visible import VisibleRecord

RESULTS = int(os.environ.get("SISE_LOAD", "24"))
RATE, SLOWEST = 20.0, 0.4
"""Results a second, and seconds within which 95 of 100 are answered; a short run says nothing of the second."""
STORES = ("sqlite", "postgresql")


@contextmanager
def hot_town(kind: str, folder: Path) -> Iterator[tuple[Counter, Inspectors, VisitsServer]]:
    """The town, its inspectors, and its server."""
    with ExitStack() as ending:
        address = str(folder / "hot.db")
        if kind == "postgresql":
            address = ending.enter_context(postgres.fresh(ending.enter_context(postgres.server())))
        town, tokens = make_hot_town(address, folder)
        ending.callback(town.database.close)
        server = VisitsServer(address, folder)
        server.start()
        ending.callback(lambda: server.kill())
        yield town, Inspectors(server.port, tokens), server


def require_each_once(town: Counter, sent: Sent, count: int) -> None:
    """What was acknowledged is on file, each once, with one record, and the log holds."""
    records, visits = table_of(VisibleRecord), table_of(InspectionVisit)
    with town.database.read() as connection:
        acts = connection.execute(records.select().where(records.c.source == "visit")).mappings()
        stored = Tally(row["document_no"] for row in acts)
        numbers = [row["number"] for row in connection.execute(visits.select()).mappings()]
        assert [] == verify(connection).findings
    assert [] == sent.wrong[:5]
    assert {act_of(number): 1 for number in range(count)} == stored
    assert sorted(sent.acknowledged.values()) == sorted(numbers) == list(range(1, count + 1))


@pytest.mark.parametrize("kind", STORES)
def test_fifty_inspectors_at_once(kind: str, tmp_path: Path) -> None:
    """All are answered as recorded, those that were sent twice with the same number."""
    with hot_town(kind, tmp_path) as (town, inspectors, _server):
        sent = inspectors.offer(range(RESULTS), RATE)
        require_each_once(town, sent, RESULTS)
        print(f"{kind}: {RESULTS} results at {RATE:.0f}/s, p95 {sent.p95 * 1000:.0f} ms")
        assert RESULTS < 500 or sent.p95 <= SLOWEST
        assert 0 == sent.unanswered


@pytest.mark.parametrize("kind", STORES)
def test_a_killed_server_loses_nothing_that_it_acknowledged(kind: str, tmp_path: Path) -> None:
    """Killed under load and started again; who was not answered sends the same again."""
    count = max(RESULTS // 4, 16)
    with hot_town(kind, tmp_path) as (town, inspectors, server):

        def strike() -> None:
            server.kill()
            server.start()

        striking = threading.Timer(count / RATE / 2 + 0.2, strike)
        striking.start()
        sent = inspectors.offer(range(count), RATE)
        striking.join()
        require_each_once(town, sent, count)
        print(f"{kind}: killed under load, {sent.unanswered} sent again, {count} each once")
        assert sent.unanswered
