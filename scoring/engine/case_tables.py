"""Cases as Arrow tables: their days, the records that they leave out, and those that they add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from scoring.engine.cases import Case
from scoring.engine.snapshot import days, days_of
from scoring.entities import ENTERPRISE_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS
from scoring.policy.law.applied import Law

_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
_LINKED_TYPES = {**_TYPES, "int": pa.int32()}
RECORDS = pa.schema(
    [
        *((name, _TYPES[kind]) for name, kind in RECORD_COLUMNS.items()),
        *((name, _LINKED_TYPES[kind]) for name, kind in LINKED_COLUMNS.items()),
    ]
)
"""Records as the engine holds them."""
ENTERPRISES = pa.schema([(name, _TYPES[kind]) for name, kind in ENTERPRISE_COLUMNS.items()])
"""Enterprises as the engine holds them."""


class AddedRecords(NamedTuple):
    """Records that cases add: which case adds which variant, and each variant once."""

    by_case: pa.Table
    variants: pa.Table


def record_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Linked record rows as an Arrow table."""
    return pa.Table.from_pylist([dict(record) for record in rows], schema=RECORDS)


def enterprise_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Canonical enterprise rows as an Arrow table."""
    return pa.Table.from_pylist([dict(enterprise) for enterprise in rows], schema=ENTERPRISES)


def case_table(cases: Sequence[Case], law: Law) -> pa.Table:
    """One row per case: ``case_id``, ``enterprise_id``, ``prior`` and the days of the law (``days``)."""
    columns = {
        "case_id": pa.array([case.case_id for case in cases], pa.string()),
        "enterprise_id": pa.array([case.enterprise_id for case in cases], pa.string()),
        "prior": pa.array([case.prior for case in cases], pa.int32()),
    }
    # Many cases share a day, and finding its days takes the calendar.
    distinct_days = {case.as_of for case in cases}
    days_by_date = {day: days_of(law, day) for day in distinct_days}
    days_of_cases = [days_by_date[case.as_of] for case in cases]
    for column in days(law):
        columns[column] = pa.array([days_of_case[column] for days_of_case in days_of_cases], pa.date32())
    return pa.table(columns)


def left_out(cases: Sequence[Case]) -> pa.Table | None:
    """(case_id, record_id) of the records that cases leave out; ``None`` where there are none."""
    left_out_pairs: list[tuple[str, str]] = []
    for case in cases:
        for change in case.changes:
            left_out_pairs += [(case.case_id, record_id) for record_id in change.without]
    return _pair_table(left_out_pairs, "record_id", pa.string()) if left_out_pairs else None


def added(cases: Sequence[Case]) -> AddedRecords | None:
    """The records that cases add; ``None`` where there are none."""
    numbers: dict[int, int] = {}
    variants: list[Mapping[str, object]] = []
    added_pairs: list[tuple[str, int]] = []
    for case in cases:
        for change in case.changes:
            for record in change.plus:
                # Thousands of cases add the same few row objects: each is handed over once.
                if id(record) not in numbers:
                    numbers[id(record)] = len(variants)
                    variants.append(record)
                added_pairs.append((case.case_id, numbers[id(record)]))
    if not added_pairs:
        return None
    numbered = pa.array(range(len(variants)), pa.int32())
    # As of the records that are held: how it stands to the others is looked at anew.
    anew = [{**record, "related": 1} for record in variants]
    variant_table = record_table(anew).append_column("variant", numbered)
    return AddedRecords(_pair_table(added_pairs, "variant", pa.int32()), variant_table)


def _pair_table(pairs: Sequence[tuple[str, object]], name: str, kind: pa.DataType) -> pa.Table:
    case_ids = pa.array([case_id for case_id, _value in pairs], pa.string())
    return pa.table({"case_id": case_ids, name: pa.array([value for _case_id, value in pairs], kind)})
