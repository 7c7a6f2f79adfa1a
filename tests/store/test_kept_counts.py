"""Counts that are kept beside the facts: what a batch leaves is what counting everything anew gives."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from casework import make_counter
from sqlalchemy import select
from stores import LATER, StoreHarness, lived

from scoring.administration.figures.filters import FigureFilters
from scoring.administration.figures.month_figures import StatementScope
from scoring.administration.figures.statements import make_statement
from scoring.administration.figures.whole_figures import figures_of
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.store.audit.verify import verify
from scoring.store.facts.counted_facts import renew_counted_facts
from scoring.store.facts.directory import renew_directory
from scoring.store.keep.transfer import backup, put_in_place, unpacked
from scoring.store.people.grants import Grant
from scoring.store.standing.counts import recount
from scoring.store.tables.orm import Assessment, EnterpriseVersion, RecordVersion, table_of
from scoring.store.tables.orm_figures import (
    ColourMonth,
    ColourMove,
    OftenVisited,
    RestoredRecord,
    Visit,
    VisitSpread,
)

COUNTED = (Visit, VisitSpread, OftenVisited, RestoredRecord, ColourMonth, ColourMove)


def counts(harness: StoreHarness) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of counts."""
    with harness.database.read() as connection:
        return {
            model.__tablename__: sorted(map(tuple, connection.execute(select(table_of(model)))), key=repr)
            for model in COUNTED
        }


def first_visits(harness: StoreHarness, count: int) -> list[str]:
    """Some enterprises that were visited."""
    with harness.database.read() as connection:
        query = select(Visit.enterprise_id).distinct().order_by(Visit.enterprise_id).limit(count)
        return list(connection.execute(query).scalars())


def test_a_recount_gives_the_same(scored: StoreHarness) -> None:
    """After months with new facts, corrections, restorations and moves the counts are those of counting anew."""
    with scored.database.read() as connection:
        version = table_of(RecordVersion).c
        query = select(version.record_id).where(version.kind == "honour").distinct()
        honours = list(connection.execute(query.order_by(version.record_id)).scalars())
    for number, day in enumerate((date(2026, 10, 31), date(2026, 11, 15), date(2026, 11, 30))):
        scored.go_to(day)
        for enterprise_id in first_visits(scored, 3):
            scored.add(
                enterprise_id,
                kind="inspection",
                field="food",
                result="problem",
                severity="serious",
                occurred_on=day.isoformat(),
                authority="柯城区虚构市场监管局",
            )
        scored.enter(scored.facts.end("restored", honours[number], day, "信用修复决定", "修复1号"))
        scored.score()
    before = counts(scored)
    assert all(before.values())
    assert ["2026-09", "2026-10", "2026-11"] == sorted({row[1] for row in before["colour_month"]})
    recount(scored.database)
    assert before == counts(scored)


def test_nothing_new_is_counted_twice(scored: StoreHarness) -> None:
    """Run again without a new fact nothing is looked at, and a new visit is one row more."""
    scored.score()
    assert 0 == renew_counted_facts(scored.database)
    who, visits = first_visits(scored, 1)[0], scored.count("visit")
    scored.add(who, kind="inspection", field="food", result="no_problem", occurred_on="2026-09-28")
    renew_directory(scored.database)
    assert (1, visits + 1) == (renew_counted_facts(scored.database), scored.count("visit"))


def test_what_is_withdrawn_is_counted_no_longer(scored: StoreHarness) -> None:
    """A visit that its authority withdraws, as two people say, is gone."""
    scored.score()
    who = first_visits(scored, 1)[0]
    mine = visits_at(scored, who)
    scored.enter(scored.facts.end("withdrawn", mine[0], scored.day, "test", None), by="anna")
    scored.enter(scored.facts.second(mine[0], "test", "bert"), by="bert")
    renew_directory(scored.database)
    renew_counted_facts(scored.database)
    assert mine[1:] == visits_at(scored, who)


def visits_at(harness: StoreHarness, who: str) -> list[str]:
    """The counted visits of an enterprise."""
    query = select(Visit.record_id).where(Visit.enterprise_id == who).order_by(Visit.record_id)
    with harness.database.read() as connection:
        return list(connection.execute(query).scalars())


