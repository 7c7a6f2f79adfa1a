"""What linking finds of an enterprise's records where one of them is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, RelationSet
from scoring.records.link.plain_relations import is_unrelated, plain_columns
from scoring.records.link.versions import Linker

Row = Mapping[str, Any]
RELATION_COLUMNS = (
    "matter",
    "matter_rank",
    "recheck_of",
    "open_findings",
    "series",
    "closed_on",
    "replaced_on",
)
"""What a record may be told otherwise when another one is gone."""


def linked_without(
    records: Sequence[Row], left_out: Sequence[str], relations: RelationSet
) -> dict[str, list[Row]]:
    """By record that is left out, those of the others that stand otherwise then, as they stand then.

    Args:
        records: Linked records of one enterprise, one version of each.
        left_out: Ids of some of them.
        relations: How records stand to each other.
    """
    rest_of = {each: _rest(records, each) for each in left_out}
    columns, by_database = {}, {}
    for each, rest in rest_of.items():
        if is_unrelated(rest, relations):
            columns[each] = plain_columns(rest, relations)
        else:
            by_database[each] = rest
    columns |= _linked_at_once(by_database, relations)
    return {each: _otherwise(rest, columns[each]) for each, rest in rest_of.items()}


def _rest(records: Sequence[Row], left_out: str) -> list[Row]:
    return [row for row in records if row["record_id"] != left_out]


def _otherwise(rest: Sequence[Row], columns: Mapping[str, Mapping[str, object]]) -> list[Row]:
    changed: list[Row] = []
    for row in rest:
        own = columns.get(row["record_id"], {})
        now = {name: own.get(name) for name in RELATION_COLUMNS}
        if now != {name: row[name] for name in RELATION_COLUMNS}:
            changed.append({**row, **now})
    return changed


def _linked_at_once(
    rest_of: Mapping[str, Sequence[Row]], relations: RelationSet
) -> dict[str, dict[str, dict[str, object]]]:
    """By record that is left out, what linking adds to each of the others: all of them are linked at once.

    Each is an enterprise of its own, whose names begin with a mark of their own.
    """
    if not rest_of:
        return {}
    marks = {each: f"copy{number}~" for number, each in enumerate(rest_of)}
    records = [_marked(row, marks[each]) for each, rest in rest_of.items() for row in rest]
    enterprises = [
        {**dict.fromkeys(ENTERPRISE_COLUMNS), "enterprise_id": mark, "name": mark, "created": False}
        for mark in marks.values()
    ]
    by_copy = Linker().link_all(_numbered(enterprises), _numbered(records), relations)
    return {each: dict(map(partial(_unmarked, mark), by_copy.get(mark, ()))) for each, mark in marks.items()}


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [{**row, "seq": number} for number, row in enumerate(rows, start=1)]


def _marked(row: Row, mark: str) -> dict[str, Any]:
    names = {name: row[name] and f"{mark}{row[name]}" for name in ("record_id", "refers_to")}
    if row["act_id"] == row["record_id"]:
        names["act_id"] = names["record_id"]
    canonical = {name: row[name] for name in RECORD_COLUMNS}
    return {**canonical, **names, "enterprise_id": mark}


def _unmarked(mark: str, row: Row) -> tuple[str, dict[str, object]]:
    """The id of a record and what linking adds to it, both as they are called without the mark."""
    added = {name: row[name] for name in RELATION_COLUMNS}
    for name in ("recheck_of", "matter"):
        added[name] = row[name] and row[name].replace(mark, "")
    return row["record_id"].removeprefix(mark), added
