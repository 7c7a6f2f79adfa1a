"""Whoever can write to the database is found out: on both databases, against a published checkpoint
always, without one but for what agrees with itself.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from attacks import Attack, attack, tomorrow
from stores import StoreHarness, remove

from scoring.store.audit.verify import AuditReport, verify, verify_store
from scoring.store.log.note import Checkpoint
from scoring.store.tables.database import Database

ATTACKS = int(os.environ.get("SISE_ATTACKS", "60"))
ATTACKS_POSTGRESQL = int(os.environ.get("SISE_ATTACKS_POSTGRESQL", "30"))
SEED = int(os.environ.get("SISE_SEED", "2026"))
UNSEEN_WITHOUT_CHECKPOINT = {
    "rules anew",
    *(
        f"anew: {what}"
        for what in (
            "record",
            "enterprise",
            "assessment",
            "actor",
            "time",
            "payload",
            "added",
            "tail",
        )
    ),
}
"""What the documents say nobody sees without a checkpoint."""
Attacked = tuple[Attack, AuditReport]


@pytest.fixture
def old(aged: StoreHarness) -> StoreHarness:
    """A store after some years, with single facts at its end."""
    with aged.database.read() as connection:
        known = (
            connection.exec_driver_sql("SELECT enterprise_id FROM standing ORDER BY 1 LIMIT 4")
            .scalars()
            .all()
        )
    for enterprise_id in known:
        aged.add(enterprise_id, kind="inspection", result="violation", occurred_on=str(aged.day))
    return aged


def published(report: AuditReport) -> list[Checkpoint]:
    """A checkpoint of a store as it is."""
    return [Checkpoint("audit.example.gov.cn", report.events, report.root)]


def test_no_attack_goes_unseen(old: StoreHarness, tmp_path: Path) -> None:
    """Of random attacks on cells of every type, rows, the schema, the texts of rules, by forged
    deletions and by writing the past anew, each is found against a checkpoint, none stops the search,
    and without a checkpoint only those are not found that agree with themselves.
    """
    with old.database.read() as connection:
        sound, today = verify(connection), tomorrow(connection)
    assert sound.findings == [] and sound.deletions
    points, chance = published(sound), random.Random(SEED)
    how = on_copies if old.database.is_sqlite else undone
    done, seen, unseen = Counter[str](), Counter[str](), Counter[str]()
    for deed, report in how(old.database, points, today, chance, tmp_path):
        for lang in ("zh", "en"):
            "\n".join(finding.text(lang) for finding in report.findings).encode()
        assert report.findings, deed
        done[deed.kind] += 1
        alone = [finding for finding in report.findings if finding.what not in ("older", "forked")]
        (seen if alone else unseen)[deed.kind] += 1
        assert alone or deed.is_whole, deed
    print(f"{sum(done.values())} attacks with a checkpoint: all found, by kind {dict(done)}")
    print(f"without one not found: {dict(unseen)}")
    assert set(unseen) <= UNSEEN_WITHOUT_CHECKPOINT


Points = list[Checkpoint]


def on_copies(
    database: Database, points: Points, today: date, chance: random.Random, folder: Path
) -> Iterator[Attacked]:
    """Attacks, each on a copy of the file, which is opened anew to be verified."""
    database.close()
    start, place = Path(database.place), folder / "attacked.db"
    with sqlite3.connect(start) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    count = 0
    while count < ATTACKS:
        for left in folder.glob("attacked.db*"):
            remove(left)
        shutil.copyfile(start, place)
        with closing(Database(str(place))) as attacked, attacked.write() as connection:
            deed = attack(connection, chance)
        if deed is not None:
            count += 1
            with closing(Database(str(place))) as attacked:
                yield deed, verify_store(attacked, points, today=today)


def undone(
    database: Database, points: Points, today: date, chance: random.Random, folder: Path
) -> Iterator[Attacked]:
    """Attacks on the database itself, each undone after it was verified."""
    count = 0
    with database.write() as connection:
        while count < ATTACKS_POSTGRESQL:
            with connection.begin_nested() as point:
                deed = attack(connection, chance)
                if deed is not None:
                    count += 1
                    yield deed, verify(connection, points, today=today)
                point.rollback()
        connection.rollback()


@contextmanager
def closing(database: Database) -> Iterator[Database]:
    """A database, closed at the end."""
    try:
        yield database
    finally:
        database.close()
