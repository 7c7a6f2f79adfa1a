"""Nobody leaves red, or comes back to it, by one hand alone, whatever lies between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stores import ACTOR, REVIEWERS, StoreHarness

from scoring.errors import StoreError, UsageError

BERT = REVIEWERS[1]
LISTING = {
    "kind": "serious_violation_listing",
    "severity": "serious",
    "decided_on": "2026-09-30",
    "record_id": "own:1",
}
DAY = timedelta(days=1)
Falling = tuple[StoreHarness, str]


@pytest.fixture
def falling(scored: StoreHarness) -> Falling:
    """A store with a proposed fall from blue to red, and whose."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, **LISTING)
    return scored, enterprise_id


@pytest.fixture
def red(falling: Falling) -> Falling:
    """A store with a red that is in effect, and whose."""
    harness, enterprise_id = falling
    harness.fall(enterprise_id)
    assert ("red", False) == shown(harness, enterprise_id)
    return harness, enterprise_id


def shown(harness: StoreHarness, enterprise_id: str) -> tuple[object, bool]:
    """The colour in effect, and whether a proposal is open."""
    standing = harness.standing(enterprise_id)
    return standing["colour"], bool(standing["proposed"])


def test_a_change_is_judged_from_the_last_rating(falling: Falling) -> None:
    """Not rated in between, a blue that comes back as red is proposed, and a red that comes back stays."""
    harness, enterprise_id = falling
    status = _moved(harness, enterprise_id, "moved")
    assert (None, False) == shown(harness, enterprise_id)
    status = _moved(harness, enterprise_id, "active", status)
    assert (None, True) == shown(harness, enterprise_id)
    assert "red" == harness.latest(enterprise_id)["colour"]


def _moved(harness: StoreHarness, enterprise_id: str, status: str, number: int = 0) -> int:
    """Enters another status of an enterprise as an import would, the next day, and scores."""
    harness.go_to(harness.day + DAY)
    with harness.database.read() as connection:
        row = dict(
            connection.exec_driver_sql(
                f"SELECT * FROM enterprise_version WHERE enterprise_id = '{enterprise_id}' "
                "ORDER BY created, known_on DESC, seq DESC LIMIT 1"
            )
            .mappings()
            .one()
        )
    columns = [
        name
        for name in row
        if name not in ("seq", "ground", "document", "event", "salt", "digest", "created")
    ]
    cells = {name: row[name] for name in columns} | {"status": status, "known_on": harness.day}
    folder = harness.folder / f"{status}-{number}"
    folder.mkdir()
    head = ",".join(columns)
    line = ",".join("" if cells[name] is None else str(cells[name]) for name in columns)
    (folder / "enterprises.csv").write_text(f"{head}\n{line}\n", encoding="utf-8")
    (folder / "records.csv").write_text("record_id,enterprise_id,kind\n", encoding="utf-8")
    harness.take(folder)
    harness.score()
    return number + 1


def test_better_is_at_once_when_somebody_else_decided(red: Falling) -> None:
    """The restoration of the record behind a red takes effect the day it is entered, by one hand."""
    harness, enterprise_id = red
    harness.enter(harness.facts.end("restored", "own:1", harness.day, "decision", "2026-12"))
    colour, proposed = shown(harness, enterprise_id)
    assert colour in ("blue", "green", "yellow") and not proposed


def test_a_restoration_needs_its_document(red: Falling) -> None:
    """A decision of somebody else has a document, whoever it is."""
    harness, _ = red
    with pytest.raises(UsageError, match="decision_without_document"):
        harness.facts.end("restored", "own:1", harness.day, "decision")
    with pytest.raises(UsageError, match="decision_without_document"):
        harness.facts.end("withdrawn", "own:1", harness.day, "decision", None, "court")


def test_one_hand_alone_withdraws_nothing_of_a_red(red: Falling) -> None:
    """Withdrawn by its own authority a record is disputed and the red stays; a second account ends it."""
    harness, enterprise_id = red
    harness.enter(harness.facts.end("withdrawn", "own:1", harness.day, "friend"))
    assert ("red", True) == shown(harness, enterprise_id)
    with pytest.raises(StoreError, match="second_account_needed"):
        harness.enter(harness.facts.second("own:1", "friend", ACTOR))
    harness.enter(harness.facts.second("own:1", "checked", BERT), BERT)
    colour, proposed = shown(harness, enterprise_id)
    assert colour != "red" and not proposed


def test_what_nobody_seconds_stands_again(red: Falling) -> None:
    """After three working days the record counts as before, and can no longer be seconded."""
    harness, enterprise_id = red
    harness.enter(harness.facts.end("withdrawn", "own:1", harness.day, "friend"))
    harness.go_to(harness.day + 7 * DAY)
    with pytest.raises(StoreError, match="claim_not_open"):
        harness.enter(harness.facts.second("own:1", "late", BERT), BERT)
    harness.score()
    assert ("red", False) == shown(harness, enterprise_id)
    with harness.database.read() as connection:
        last = connection.exec_driver_sql(
            "SELECT contest FROM record_version WHERE record_id = 'own:1' ORDER BY seq DESC"
        ).scalar()
    assert last != "disputed"
