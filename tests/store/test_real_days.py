"""What is stored is of real days: not before the last one scored, not after today, by a clock that people vouch for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from stores import ACTOR, REVIEWERS, StoreHarness

from scoring.errors import SiseError, StoreError
from scoring.store.facts.deletion import due_for_erasure
from scoring.store.people.clock import confirm_clock, mend_clock
from scoring.store.standing.assessing import score_store

DAY = timedelta(days=1)
VISIT = {"kind": "inspection", "result": "no_problem", "occurred_on": "2026-09-29"}


@pytest.mark.parametrize(
    "as_of", [date(1, 1, 1), date(2026, 9, 29), date(2026, 10, 1), date(2099, 1, 1), date(9999, 12, 31)]
)
def test_no_other_day_is_written_for(scored: StoreHarness, as_of: date) -> None:
    """Neither a batch nor a fact nor a step is of a day before the last one scored or after today."""
    enterprise_id, version, before = scored.one("blue"), scored.version, scored.digest()
    entries, make = scored.count("audit_event"), scored.facts.add(enterprise_id, VISIT, "visit")
    scored.day = as_of
    with pytest.raises(SiseError):
        score_store(scored.database, version, as_of, ACTOR, scored.clock)
    with pytest.raises(SiseError):
        from scoring.store.standing.recording import Recorder

        Recorder(scored.database, ACTOR, scored.clock).record(make, version, as_of)
    assert (before, entries) == (scored.digest(), scored.count("audit_event"))


def test_a_fact_is_known_from_the_day_of_the_clock(scored: StoreHarness) -> None:
    """Whatever day was handed in, a single fact is known from today."""
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, record_id="own:1", **VISIT)
    with scored.database.read() as connection:
        known = connection.exec_driver_sql(
            "SELECT known_on FROM record_version WHERE record_id = 'own:1'"
        ).scalar()
    assert str(scored.day) == str(known)


def test_many_deletions_are_asked_for(scored: StoreHarness) -> None:
    """More than one record in a hundred goes only when its number is named, and then with the scoring."""
    scored.go_to(date(2031, 1, 1))
    with scored.database.read() as connection:
        number = len(due_for_erasure(connection, scored.day))
    records = scored.count("record_version")
    assert number * 100 > records
    for agreed in (None, number - 1, number + 1, 0):
        with pytest.raises(StoreError, match="deletion_not_agreed"):
            score_store(scored.database, scored.version, scored.day, ACTOR, scored.clock, agreed=agreed)
    assert records == scored.count("record_version")
    run = score_store(scored.database, scored.version, scored.day, ACTOR, scored.clock, agreed=number)
    assert (number, records - number) == (len(run.deleted), scored.count("record_version"))
    # What was deleted counted in nothing that was stored with it.
    assert 0 == score_store(scored.database, scored.version, scored.day, ACTOR, scored.clock).changed


def test_a_typed_day_deletes_nothing(scored: StoreHarness) -> None:
    """What is deleted follows from the clock: looking from an earlier day changes nothing of it."""
    scored.go_to(date(2031, 1, 1))
    with scored.database.read() as connection:
        number = len(due_for_erasure(connection, scored.day))
    run = score_store(scored.database, scored.version, date(2026, 10, 9), ACTOR, scored.clock, agreed=number)
    assert number == len(run.deleted)


def test_after_a_pause_somebody_vouches_for_the_clock(scored: StoreHarness) -> None:
    """A clock more than a day ahead of the last entry writes nothing until somebody has looked at it."""
    enterprise_id = scored.one("blue")
    scored.clock.now += timedelta(days=1, hours=1)
    scored.day += DAY
    with pytest.raises(StoreError, match="store_clock_ahead"):
        scored.add(enterprise_id, **VISIT)
    confirm_clock(scored.database, REVIEWERS[0], scored.clock)
    scored.add(enterprise_id, **VISIT)


def test_a_clock_that_was_wrong_is_mended_by_two(scored: StoreHarness) -> None:
    """After entries of 2099 nothing is written until two accounts say so; then days count from the mending."""
    enterprise_id, day = scored.one("blue"), scored.day
    scored.go_to(date(2099, 1, 1))
    scored.add(enterprise_id, record_id="own:1", **VISIT)
    scored.day, scored.clock.now = day, scored.clock.now.replace(year=2026, month=9, day=30)
    for _ in range(2):
        with pytest.raises(StoreError, match="store_clock_behind"):
            scored.add(enterprise_id, **VISIT)
        if _ == 0:
            assert mend_clock(scored.database, ACTOR, scored.clock) is None
            with pytest.raises(StoreError, match="second_account_needed"):
                mend_clock(scored.database, "Tester", scored.clock)
    with scored.database.read() as connection:
        later = connection.exec_driver_sql(
            f"SELECT count(*) FROM record_version WHERE known_on > '{day.isoformat()}'"
        ).scalar_one()
    assert later == mend_clock(scored.database, REVIEWERS[0], scored.clock) > 0
    for before in (date(1, 1, 1), day - DAY):
        with pytest.raises(StoreError, match="score_before_mend"):
            score_store(scored.database, scored.version, before, ACTOR, scored.clock)
    scored.add(enterprise_id, **VISIT)
    scored.score()


def test_the_first_scoring_paints_nobody_yellow_or_red(empty: StoreHarness, district: object) -> None:
    """Of an empty store the first scoring proposes what needs notice; two accounts may take over a stock."""
    empty.take(district)  # type: ignore[arg-type]
    run = empty.score()
    with empty.database.read() as connection:
        colours = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT colour FROM standing")}
    assert {"blue", "green"} >= colours - {None} and run.proposed > 0
    assert run.proposed == empty.adopt()
    with empty.database.read() as connection:
        colours = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT colour FROM standing")}
    assert {"yellow"} <= colours
    with pytest.raises(StoreError, match="nothing_to_adopt"):
        empty.adopt()


def test_one_account_takes_nothing_over(empty: StoreHarness, district: object) -> None:
    """The same account twice is one; another ground is another request; a new scoring ends the request."""
    from scoring.store.standing.adopting import adopt

    empty.take(district)  # type: ignore[arg-type]
    empty.score()
    assert adopt(empty.database, empty.version, "stock", ACTOR, empty.clock) is None
    with pytest.raises(StoreError, match="second_account_needed"):
        adopt(empty.database, empty.version, "stock", ACTOR, empty.clock)
    assert adopt(empty.database, empty.version, "another", REVIEWERS[0], empty.clock) is None
    empty.go_to(empty.day + DAY)
    empty.score()
    assert adopt(empty.database, empty.version, "another", REVIEWERS[1], empty.clock) is None
