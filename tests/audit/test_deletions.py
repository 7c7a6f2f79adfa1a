"""A deletion is lawful where it shows that it was due, and is forged where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from forging import EVENTS, RECORDS, Forger, Row
from stores import StoreHarness, ready

from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.audit.verify import verify
from scoring.store.facts.importing import import_source
from scoring.store.log.note import Checkpoint
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
DAY = date(2026, 9, 30)
NOON = datetime(2026, 9, 30, 4, tzinfo=UTC)


def clock() -> datetime:
    """A time at which nothing of the sample is due, but little."""
    return NOON


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store that has been scored."""
    database = Database(str(tmp_path_factory.mktemp("deletions") / "sise.db"))
    ready(database, clock)
    import_source(database, SourceSpec("canonical", SAMPLE), "tester", clock)
    score_store(database, load_policy("quzhou-demo", DAY), DAY, "tester", clock)
    yield database
    database.close()


def one_that_is_not_due(forger: Forger) -> list[Row]:
    """All versions of a penalty of this year."""
    this_year = (RECORDS.c.kind == "administrative_penalty") & (RECORDS.c.decided_on > date(2026, 1, 1))
    first_seq = forger.rows(RECORDS, this_year)[0]["first_seq"]
    return forger.rows(RECORDS, RECORDS.c.first_seq == first_seq)


def well_formed(forger: Forger) -> None:
    """Digests where they belong, an entry of the right kind: all but the ground."""
    forger.delete_versions(one_that_is_not_due(forger), "erased", DAY.isoformat())


def restored(forger: Forger) -> None:
    """The same as what a restoration deletes."""
    forger.delete_versions(one_that_is_not_due(forger), "backup restored", DAY.isoformat())


def dated_ahead(forger: Forger) -> None:
    """Due by a day that is to come, by an entry that says that it has come."""
    forger.delete_versions(
        one_that_is_not_due(forger), "erased", "2041-01-01", "2041-01-01T00:00:00.000+00:00"
    )


def due_later(forger: Forger) -> None:
    """Due by a day that is to come, by an entry of today."""
    forger.delete_versions(one_that_is_not_due(forger), "erased", "2041-01-01")


def opened_otherwise(forger: Forger) -> None:
    """Opened with a day that it did not have."""
    forger.delete_versions(one_that_is_not_due(forger), "erased", DAY.isoformat(), decided_on="2015-01-01")


def without_an_entry(forger: Forger) -> None:
    """By an entry that deletes nothing."""
    forger.delete_versions(one_that_is_not_due(forger), "record withdrawn", DAY.isoformat())


def no_day(forger: Forger) -> None:
    """By a day that is none."""
    forger.delete_versions(one_that_is_not_due(forger), "erased", "one day")


FORGERIES = (
    well_formed,
    restored,
    dated_ahead,
    due_later,
    opened_otherwise,
    without_an_entry,
    no_day,
)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_deletion_is_found(store: Database, forge: Callable[[Forger], None]) -> None:
    """Whoever deletes a record with digest, entry, leaf and head must show that it was due: a published
    checkpoint does not reach so far, and none is needed.
    """
    with store.write() as connection:
        forger, before = Forger(connection), verify(connection)
        gone = {str(version["seq"]) for version in one_that_is_not_due(forger)}
        forge(forger)
        points = [Checkpoint("audit.example.gov.cn", before.events, before.root)]
        report = verify(connection, points, today=DAY)
        connection.rollback()
    assert before.findings == []
    assert gone == {finding.key for finding in report.findings if finding.what == "unproven"}
    assert report.deletions == []


def test_part_of_a_record_is_not_deleted(store: Database) -> None:
    """Of a record that was due all versions go: who leaves the later ones, which may say otherwise, is
    found.
    """
    with store.write() as connection:
        forger = Forger(connection)
        (first, *_) = one_that_is_not_due(forger)
        old = {**first, "decided_on": date(2015, 1, 1), "seq": 10**6, "first_seq": 10**6}
        forger.put(RECORDS, old)
        forger.put(RECORDS, {**old, "seq": 10**6 + 1, "decided_on": date(2026, 2, 1)})
        forger.rebind([first["event"]])
        forger.delete_versions(forger.rows(RECORDS, RECORDS.c.seq == 10**6), "erased", DAY.isoformat())
        findings = verify(connection, today=DAY).findings
        connection.rollback()
    assert [(finding.what, finding.key) for finding in findings] == [("unproven", str(10**6))]


def test_a_payload_is_not_emptied_by_saying_so(store: Database) -> None:
    """An entry that names another's payload as deleted empties none but those of the facts it deleted."""
    with store.write() as connection:
        forger = Forger(connection)
        connection.execute(EVENTS.update().where(EVENTS.c.seq == 1).values(payload=None, salt=None))
        forger.append("erased", {"rules": {}, "due": {}, "entries": [1]})
        findings = verify(connection, today=DAY).findings
        connection.rollback()
    assert [(finding.what, finding.table, finding.key) for finding in findings] == [
        ("changed", "audit_event", "1")
    ]


def test_lawful_deletions_are_listed(store: Database) -> None:
    """What the law has deleted is sound, and each deletion since the checkpoint is told: how much, by
    which day and under which rule.
    """
    later = date(2031, 6, 30)
    with store.read() as connection:
        before = verify(connection)
    harness = StoreHarness(store, later)
    harness.go_to(later)
    deleted = harness.erase()
    with store.read() as connection:
        points = [Checkpoint("audit.example.gov.cn", before.events, before.root)]
        report, after = verify(connection, points), verify(connection, today=date(2031, 6, 29))
    assert report.findings == []
    (deletion,) = report.deletions
    assert (deletion.versions, deletion.day, deletion.entry.actor) == (deleted, "2031-06-30", "tester")
    assert 0 < deletion.records <= deletion.versions
    assert all(rule.startswith("zhejiang_deletion") for rule in deletion.rules)
    # By a clock that was set ahead nothing is due.
    assert len([finding for finding in after.findings if finding.what == "unproven"]) == deleted
