"""Whoever changes the past is found out: every cell, every row, an older backup, a rewritten history."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tampering import unnoticed

from scoring.policy.load import load_policy
from scoring.records.sources import SourceSpec
from scoring.store.assessing import score_store
from scoring.store.audit.verify import verify
from scoring.store.database import Database
from scoring.store.importing import import_source
from scoring.store.migrate import create

DEEDS = int(os.environ.get("SISE_TAMPERINGS", "60"))
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def clock() -> datetime:
    """The time of writing."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store with some of everything."""
    database = Database(str(tmp_path_factory.mktemp("tampering") / "sise.db"))
    create(database)
    import_source(database, SourceSpec("canonical", SAMPLE), "tester", clock)
    version = load_policy("quzhou-demo", date(2026, 6, 30))
    for day in (date(2026, 1, 31), date(2026, 6, 30)):
        score_store(database, version, day, "tester", clock)
    yield database
    database.close()


def test_the_untouched_store_is_sound(store: Database) -> None:
    """What nobody touched gives no finding, and every row was looked at."""
    with store.read() as connection:
        report = verify(connection)
        rows = sum(connection.exec_driver_sql(f"SELECT COUNT(*) FROM {t}").scalar_one() for t in ("enterprise_version", "record_version"))
    assert report.findings == []
    assert report.rows > rows > 3000


def test_every_deed_is_found_and_named(store: Database) -> None:
    """Of random edits of single cells, deletions, insertions and exchanges every one is found, and the row named."""
    with store.write() as connection:
        touched, missed = unnoticed(connection, DEEDS, random.Random(2022))
        connection.rollback()
    print(f"{sum(touched.values())} tamperings, {len(missed)} not found, by table: {touched}")
    assert missed == []
