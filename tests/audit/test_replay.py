"""Past assessments follow from what was known then, or the reason why not is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from crashing import DAY, clock, clock_of, fact, opened, policy, score_once, stored

from scoring.errors import UsageError
from scoring.store.audit.replay import Auditor, replay
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database

LATER = date(2026, 12, 31)
LATER_CLOCK = clock_of(LATER)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store with two batches and single facts between them,
    one of which was restored in the end.
    """
    path = stored(tmp_path_factory.mktemp("replay") / "sise.db")
    with opened(path) as database:
        recorder, version = Recorder(database, "tester", clock), policy()
        with database.read() as connection:
            enterprise_ids = list(
                connection.exec_driver_sql(
                    "SELECT enterprise_id FROM standing ORDER BY enterprise_id LIMIT 6"
                ).scalars()
            )
        for number, enterprise_id in enumerate(enterprise_ids):
            recorder.record(fact(number, enterprise_id), version, DAY)
    score_once(str(path), LATER)
    with opened(path) as database:
        Recorder(database, "tester", LATER_CLOCK).record(
            TypedFacts(LATER).end("restored", "crash:0", LATER, "信用修复决定", "1"), version, LATER
        )
        yield database


def count(store: Database) -> int:
    """How many assessments there are."""
    with store.read() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM assessment").scalar_one())


def test_every_assessment_follows_from_what_was_known(store: Database) -> None:
    """Batches and single facts of two days, replayed by an auditor: all equal."""
    replayed = replay(store, None, LATER_CLOCK, Auditor("审计甲", "复核"))
    assert (replayed.different, replayed.gone, replayed.withheld) == ([], [], [])
    assert replayed.equal == count(store) > 300


def test_what_was_restored_since_is_an_auditors(store: Database) -> None:
    """Without an auditor the assessments that used a record restored since are left alone; his
    look is logged with its purpose.
    """
    replayed = replay(store, None, LATER_CLOCK)
    with store.read() as connection:
        using_it = connection.exec_driver_sql(
            "SELECT a.number FROM assessment a JOIN record_version r ON r.enterprise_id = a.enterprise_id "
            "WHERE r.record_id = 'crash:0' AND r.restored_on IS NULL AND r.seq <= a.seq AND a.as_of < '2026-12-31'"
        ).scalars()
        assert set(using_it) <= set(replayed.withheld)
    assert replayed.equal + len(replayed.withheld) == count(store)
    replay(store, replayed.withheld, LATER_CLOCK, Auditor("审计甲", "复核申请 15"))
    with store.read() as connection:
        kind, actor, payload = connection.exec_driver_sql(
            "SELECT kind, actor, payload FROM audit_event ORDER BY seq DESC LIMIT 1"
        ).one()
    assert (kind, actor) == ("replayed", "审计甲")
    assert "复核申请 15" in payload


def test_an_auditor_has_a_name_and_a_purpose(store: Database) -> None:
    """A look at restored records without a name or a purpose is refused, and nothing is logged."""
    for auditor in (Auditor("", "复核"), Auditor("审计甲", " ")):
        with pytest.raises(UsageError, match="purpose"):
            replay(store, None, LATER_CLOCK, auditor)


def test_what_does_not_follow_is_named(store: Database, tmp_path: Path) -> None:
    """An assessment whose points were changed in the database is named with what is stored and
    what follows.
    """
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE assessment SET points = points + 1 WHERE number = 7")
    replayed = replay(store, [6, 7, 8], LATER_CLOCK, Auditor("审计甲", "复核"))
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE assessment SET points = points - 1 WHERE number = 7")
    assert [(difference.number, difference.column) for difference in replayed.different] == [(7, "points")]
    assert replayed.different[0].stored == replayed.different[0].computed + 1
    assert replayed.equal == 2
