"""Visits that a file brings and that were recorded here: taken out of what is stored, their differences kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, select

from scoring.entities import RECORD_COLUMNS
from scoring.records.link.new_versions import ROW_GROUP, NewVersions
from scoring.store.facts.same_visits import (
    VISIT_KIND,
    VisitDifference,
    hold_reports,
    is_of_here,
    reports_of,
    visit_rows,
)
from scoring.store.tables.orm import CaseStep
from scoring.store.tables.orm_visits import InspectionVisit
from scoring.store.tables.writing import Writing, day_in_china


class ArrivedVisits(NamedTuple):
    """What a file brings without the visits that were recorded here.

    Attributes:
        brought: What is left.
        last: The last visit that it was held against.
        differences: Where it tells of a visit differently.
    """

    brought: NewVersions
    last: int
    differences: Sequence[VisitDifference] = ()


def without_visits_of_here(connection: Connection, brought: NewVersions) -> ArrivedVisits:
    """Takes visits that were recorded here out of what a file brings.

    Args:
        connection: The store.
        brought: What the file brings; its records are written anew where some of them go.
    """
    last = connection.execute(select(func.max(InspectionVisit.number))).scalar() or 0
    if not last or not brought.n_records:
        return ArrivedVisits(brought, last)
    recorded = set(connection.execute(select(InspectionVisit.enterprise_id).distinct()).scalars())
    records = pq.read_table(brought.records)
    arrived = records.filter(_are_visits_of(records, recorded)).to_pylist()
    reports = reports_of(row for row in arrived if not is_of_here(row))
    if not reports:
        return ArrivedVisits(brought, last)
    concerned = sorted({report.enterprise_id for report in reports})
    standing = reports_of(row for row in visit_rows(connection, concerned) if is_of_here(row))
    held = hold_reports(reports, standing)
    told_again = [report for report, _ in held.known] + [different.other for different in held.differences]
    # What says the same is left out as well: stored twice it would count twice.
    gone = {str(row["record_id"]) for report in told_again for row in report.rows}
    if not gone:
        return ArrivedVisits(brought, last)
    kept = records.filter(pc.invert(pc.is_in(records["record_id"], pa.array(gone, pa.string()))))
    pq.write_table(
        kept.select(list(RECORD_COLUMNS)), brought.records, compression="lz4", row_group_size=ROW_GROUP
    )
    differences = [one for one in held.differences if not one.is_known(connection)]
    brought.changed.conflicting += len(differences)
    n_gone = records.num_rows - kept.num_rows
    fewer = replace(brought, n_records=kept.num_rows, n_known=brought.n_known + n_gone)
    return ArrivedVisits(fewer, last, differences)


def is_overtaken(connection: Connection, brought: NewVersions, last: int) -> bool:
    """Whether a visit was recorded since of an enterprise of whose visits a file tells.

    Args:
        connection: A writing one.
        brought: What the file brings.
        last: The last visit that it was held against.
    """
    since = select(InspectionVisit.enterprise_id).where(InspectionVisit.number > last).distinct()
    recorded = set(connection.execute(since).scalars())
    if not recorded or not brought.n_records:
        return False
    records = pq.read_table(brought.records, columns=["enterprise_id", "kind"])
    return bool(pc.any(_are_visits_of(records, recorded)).as_py())


def _are_visits_of(records: pa.Table, enterprise_ids: set[str]) -> pa.ChunkedArray:
    of_these = pc.is_in(records["enterprise_id"], pa.array(enterprise_ids, pa.string()))
    return pc.and_(of_these, pc.equal(records["kind"], VISIT_KIND))


def open_differences(writing: Writing, policy_id: str, differences: Sequence[VisitDifference]) -> list[int]:
    """Opens a case for each difference in a transaction; the caller logs.

    Returns:
        The numbers of the cases.
    """
    numbers = []
    for different in differences:
        if not different.is_known(writing.connection):
            day = day_in_china(writing.moment)
            row = different.step(writing.next_step(), policy_id, writing.actor, day, writing.seq)
            writing.insert(CaseStep, [row])
            numbers.append(int(row["number"]))
    return numbers
