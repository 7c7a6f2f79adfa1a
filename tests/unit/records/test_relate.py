"""Who stands to whom: matters by evidence, re-checks of the only open finding, grades of a series."""

from __future__ import annotations

from typing import Any

import pytest
from relating import OTHER, Row, day, linked, row


def matters(*rows: Row) -> list[set[str]]:
    """The records that belong together."""
    found: dict[str, set[str]] = {}
    for record_id, record in linked(*rows).items():
        if record["matter"] is not None:
            found.setdefault(record["matter"], set()).add(record_id)
    return sorted(found.values(), key=sorted)


VISIT = row("visit", "inspection", 0, result="problem", document_no="虚检〔2026〕11号")
ORDER = row(
    "order", "rectification_order", 5, document_no="虚改〔2026〕22号", basis_document_no="虚检〔2026〕11号"
)
PENALTY = row(
    "penalty",
    "administrative_penalty",
    30,
    document_no="虚罚〔2026〕33号",
    basis_document_no="虚改〔2026〕22号",
)


def test_what_cites_the_other_belongs_together() -> None:
    """Visit, order and penalty are one matter though the penalty names the order alone; the gravest comes first."""
    records = linked(VISIT, ORDER, PENALTY)
    assert [{"visit", "order", "penalty"}] == matters(VISIT, ORDER, PENALTY)
    assert ["penalty", "order", "visit"] == sorted(records, key=lambda name: records[name]["matter_rank"])
    assert {1} == {record["related"] for record in records.values()}


def test_without_evidence_nothing_is_joined() -> None:
    """The same bureau, field and days are no evidence."""
    bare = [{**given, "basis_document_no": None} for given in (VISIT, ORDER, PENALTY)]
    assert [] == matters(*bare)
    assert {0} == {record["related"] for record in linked(*bare).values()}


def test_a_given_matter_joins_and_parts() -> None:
    """What an officer joined is one matter; what an officer parted is none, whatever it cites."""
    joined = [
        row("a", "inspection", 0, result="problem", matter_id="M1"),
        row("b", "accident", 9, matter_id="M1"),
    ]
    assert [{"a", "b"}] == matters(*joined)
    assert [{"order", "visit"}] == matters(VISIT, ORDER, {**PENALTY, "matter_id": "-"})


@pytest.mark.parametrize(
    ("second", "together"),
    [
        ({"authority": "虚构市监局分局"}, True),
        ({"authority": "虚构市监局分局", "document_no": "虚罚 [2026] 33 号"}, True),
        ({"authority": "虚构市监局分局", "decided_on": day(31)}, False),
        ({"authority": "虚构市监局分局", "document_no": "〔2026〕33号"}, False),
        ({"document_no": "虚罚〔2026〕34号"}, False),
    ],
)
def test_one_decision_under_two_names(second: Row, together: bool) -> None:
    """The same marked number on the same day is one decision whoever reports it; without a mark, of one authority alone."""
    first = {**PENALTY, "basis_document_no": None}
    found = matters(first, {**first, "record_id": "again", "act_id": "again", **second})
    assert ([{"penalty", "again"}] if together else []) == found


def finding(record_id: str, at: int, **changes: Any) -> Row:
    """A visit with an open finding."""
    return row(record_id, "inspection", at, result="problem", **changes)


def check(record_id: str, at: int, result: str = "no_problem", **changes: Any) -> Row:
    """A follow-up that names nothing."""
    return row(record_id, "inspection", at, **{"result": result, "occasion": "followup", **changes})


def closings(*rows: Row) -> dict[str, str | None]:
    """By check, the finding that it is about."""
    records = linked(*rows)
    return {name: record["recheck_of"] for name, record in records.items() if record["recheck_of"]}


def test_a_follow_up_closes_the_only_open_finding() -> None:
    """A plain one is a day on the finding; a second finding after it is closed by the next follow-up."""
    rows = [finding("f", 0), check("c", 20), finding("g", 50), check("d", 80)]
    assert {"c": "f", "d": "g"} == closings(*rows)
    records = linked(*rows)
    assert (day(21), day(81)) == (records["f"]["closed_on"], records["g"]["closed_on"])
    assert {0} == {record["related"] for record in records.values()}


