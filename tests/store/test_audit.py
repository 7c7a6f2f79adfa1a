"""Nobody changes the past unseen, and every past colour follows from what was known:
on both databases.
"""

from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update
from stores import StoreHarness, lived
from tampering import unnoticed
from worlds import draft

from scoring.errors import ModelError
from scoring.policy import tables
from scoring.policy.language.points_table import ModelTable
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.replay import Auditor, replay
from scoring.store.audit.verify import verify
from scoring.store.standing.policies import stored_version
from scoring.store.tables.orm import AuditEvent, ModelText, table_of

DEEDS = int(os.environ.get("SISE_TAMPERINGS", "40"))
RESTORED = int(os.environ.get("SISE_RESTORED", "5"))
AUDITOR = Auditor("审计甲", "复核申请 2026-15")


def test_a_deleted_fact_leaves_no_word_of_it(scored: StoreHarness) -> None:
    """A single fact deleted by law leaves neither row nor payload nor salt, its entry still
    verifies; emptied by hand it does not.
    """
    scored.add(scored.one("blue"), record_id="gone:1", kind="administrative_penalty", decided_on="2026-09-30")
    scored.add(scored.one("blue"), record_id="kept:1", kind="honour", decided_on="2026-09-30")
    entries = table_of(AuditEvent)
    wanted = select(entries.c.seq).where(entries.c.payload.contains("gone:1"))
    with scored.database.read() as connection:
        number = connection.execute(wanted).scalar_one()
    scored.go_to(date(2031, 10, 31))
    scored.erase()
    with scored.database.write() as connection:
        entry = connection.execute(select(entries).where(entries.c.seq == number)).mappings().one()
        assert (entry["payload"], entry["salt"]) == (None, None)
        assert connection.execute(wanted).all() == []
        assert verify(connection).findings == []
        connection.execute(update(entries).where(entries.c.seq == number + 1).values(payload=None, salt=None))
        assert verify(connection).findings == [AuditFinding("changed", "audit_event", str(number + 1))]
        connection.rollback()


def test_every_past_colour_follows(scored: StoreHarness) -> None:
    """After years the log verifies, and every assessment is equal or lacks a deleted fact whose
    entry is named; none is different.
    """
    deleted = lived(scored, RESTORED)
    with scored.database.read() as connection:
        assert verify(connection).findings == []
    replayed = replay(scored.database, None, scored.clock, AUDITOR)
    total = scored.count("assessment")
    verdicts = {
        "equal": replayed.equal,
        "lawfully deleted": len(replayed.gone),
        "different": len(replayed.different),
    }
    print(f"{total} assessments replayed after {deleted} versions were deleted: {verdicts}")
    assert replayed.different == []
    assert replayed.equal + len(replayed.gone) == total
    assert deleted and replayed.gone
    with scored.database.read() as connection:
        deletions = set(
            connection.execute(select(AuditEvent.seq).where(AuditEvent.kind == "erased")).scalars()
        )
    assert {event for _, event in replayed.gone} <= deletions


def test_every_hand_is_seen(aged: StoreHarness) -> None:
    """Of random edits of single cells, deletions, insertions and exchanges in all tables every
    one is found, and the row named.
    """
    with aged.database.write() as connection:
        touched, missed = unnoticed(connection, DEEDS, random.Random(2022))
        connection.rollback()
    print(f"{sum(touched.values())} tamperings, {len(missed)} not found, by table: {touched}")
    assert missed == []


def test_a_result_of_a_model_follows_without_its_file(
    scored: StoreHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy is kept with the points table that it uses: replayed where the table's file is
    gone, its results are the same.
    """
    scored.go_to(date(2026, 12, 31))
    scored.drafted = draft("with-model")
    scored.score()
    pinned = scored.version.rules_sha256
    monkeypatch.setattr(tables, "MODELS", tmp_path)
    with pytest.raises(ModelError, match="cannot read the points table"):
        tables.read_pinned("district-demo", "0" * 64)
    replayed = replay(scored.database, None, scored.clock, AUDITOR)
    assert (scored.count("assessment"), [], []) == (replayed.equal, replayed.gone, replayed.different)
    assert 1 == scored.count("model")
    with scored.database.read() as connection:
        content = connection.exec_driver_sql("SELECT content FROM model").scalar_one()
    other = ModelTable.model_validate_json(content).model_copy(update={"seed": 99})
    other = other.model_copy(update={"sha256": tables.table_sha256(other)})
    # Other points, no table at all, and a sound table that is another one.
    for changed in (
        content.replace('"points":', '"points":1'),
        content[1:],
        other.model_dump_json(),
    ):
        with scored.database.write() as connection:
            connection.execute(table_of(ModelText).update().values(content=changed))
            with pytest.raises(ModelError, match="does not match its sha256"):
                stored_version(connection, pinned)
            connection.rollback()
