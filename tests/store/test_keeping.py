"""Retention, backups and what is put back: what the law had deleted stays deleted."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from stores import ACTOR, StoreHarness, ready
from tampering import other

from scoring.errors import InputError, StoreError
from scoring.store.audit.sound import check, wrong_projections
from scoring.store.audit.verify import verify
from scoring.store.facts.deletion import due_for_erasure
from scoring.store.keep.restoring import SinceBackup, prepared
from scoring.store.keep.transfer import backup, export, unpacked
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.orm import RecordVersion, Standing, table_of

OLD = {
    "kind": "administrative_penalty",
    "severity": "general",
    "decided_on": "2021-10-15",
    "document_no": "虚构〔2021〕1号",
    "record_id": "own:old",
}
PROBLEM = {"kind": "inspection", "result": "violation", "occurred_on": "2026-09-29"}
LAST = date(2026, 10, 15)
"""Last day on which that penalty is kept: five years, and the corresponding day is the last."""


def restore(file: Path, harness: StoreHarness, discard: int | None = None) -> SinceBackup:
    """Puts a backup back and gives up what is lost by it, unless another number is said."""
    with prepared(file, harness.database) as restoration:
        lost = len(restoration.since.lost)
        keep = file.with_name(f"kept-{file.name}")
        restoration.put_in_place(lost if discard is None else discard, ACTOR, harness.clock, keep)
        return restoration.since


def records(harness: StoreHarness) -> list[str]:
    """Ids of the records of these tests that can be read."""
    with harness.database.read() as connection:
        versions = connection.exec_driver_sql(
            "SELECT record_id FROM record_version WHERE substr(record_id, 1, 3) = 'own' ORDER BY seq"
        )
        return [version[0] for version in versions]


@pytest.mark.parametrize(
    ("day", "kept"), [(LAST - timedelta(days=1), True), (LAST, True), (LAST + timedelta(days=1), False)]
)
def test_each_boundary_day(scored: StoreHarness, day: date, kept: bool) -> None:
    """A record is kept on the last day of its five years and deleted on the day after, with a
    log entry that names the article.
    """
    scored.add(scored.one("green"), **OLD)
    scored.go_to(day)
    entries = scored.count("audit_event")
    assert kept == (0 == scored.erase())
    assert ["own:old"] * kept == records(scored)
    assert (0 if kept else 1) == scored.count("erased") == scored.count("audit_event") - entries
    assert [] == check(scored.database)


def test_a_correction_does_not_outlive_its_record(scored: StoreHarness) -> None:
    """All versions of a record go together, by the date of the latest;
    a corrected date keeps all of them.
    """
    enterprise_id = scored.one("green")
    scored.add(enterprise_id, **OLD)
    scored.go_to(date(2026, 10, 1))
    scored.enter(scored.facts.correct("own:old", {"severity": "minor"}, "test", "1", "court"))
    scored.add(enterprise_id, **OLD | {"record_id": "own:moved", "document_no": "虚构〔2021〕2号"})
    scored.enter(scored.facts.correct("own:moved", {"decided_on": "2021-12-15"}, "test", "1", "court"))
    scored.go_to(LAST + timedelta(days=1))
    scored.erase()
    assert ["own:moved", "own:moved"] == records(scored)


def test_nothing_of_it_is_left_in_the_file(scored: StoreHarness) -> None:
    """After a deletion no byte of the record stands in the database's files (SQLite,
    where they can be read).
    """
    scored.add(scored.one("green"), **OLD)
    scored.go_to(LAST + timedelta(days=1))
    scored.erase()
    if scored.database.is_sqlite:
        beside = Path(scored.database.place).parent.rglob("sise.db*/**/*")
        files = [*Path(scored.database.place).parent.glob("sise.db*"), *beside]
        left = b"".join(path.read_bytes() for path in files if path.is_file())
        assert "虚构〔2021〕1号".encode() not in left


def test_an_older_backup_brings_nothing_back(scored: StoreHarness, tmp_path: Path) -> None:
    """Deleted and restored after a backup was made, then the backup put back: the one stays
    deleted, the other restored.
    """
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, **OLD)
    scored.add(
        enterprise_id,
        kind="serious_violation_listing",
        severity="serious",
        decided_on="2026-09-30",
        record_id="own:list",
    )
    scored.fall(enterprise_id)
    assert scored.standing(enterprise_id)["colour"] == "red"
    backup(scored.database, tmp_path / "b.db")
    scored.go_to(LAST + timedelta(days=1))
    scored.enter(scored.facts.end("restored", "own:list", scored.day, "decision", "1"))
    colour = scored.standing(enterprise_id)["colour"]
    scored.erase()
    later = restore(tmp_path / "b.db", scored)
    assert (1, 1) == (later.deletions, len(later.restored))
    assert ["own:list", "own:list"] == records(scored)
    assert colour == scored.standing(enterprise_id)["colour"] != "red"
    assert [] == check(scored.database) == due_for_erasure_now(scored)


def due_for_erasure_now(harness: StoreHarness) -> list[object]:
    """What is still to be deleted."""
    with harness.database.read() as connection:
        return [
            overdue
            for overdue in due_for_erasure(connection, harness.day)
            if overdue.record_id.startswith("own")
        ]


def test_a_backup_is_the_store(scored: StoreHarness, tmp_path: Path) -> None:
    """What is put back from a backup has the digest of what was backed up, and passes the check."""
    before = scored.digest()
    backup(scored.database, tmp_path / "b.db")
    scored.add(scored.one("green"), kind="inspection", result="violation", occurred_on="2026-09-29")
    assert before != scored.digest()
    restore(tmp_path / "b.db", scored)
    assert before == scored.digest()
    assert [] == check(scored.database)
    with pytest.raises(InputError):
        backup(scored.database, tmp_path / "b.db")


def test_a_backup_while_others_write(scored: StoreHarness, tmp_path: Path) -> None:
    """Under load a backup is one state, a beginning of the store with every fact acknowledged
    before it, and so it is put back.
    """
    recorder = Recorder(scored.database, ACTOR, scored.clock)
    enterprise_ids = [scored.one(colour) for colour in ("blue", "green", "yellow")]
    acknowledged: list[int] = []
    is_over = threading.Event()

    def write(enterprise_id: str) -> None:
        """Enters facts of one enterprise until it is over."""
        while not is_over.is_set():
            make = scored.facts.add(enterprise_id, PROBLEM, "test")
            acknowledged.append(recorder.record(make, scored.version, scored.day).seq)

    with ThreadPoolExecutor(3) as threads:
        writing = [threads.submit(write, enterprise_id) for enterprise_id in enterprise_ids]
        try:
            while len(acknowledged) < 6 and not any(writer.done() for writer in writing):
                time.sleep(0.01)
            before = max(acknowledged)
            backup(scored.database, tmp_path / "b.db")
            while len(acknowledged) < 12 and not any(writer.done() for writer in writing):
                time.sleep(0.01)
        finally:
            is_over.set()
        assert [None] * 3 == [writer.result() for writer in writing]
    with unpacked(tmp_path / "b.db") as copy:
        kept = rows(copy)
        assert kept == rows(scored.database)[: len(kept)]
    assert before <= kept[-1][0] < max(acknowledged)
    restore(tmp_path / "b.db", scored)
    with scored.database.read() as connection:
        assert ([], []) == (check(scored.database), verify(connection).findings)
    assert kept == rows(scored.database)


def test_what_would_be_lost_is_named(scored: StoreHarness, tmp_path: Path) -> None:
    """A restoration gives up no entry that was not counted out: the entries behind the backup are named,
    another number is refused and changes nothing, and the state that is replaced is kept.
    """
    backup(scored.database, tmp_path / "b.db")
    for number in (1, 2):
        scored.add(scored.one("green"), record_id=f"own:{number}", **PROBLEM)
    before, count = rows(scored.database), scored.count("audit_event")
    for wrong in (0, 1, 3):
        with pytest.raises(StoreError, match="2 entries"):
            restore(tmp_path / "b.db", scored, discard=wrong)
    assert (before, count) == (rows(scored.database), scored.count("audit_event"))
    since = restore(tmp_path / "b.db", scored, discard=2)
    assert [(entry.kind, entry.what, entry.actor) for entry in since.lost] == [
        ("record added", "own:1", ACTOR),
        ("record added", "own:2", ACTOR),
    ]
    with unpacked(tmp_path / "kept-b.db") as kept:
        assert before == rows(kept)


def test_somebody_who_writes_meanwhile_loses_nothing(scored: StoreHarness, tmp_path: Path) -> None:
    """What was written after the loss was counted is not discarded with it."""
    backup(scored.database, tmp_path / "b.db")
    with prepared(tmp_path / "b.db", scored.database) as restoration:
        scored.add(scored.one("green"), record_id="own:late", **PROBLEM)
        with pytest.raises(StoreError, match="meanwhile"):
            restoration.put_in_place(0, ACTOR, scored.clock, tmp_path / "kept.db")
    assert ["own:late"] == records(scored)


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE record_version SET kind = 'honour' WHERE seq = (SELECT MIN(seq) FROM record_version)",
        "DROP INDEX ix_record_version_enterprise_id",
        "CREATE TRIGGER t AFTER INSERT ON step BEGIN DELETE FROM step; END",
        "UPDATE head SET event = 'abc'",
    ],
)
def test_a_tampered_backup_is_refused(scored: StoreHarness, tmp_path: Path, deed: str) -> None:
    """A backup that somebody changed is verified before it takes the place of anything."""
    backup(scored.database, tmp_path / "b.db")
    with sqlite3.connect(tmp_path / "b.db") as raw:
        raw.execute(deed)
    raw.close()
    before = scored.digest()
    with pytest.raises(StoreError, match="not as recorded"):
        restore(tmp_path / "b.db", scored)
    assert before == scored.digest()


def rows(database: Database) -> list[tuple[Any, ...]]:
    """Every version of a record, whole, in order."""
    with database.read() as connection:
        return [
            tuple(version)
            for version in connection.execute(select(RecordVersion.__table__).order_by(RecordVersion.seq))
        ]


def test_another_stores_backup_is_refused(scored: StoreHarness, tmp_path: Path, district: Path) -> None:
    """A backup whose log is no beginning of this store's is refused, and nothing is changed."""
    other = StoreHarness(Database(str(tmp_path / "other.db")))
    ready(other.database, other.clock)
    other.take(district)
    backup(other.database, tmp_path / "b.db")
    other.database.close()
    before = scored.digest()
    with pytest.raises(StoreError, match="not one of this store"):
        restore(tmp_path / "b.db", scored)
    assert before == scored.digest()