def test_of_two_open_findings_none_is_guessed() -> None:
    """One re-check of two open findings closes neither; the one that it names it does."""
    rows = [finding("f", 0), finding("g", 10)]
    assert {} == closings(*rows, check("c", 20))
    assert {"c": "g"} == closings(*rows, check("c", 20, refers_to="g"))
    assert {"c": "g", "d": "f"} == closings(*rows, check("c", 20, refers_to="g"), check("d", 30))


def not_attributed(*rows: Row) -> dict[str, int]:
    """By passed re-check that is attributed to nothing, how many findings were open."""
    records = linked(*rows)
    return {
        name: record["open_findings"]
        for name, record in records.items()
        if record["open_findings"] is not None
    }


def test_what_is_not_attributed_says_so() -> None:
    """A passed re-check that closes nothing has the number of findings that were open; one that closes, names or failed has none."""
    rows = [finding("f", 0), finding("g", 10)]
    assert {"c": 2} == not_attributed(*rows, check("c", 20))
    assert {"c": 0} == not_attributed(check("c", 20))
    assert {"d": 0} == not_attributed(finding("f", 0), check("c", 20), check("d", 30))
    assert {"c": 0} == not_attributed(finding("f", 0), check("c", 20, field="fire"))
    assert {} == not_attributed(finding("f", 0), check("c", 20))
    assert {} == not_attributed(*rows, check("c", 20, refers_to="g"))
    assert {} == not_attributed(*rows, check("c", 20, "problem"))
    papers = row("papers", "mending_check", 20, result="no_problem")
    assert {"papers": 2} == not_attributed(*rows, papers)


def test_a_re_check_is_of_its_field_and_authority() -> None:
    """Another field's or another authority's follow-up says nothing of the finding."""
    assert {} == closings(finding("f", 0), check("c", 20, field="fire"))
    assert {} == closings(finding("f", 0), check("c", 20, authority=OTHER))


def test_a_failed_re_check_is_no_second_finding() -> None:
    """It belongs to the matter of the finding; a passed one after it closes both."""
    rows = [finding("f", 0), check("c", 20, "problem")]
    assert [{"f", "c"}] == matters(*rows)
    assert {"c": "f", "d": "f"} == closings(*rows, check("d", 40))


def test_documents_close_like_a_visit() -> None:
    """A check of documents closes the only open finding."""
    papers = row("papers", "mending_check", 20, result="no_problem")
    assert {"papers": "f"} == closings(finding("f", 0), papers)


def test_a_settled_debt_is_closed() -> None:
    """A fulfilment that names an arrears entry settles it."""
    debt = row("debt", "tax_arrears", 0, document_no="虚税欠〔2026〕7号", field="tax")
    paid = row("paid", "fulfilment", 30, result="kept", refers_to="虚税欠〔2026〕7号", field="credit")
    assert {"paid": "debt"} == closings(debt, paid)


def grade(record_id: str, at: int, result: str = "grade_a", **changes: Any) -> Row:
    """A tax grade."""
    return row(record_id, "tax_grade", at, **{"result": result, "field": "tax", **changes})


def test_a_newer_grade_is_a_day_on_the_older() -> None:
    """Of plain grades each has the day on which a newer one is known; another authority's are a series of their own."""
    records = linked(grade("a", 0), grade("b", 100), grade("c", 200), grade("x", 150, authority=OTHER))
    assert [day(101), day(201), None, None] == [records[name]["replaced_on"] for name in "abcx"]
    assert {0} == {record["related"] for record in records.values()}


def test_a_series_with_a_contest_is_looked_at_anew() -> None:
    """So is one of which a record was corrected, and an adverse grade of an enterprise of which something fell."""
    assert {1} == {r["related"] for r in linked(grade("a", 0), grade("b", 9, contest="review")).values()}
    versions = [grade("b", 9, known_until=day(20)), grade("b", 9, known_on=day(20), result="grade_b")]
    assert {1} == {r["related"] for r in linked(grade("a", 0), *versions).values()}
    fell = row("p", "tax_arrears", -50, field="tax", restored_on=day(40))
    assert {1} == {r["related"] for r in linked(grade("a", 0, "grade_d"), fell).values()}
    assert {0} == {r["related"] for r in linked(grade("a", 0), fell).values()}
