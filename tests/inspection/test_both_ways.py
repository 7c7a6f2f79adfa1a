"""A visit that is recorded on the spot and arrives by file is one, in either order; a difference is a case with a way out.

The campaign has 1,000 visits; a run of the tests some of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from casework import OWN
from visits import VisitTown, make_visit_town
from visits_both_ways import Twice, take_both_ways, told_twice, write_results

from scoring.administration.casework.case_files import CaseFile, CaseFilters, open_cases
from scoring.errors import StoreError

VISITS = int(os.environ.get("SISE_VISITS", "40"))
ENTERPRISES = max(4, VISITS // 12)


@pytest.fixture(scope="module")
def visits() -> list[Twice]:
    """The visits."""
    return told_twice(20, VISITS, ENTERPRISES)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, visits: list[Twice]) -> VisitTown:
    """The town, after all of them came both ways."""
    folder = tmp_path_factory.mktemp("both")
    made = make_visit_town(folder, without_trouble=ENTERPRISES)
    take_both_ways(made, visits, folder)
    return made


def standing(town: VisitTown, one: Twice) -> list[Mapping[str, Any]]:
    """The latest versions of the records of a visit that are not withdrawn."""
    _office, field, _word = one.place
    rows = [
        row
        for row in town.records(one.name, None)
        if row["field"] == field and not str(row["record_id"]).startswith("source:")
    ]
    latest = {row["record_id"]: row for row in rows}
    mine = {f"inspection-result:R{one.number}"} | {
        row["record_id"]
        for row in latest.values()
        if row["basis_document_no"] in (one.screen.task, one.file.task, "-")
    }
    return [row for record_id, row in latest.items() if record_id in mine and row["withdrawn_on"] is None]


def cases(town: VisitTown, *, closed: bool = False) -> dict[str, list[CaseFile]]:
    """The cases about differences by record."""
    filters = CaseFilters(kinds=["visit_difference"], closed=closed)
    by_record: dict[str, list[CaseFile]] = {}
    with town.database.read() as connection:
        for case in open_cases(connection, filters, town.day):
            by_record.setdefault(str(case.opening.record_id), []).append(case)
    return by_record


def test_each_visit_is_one(town: VisitTown, visits: list[Twice]) -> None:
    """One record tells of it, whoever came first, and says what was said first."""
    wrong = {}
    for one in visits:
        rows = standing(town, one)
        said = [(row["occurred_on"], row["result"], row["severity"]) for row in rows]
        if said != [(one.first.day, one.first.result, one.first.severity)]:
            wrong[one.number] = (said, one)
    assert {} == wrong
    assert len(visits) == town.count("visit_minutes") == town.count("inspection_visit")


def test_each_difference_is_a_case(town: VisitTown, visits: list[Twice]) -> None:
    """And nothing else is one; the same file again opens no second."""
    by_record = cases(town)
    different = {str(standing(town, one)[0]["record_id"]) for one in visits if one.differs}
    assert different == set(by_record)
    assert {1} == {len(files) for files in by_record.values()}
    print(
        f"\n{len(visits)} visits both ways: {len(visits)} visits, {len(different)} differences, each a case"
    )


def test_each_case_has_a_way_out(town: VisitTown, visits: list[Twice], tmp_path: Path) -> None:
    """Taken, the record says what the other report says; kept, it stays; the next night's file opens nothing again."""
    by_record = cases(town)
    different = [one for one in visits if one.differs]
    for number, one in enumerate(different[:12]):
        record_id = str(standing(town, one)[0]["record_id"])
        outcome = ("taken", "kept")[number % 2]
        town.follow("answer", by_record[record_id][0].number, outcome=outcome, office=one.place[0])
        row, wanted = standing(town, one)[0], one.second if outcome == "taken" else one.first
        said = (row["occurred_on"], row["result"], row["severity"])
        assert said[:2] == (wanted.day, wanted.result), one
        assert said[2] == (
            wanted.severity or (one.first.severity if wanted.result == one.first.result else None)
        ), one
    still_open = {record for record, files in cases(town).items() if files}
    town.take(write_results(tmp_path / "next", list(reversed(visits))), "inspection-results")
    assert still_open == set(cases(town)) and len(different) == sum(
        map(len, cases(town, closed=True).values())
    )


def test_who_recorded_it_does_not_settle_it(town: VisitTown, visits: list[Twice]) -> None:
    """Neither the inspector nor who imported the file says which of them is right."""
    record_id, files = next(iter(cases(town).items()))
    recorder = "anna" if record_id.startswith("visit:") else "tester"
    with pytest.raises(StoreError):
        town.follow("answer", files[0].number, recorder, outcome="kept", office=OWN)


def test_a_file_without_news_changes_nothing(town: VisitTown, visits: list[Twice], tmp_path: Path) -> None:
    """A whole night of rows that are all known is no version of anything."""
    before = town.count("record_version")
    imported = town.take(write_results(tmp_path / "quiet", visits[::2]), "inspection-results")
    assert (before, 0) == (town.count("record_version"), imported.records)