def test_what_is_exported_can_be_imported(scored: StoreHarness, tmp_path: Path) -> None:
    """An export read back into the same store holds nothing new and contradicts nothing; read
    into an empty one it gives the same.
    """
    counts = export(scored.database, tmp_path / "out")
    assert {
        "enterprises": scored.count("enterprise_version"),
        "records": scored.count("record_version"),
    } == counts
    before = scored.digest()
    again = scored.take(tmp_path / "out")
    assert (False, sum(counts.values())) == (again.changed, again.known)
    assert again.counts is not None and again.counts.rejected == 0
    assert before == scored.digest()
    other = Database(str(tmp_path / "other.db"))
    fresh = StoreHarness(other)
    ready(other, fresh.clock)
    fresh.take(tmp_path / "out")
    fresh.score()
    fresh.adopt()
    assert before == fresh.digest()
    other.close()


def test_check_finds_a_painted_standing(scored: StoreHarness) -> None:
    """A standing that is not what its assessments say is found in whichever column, and the enterprise named."""
    enterprise_id, chance = scored.one("blue"), random.Random(2026)
    table = table_of(Standing)
    row_of = table.c.enterprise_id == enterprise_id
    for column in table.columns:
        with scored.database.write() as connection:
            before = connection.execute(select(column).where(row_of)).scalar_one()
            painted = other(before, column, chance)
            connection.execute(table.update().where(row_of).values({column.name: painted}))
            found = [finding.text("en") for finding in wrong_projections(connection)]
            assert any(enterprise_id in finding for finding in found), (column.name, before, painted)
            connection.rollback()
    assert [] == check(scored.database)