def test_visits_move_with_their_enterprise(scored: StoreHarness, tmp_path: Path) -> None:
    """An enterprise that another area supervises now takes its visits along."""
    scored.score()
    who = first_visits(scored, 1)[0]
    with scored.database.read() as connection:
        version = table_of(EnterpriseVersion)
        row = connection.execute(select(version).where(version.c.enterprise_id == who)).mappings().first()
    assert row is not None
    there = {name: row[name] for name in ENTERPRISE_COLUMNS} | {"supervised_by": "330881-T77"}
    pd.DataFrame([{**there, "known_on": "2026-09-29", "source": ""}]).to_csv(
        tmp_path / "enterprises.csv", index=False
    )
    pd.DataFrame(columns=list(RECORD_COLUMNS)).to_csv(tmp_path / "records.csv", index=False)
    scored.take(tmp_path)
    scored.score()
    with scored.database.read() as connection:
        areas = select(Visit.area).where(Visit.enterprise_id == who).distinct()
        assert ["330881-T77"] == list(connection.execute(areas).scalars())
    before = counts(scored)
    recount(scored.database)
    assert before == counts(scored)


def test_what_the_law_deletes_is_counted_no_longer(scored: StoreHarness) -> None:
    """No count names a record that is gone, and the log still verifies."""
    assert lived(scored) > 0 and scored.day == LATER
    with scored.database.read() as connection:
        stored = select(table_of(RecordVersion).c.record_id)
        for model in (Visit, RestoredRecord):
            assert [] == connection.execute(select(model).where(model.record_id.not_in(stored))).all()
        assert [] == verify(connection).findings
    before = counts(scored)
    recount(scored.database)
    after = counts(scored)
    for table in ("visit", "visit_spread", "often_visited", "restored_record"):
        assert before[table] == after[table]


def test_a_backup_brings_its_own_counts(scored: StoreHarness, tmp_path: Path) -> None:
    """Put in the place of a store that went on, a backup is counted as if the other had never been."""
    scored.score()
    before = counts(scored)
    backup(scored.database, tmp_path / "kept.db")
    scored.add(first_visits(scored, 1)[0], kind="inspection", result="problem", occurred_on="2026-09-29")
    scored.score()
    assert before != counts(scored)
    with ExitStack() as stack:
        put_in_place(stack.enter_context(unpacked(tmp_path / "kept.db")), scored.database)
    assert before == counts(scored)


def test_an_older_store_is_counted_by_its_next_batch(scored: StoreHarness) -> None:
    """Of months before there were counts the next batch counts what the assessments say."""
    scored.score()
    scored.go_to(date(2026, 10, 31))
    scored.score()
    before = counts(scored)
    with scored.database.write() as connection:
        for model in COUNTED:
            connection.execute(table_of(model).delete())
        connection.exec_driver_sql("DELETE FROM counted_up_to")
    scored.score()
    after = counts(scored)
    assert before["visit"] == after["visit"] and before["colour_move"] == after["colour_move"]
    months = [[row[:6] for row in rows["colour_month"]] for rows in (before, after)]
    assert months[0] == months[1]


def test_counts_cover_every_enterprise(scored: StoreHarness) -> None:
    """The bands of a month add up to all who were assessed."""
    scored.score()
    with scored.database.read() as connection:
        assessed = set(connection.execute(select(Assessment.enterprise_id)).scalars())
        whole = select(ColourMonth.enterprises).where(ColourMonth.field == "")
        assert len(assessed) == sum(connection.execute(whole).scalars())


def test_either_database_answers(scored: StoreHarness) -> None:
    """The five figures and a statement are asked of SQLite and of PostgreSQL alike; the next statement is frozen."""
    scored.score()
    for grant in (
        Grant("", "supervisor", ""),
        Grant("", "supervisor", "", frozenset({"330802"}), frozenset({"330802-market", "330802-fire"})),
    ):
        filters = FigureFilters([grant], "2025-10", "2026-09", scored.day)
        with scored.database.read() as connection:
            whole = figures_of(connection, scored.version, filters, steps=-1)
            food = figures_of(connection, scored.version, replace(filters, field="food", area="330802"))
        assert whole.visits.whole.visits >= food.visits.whole.visits > 0
        assert sum(whole.colours.whole["2026-09"].values()) > 0 and food.colours.by_field
    scope = StatementScope("2026-08", "330800", None)
    made = [make_statement(scored.database, scored.version, scope, "anna", scored.clock) for _ in range(2)]
    assert [True, False] == [one.is_new for one in made]
    assert made[0].statement.csv("zh") == made[1].statement.csv("zh")


def test_first_results_that_are_adopted_are_counted(tmp_path: Path) -> None:
    """The month shows them at once, and as it would counted anew."""
    store = make_counter(tmp_path, ("penalty-a", "listing-a"))
    before = counts(store)["colour_month"]
    assert 2 == store.adopt()
    after = counts(store)["colour_month"]
    assert {""} == {row[4] for row in before} and {"C", "D"} == {row[4] for row in after}
    recount(store.database)
    assert after == counts(store)["colour_month"]
    store.database.close()
