"""Relations that need no database to be found: newer grades of a series, visits that bear out a statement.

Most enterprises have no other, and a database takes ten times as long for one of them. What comes out is
what ``records.relate`` finds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from scoring.entities import RelationSet
from scoring.entities.authorities import name_key

Row = Mapping[str, Any]
Columns = dict[str, dict[str, object]]
"""What linking adds to a record, by its id."""
_ADDED_OR_LEFT_OUT = str.maketrans("", "", "[]年第")
_SETTLED = (None, "none", "upheld", "unknown")


def is_unrelated(records: Sequence[Row], relations: RelationSet) -> bool:
    """Whether records can stand in no relation but those of this module.

    None names, checks or repeats another, or rests on it; where there are several grades, or a statement, they are
    all of one enterprise, of one version each, and nothing has fallen.
    """
    if (
        any(map(_has_evidence, records))
        or not _numbers_differ(records, relations)
        or may_rest_on_another(records)
    ):
        return False
    graded = {
        (row["enterprise_id"], row["record_id"]) for row in records if row["kind"] in relations.grades.kinds
    }
    stated = relations.agreements is not None and any(
        row["kind"] in relations.agreements.kinds for row in records
    )
    if not graded and not stated:
        return True
    return _is_settled(records) and ((len(graded) <= 1 and not stated) or _of_one_owner(records))


def _has_evidence(row: Row) -> bool:
    named = row["matter_id"] or row["refers_to"]
    return bool(named) or row["occasion"] == "followup" or row["kind"] == "mending_check"


def may_rest_on_another(records: Sequence[Row]) -> bool:
    """Whether a record may rest on a decision that is among these: it names the number of one.

    Most rest on a task or a complaint, of which there is no record.
    """
    resting = [row for row in records if row["basis_document_no"] is not None]
    if not resting:
        return False
    numbered: dict[str, set[str]] = defaultdict(set)
    for row in records:
        if row["document_no"] is not None:
            numbered[_bare(row["document_no"])].add(row["record_id"])
    return any(numbered.get(_bare(row["basis_document_no"]), set()) - {row["record_id"]} for row in resting)


def _numbers_differ(records: Sequence[Row], relations: RelationSet) -> bool:
    """Whether no two decisions can have one number: the numbers differ, or there is one decision alone."""
    decisions = {
        (row["enterprise_id"], row["record_id"]): row
        for row in records
        if row["kind"] in relations.matter.decisions
    }
    if len(decisions) <= 1:
        return True
    numbers = [_bare(row["document_no"]) for row in decisions.values() if row["document_no"]]
    acts_of_their_own = all(
        row["document_no"] or row["act_id"] == row["record_id"] for row in decisions.values()
    )
    return acts_of_their_own and all(numbers) and len(set(numbers)) == len(numbers)


def _bare(number: str) -> str:
    """A number without what its normal form adds or leaves out: two of one form have the same (``document_numbers``)."""
    return name_key(number).translate(_ADDED_OR_LEFT_OUT)


def _of_one_owner(records: Sequence[Row]) -> bool:
    return len({row["enterprise_id"] for row in records}) == 1


def _is_settled(records: Sequence[Row]) -> bool:
    """Whether each record has one version, its days, and nothing that can change what it does to others."""
    ids = [row["record_id"] for row in records]
    return len(set(ids)) == len(ids) and not any(map(_can_change, records))


def _can_change(row: Row) -> bool:
    has_fallen = row["withdrawn_on"] or row["restored_on"] or row["masked_from"]
    without_day = _day(row) is None or row["known_on"] is None or row["known_until"] is not None
    return bool(has_fallen) or without_day or row["contest"] not in _SETTLED


def _day(row: Row) -> date | None:
    day: date | None = row["decided_on"] or row["occurred_on"]
    return day


def plain_columns(records: Sequence[Row], relations: RelationSet) -> Columns:
    """What linking adds to records that ``is_unrelated`` holds of."""
    columns: Columns = defaultdict(dict)
    for record_id, added in (*_of_grades(records, relations), *_of_statements(records, relations)):
        columns[record_id] |= added
    return columns


def _of_grades(records: Sequence[Row], relations: RelationSet) -> Iterator[tuple[str, dict[str, object]]]:
    """The series of each grade, and the day on which a newer one of it is known."""
    by_series: dict[str, list[Row]] = defaultdict(list)
    for row in records:
        if row["kind"] in relations.grades.kinds:
            by_series[_series(row, relations)].append(row)
    for series, grades in by_series.items():
        newest_first = sorted(
            grades, key=lambda row: (_day(row), row["known_on"], row["record_id"]), reverse=True
        )
        replaced_on: date | None = None
        for row in newest_first:
            yield row["record_id"], {"series": series, "replaced_on": replaced_on}
            counts_from = max(filter(None, (_day(row), row["known_on"])), default=None)
            replaced_on = min(filter(None, (replaced_on, counts_from)), default=None)


def _series(row: Row, relations: RelationSet) -> str:
    parts = [row["kind"], row["field"] or ""]
    if row["authority"] is not None:
        key = name_key(row["authority"])
        parts.append(relations.name_of_alias.get(key, key))
    return "|".join(parts)


def _of_statements(records: Sequence[Row], relations: RelationSet) -> Iterator[tuple[str, dict[str, object]]]:
    """The first day on which a visit that bears out a statement is known."""
    rule = relations.agreements
    if rule is None:
        return
    passed = {
        *relations.rechecks.passed,
        *(result for rule_ in relations.settles for result in rule_.results),
    }
    visits = [row for row in records if row["kind"] in rule.by and row["scope"] != "branch"]
    for row in records:
        stated_on = _day(row)
        if row["kind"] not in rule.kinds or row["scope"] == "branch" or not row["field"] or stated_on is None:
            continue
        both = row["result"] in relations.rechecks.findings
        last = stated_on + timedelta(days=rule.within_days)
        agreeing = [
            max(day, visit["known_on"])
            for visit in visits
            if visit["field"] == row["field"] and (day := _day(visit)) is not None and stated_on < day <= last
            if visit["result"] in passed or (both and visit["result"] in relations.rechecks.findings)
        ]
        if agreeing:
            yield row["record_id"], {"closed_on": min(agreeing)}
