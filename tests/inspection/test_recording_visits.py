"""A visit goes on record: its records and what follows from them, once, by who may, with all that the law wants of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from casework import DAY, OWN, firm, record
from visits import (
    CORRECTED,
    FINE,
    FIRE,
    OFFICERS,
    PROBLEM,
    VisitTown,
    answers,
    found,
    make_visit_town,
    quiet,
    visit,
)

from scoring.administration.inspection.new_visit import DepartmentPart, ItemAnswer, RecheckAnswer
from scoring.errors import SiseError, StoreError
from scoring.records.read.typed_record import RecordReader

NAMES = ("finding-a", "finding-b")
QUIET = quiet(6)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VisitTown]:
    """The town."""
    made = make_visit_town(tmp_path_factory.mktemp("visits"), NAMES, len(QUIET))
    yield made
    made.database.close()


def test_a_visit_gives_a_record_for_each_authority_and_field(town: VisitTown) -> None:
    """What was found stands with its gravity, what was corrected beside it costs nothing more; all in one act of the log."""
    before = town.count("audit_event")
    parts = (
        DepartmentPart(OWN, answers(food_licence=PROBLEM, food_pests=CORRECTED) | answers("market")),
        DepartmentPart(FIRE, answers("fire", FIRE, fire_wiring=CORRECTED)),
    )
    recorded = town.visits(visit(QUIET[0], departments=parts))
    rows = town.records(QUIET[0])
    said = {(row["authority"], row["field"]): (row["result"], row["severity"]) for row in rows}
    assert {
        ("柯城区虚构市场监管局", "food"): ("problem", "general"),
        ("柯城区虚构市场监管局", "market"): ("no_problem", None),
        ("柯城区虚构消防救援局", "fire"): ("corrected", "minor"),
    } == said
    assert (1, 1) == (town.count("audit_event") - before, len({row["event"] for row in rows}))
    assert (recorded.number, False) == (1, recorded.is_repeated)


def test_a_visits_records_are_as_a_file_would_bring_them(town: VisitTown) -> None:
    """The reader of canonical files gives the same row for what a record of a visit says."""
    reader = RecordReader()
    for row in town.records(QUIET[0]):
        typed = {name: str(row[name]) for name in row if name in TYPED and row[name] is not None}
        assert {name: row[name] for name in TYPED} == {name: reader.read(typed)[name] for name in TYPED}


TYPED = (
    *("record_id", "enterprise_id", "act_id", "kind", "field", "result", "severity", "scope", "occasion"),
    *("occurred_on", "authority", "document_no", "basis_document_no", "source", "known_on", "contest"),
)


def test_the_worse_colour_is_proposed(town: VisitTown) -> None:
    """What was found lowers the result, which is proposed; the colour in effect stays."""
    assert ("green", False) == town.colour(QUIET[1])
    town.visits(found(QUIET[1], {"food_licence": PROBLEM}))
    assert ("green", True) == town.colour(QUIET[1])


def test_the_same_request_changes_nothing(town: VisitTown) -> None:
    """However often it comes; with other content it is refused, and the same visit under another key too."""
    first = town.visits(visit(QUIET[2]), "a key of one")
    before = {table: town.count(table) for table in ("audit_event", "record_version", "inspection_visit")}
    again = town.visits(visit(QUIET[2]), "a key of one")
    assert (first.number, True) == (again.number, again.is_repeated)
    for other, key in ((visit(QUIET[2], received_by="丁"), "a key of one"), (visit(QUIET[2]), "another key")):
        with pytest.raises(StoreError):
            town.visits(other, key)
    assert before == {table: town.count(table) for table in before}


def test_a_recheck_closes_its_finding(town: VisitTown) -> None:
    """Corrected, the finding costs nothing and the record says what it was about; not corrected, it stays open."""
    for name, corrected in (("finding-a", True), ("finding-b", False)):
        part = DepartmentPart(OWN, {}, {record(name): RecheckAnswer(corrected)})
        points = town.standing(firm(name))["latest"]
        town.visits(visit(name, occasion="followup", task_no="", departments=(part,)))
        row = town.records(name)[-1]
        assert (record(name), "followup", "no_problem" if corrected else "problem") == (
            row["refers_to"],
            row["occasion"],
            row["result"],
        )
        assert corrected == (town.standing(firm(name))["latest"] != points)
    assert 100 == town.latest(firm("finding-a"))["points"]


@pytest.mark.parametrize("presence", ["closed", "moved", "not_found"])
def test_nobody_there_is_a_task_of_the_registrar(town: VisitTown, presence: str) -> None:
    """No point, no status; a task for who keeps the registration."""
    name = {"closed": QUIET[3], "moved": QUIET[4], "not_found": QUIET[5]}[presence]
    before = town.latest(firm(name))
    town.visits(
        visit(name, presence=presence, departments=(DepartmentPart(FIRE),), received_by="", receipt="")
    )
    after = town.latest(firm(name))
    assert (before["points"], before["band"]) == (after["points"], after["band"])
    with town.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind, enterprise_id, content FROM step WHERE kind = 'registrar_task'"
        )
        steps = {row[1]: row[2] for row in rows}
    assert '"office":"330802-market"' in steps[firm(name)]


def wrong(**changes: Any) -> dict[str, Any]:
    """Changes of a whole visit."""
    return changes


LACKING = {
    "visit_officers": wrong(officers=OFFICERS[:1]),
    "visit_in_future": wrong(visited_on=DAY + timedelta(days=1)),
    "visit_too_late": wrong(visited_on=DAY - timedelta(days=11), late_reason="停电"),
    "visit_late_without_reason": wrong(visited_on=DAY - timedelta(days=3)),
    "visit_without_order": wrong(order_no=" "),
    "visit_occasion": wrong(occasion="whim"),
    "visit_without_task": wrong(task_no=""),
    "visit_exception": wrong(cap_exception="whim", cap_document="1"),
    "visit_exception_without_document": wrong(cap_exception="complaint"),
    "visit_without_recipient": wrong(received_by=""),
    "visit_without_signature": wrong(receipt=""),
    "visit_refusal_without_words": wrong(receipt="refused"),
    "visit_text": wrong(remarks="x" * 2_001),
    "visit_departments": wrong(departments=()),
    "visit_presence": wrong(presence="asleep"),
    "visit_items_of_nobody": wrong(presence="closed"),
    "visit_item_unknown": wrong(departments=(DepartmentPart(FIRE, answers()),)),
    "visit_without_items": wrong(
        departments=(DepartmentPart(OWN, {"food_pests": ItemAnswer("not_checked")}),)
    ),
    "visit_answer": wrong(departments=(DepartmentPart(OWN, answers(food_pests=ItemAnswer(""))),)),
    "visit_severity": wrong(departments=(DepartmentPart(OWN, answers(food_pests=ItemAnswer("problem"))),)),
    "visit_finding_of_none": wrong(
        departments=(DepartmentPart(OWN, answers(food_pests=replace(FINE, severity="minor"))),)
    ),
    "visit_recheck_day": wrong(
        departments=(DepartmentPart(OWN, answers(food_pests=replace(PROBLEM, recheck_on=DAY))),)
    ),
    "visit_key_item": wrong(
        departments=(DepartmentPart(OWN, answers(food_licence=ItemAnswer("not_checked"))),)
    ),
    "visit_photos": wrong(
        departments=(DepartmentPart(OWN, answers(food_pests=replace(PROBLEM, photos=("0" * 64,) * 7))),)
    ),
    "grant_department_unknown": wrong(departments=(DepartmentPart("nobody", answers()),)),
    "recheck_of_no_finding": wrong(
        departments=(DepartmentPart(OWN, {}, {record(QUIET[2]): RecheckAnswer(True)}),)
    ),
}


@pytest.mark.parametrize("code", LACKING)
def test_what_a_visit_lacks_is_said(town: VisitTown, code: str) -> None:
    """Each rule by its own sentence, and nothing is stored."""
    before = {table: town.count(table) for table in ("audit_event", "record_version", "inspection_visit")}
    with pytest.raises(SiseError) as refused:
        town.visits(visit(QUIET[2], act_no="no such", **LACKING[code]), f"lacking {code}")
    assert code == refused.value.code and "{" not in refused.value.zh + refused.value.en
    assert before == {table: town.count(table) for table in before}


def test_late_with_a_reason_and_in_an_emergency(town: VisitTown) -> None:
    """Within ten days; the number of the approval may come later."""
    late = visit(
        QUIET[2], visited_on=DAY - timedelta(days=10), late_reason="停电", act_no="late 1", task_no="8"
    )
    urgent = visit(QUIET[2], order_no="", emergency="燃气泄漏", act_no="urgent 1", task_no="9")
    assert [False, False] == [town.visits(new).is_repeated for new in (late, urgent)]


def test_a_finding_weighs_as_its_gravest(town: VisitTown) -> None:
    """Of several findings the gravest that is still open stands; corrected ones alone are told as such."""
    serious = replace(CORRECTED, severity="serious")
    new = found(QUIET[2], {"food_labels": PROBLEM, "food_pests": serious}, act_no="gravest 1", task_no="10")
    town.visits(new)
    assert ("problem", "general") == (
        town.records(QUIET[2])[-1]["result"],
        town.records(QUIET[2])[-1]["severity"],
    )
    town.visits(found(QUIET[2], {"food_pests": serious}, act_no="gravest 2", task_no="11"))
    assert ("corrected", "serious") == tuple(
        town.records(QUIET[2])[-1][name] for name in ("result", "severity")
    )


def test_the_day_is_the_visits(town: VisitTown) -> None:
    """The record is of the day of the visit and known from the day of its entry."""
    rows = [row for row in town.records(QUIET[2]) if row["document_no"] == "late 1"]
    assert [(date(2026, 9, 20), DAY)] == [(row["occurred_on"], row["known_on"]) for row in rows]
