"""All relations of an enterprise's records together: what is added to each record that has a partner."""

from __future__ import annotations

from functools import lru_cache, reduce

import ibis
import ibis.expr.types as ir
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet
from scoring.records.relate.agreements import relate_statements
from scoring.records.relate.grade_series import relate_grades
from scoring.records.relate.matter_evidence import relate_matters
from scoring.records.relate.possible_partners import find_candidates
from scoring.records.relate.rechecks import passing, relate_checks
from scoring.records.relate.steps import CANDIDATES, MadeTable, make, step

ADDED = (
    *("related", "matter", "matter_rank", "recheck_of", "open_findings", "series"),
    *("closed_on", "replaced_on"),
)
"""Columns of ``related_records`` besides the ids (``entities.LINKED_COLUMNS``)."""


def relate(connection: Connection, relations: RelationSet, records: str) -> None:
    """Makes ``related_records``: (enterprise_id, record_id) and what relations add.

    Args:
        connection: The connection.
        relations: The set of relations.
        records: Table or view of canonical records with their acts.
    """
    find_candidates(connection, relations, records)
    checks = relate_checks(connection, relations)
    matters = relate_matters(connection, relations, checks)
    series, fallen = relate_grades(connection)
    agreements = relate_statements(connection, relations, records)
    make(connection, _all_together(relations, checks, matters, series, fallen, agreements))


@lru_cache(maxsize=64)
def _all_together(
    relations: RelationSet,
    checks: MadeTable,
    matters: MadeTable,
    series: MadeTable,
    fallen: MadeTable,
    agreements: MadeTable | None,
) -> MadeTable:
    parts = [
        _row(matters.table, related=1, matter="matter", matter_rank="matter_rank"),
        _row(series.table, related="related", series="series", replaced_on="replaced_on"),
        _row(fallen.table, related=1),
        *_closings(relations, checks.table, matters.table),
        _not_attributed(relations, checks.table),
    ]
    if agreements is not None:
        parts.append(_row(agreements.table, closed_on="agreed_on"))
    everything = reduce(lambda some, more: some.union(more), parts)
    together = everything.group_by("enterprise_id", "record_id").agg(
        **{name: everything[name].max() for name in ADDED}
    )
    return step("related_records", together)


def _closings(relations: RelationSet, checks: ir.Table, matters: ir.Table) -> list[ir.Table]:
    """Checks and what they close: with its day where all of it is plain, else looked at anew each day."""
    finding, check = CANDIDATES, CANDIDATES.view()
    known = checks.filter(checks.finding_id.notnull())
    pairs = known.inner_join(
        finding, [known.enterprise_id == finding.enterprise_id, known.finding_id == finding.record_id]
    ).select(known.enterprise_id, known.check_id, known.finding_id, finding_is_plain=finding.is_plain)
    pairs = pairs.inner_join(
        check, [pairs.enterprise_id == check.enterprise_id, pairs.check_id == check.record_id]
    ).select(
        *(pairs[name] for name in pairs.columns),
        is_simple=pairs.finding_is_plain & check.is_plain & check.result.isin(passing(relations)),
        from_day=ibis.greatest(check.dated_on, check.known_on),
    )
    in_matters = matters.select(of="enterprise_id", member="record_id")
    pairs = pairs.left_join(
        in_matters, [pairs.enterprise_id == in_matters.of, pairs.finding_id == in_matters.member]
    )
    pairs = pairs.mutate(is_simple=(pairs.is_simple & pairs.member.isnull()).cast("int32"))
    of_finding = ibis.window(group_by=[pairs.enterprise_id, pairs.finding_id])
    pairs = pairs.mutate(
        related=(1 - pairs.is_simple.min().over(of_finding)).cast("int32"),
        first_day=pairs.from_day.min().over(of_finding),
    )
    closed = pairs.mutate(closed_on=ibis.cases((pairs.related == 0, pairs.first_day)))
    return [
        _row(closed, of="finding_id", related="related", closed_on="closed_on"),
        _row(pairs, of="check_id", related="related", recheck_of="finding_id"),
    ]


def _not_attributed(relations: RelationSet, checks: ir.Table) -> ir.Table:
    """Passed re-checks that name nothing, with the number of findings that were open: none, or several."""
    passed = CANDIDATES.filter(CANDIDATES.result.isin(passing(relations)))
    unknown = checks.filter(checks.finding_id.isnull())
    same = [unknown.enterprise_id == passed.enterprise_id, unknown.check_id == passed.record_id]
    joined = unknown.inner_join(passed, same).select(
        unknown.enterprise_id, unknown.check_id, open_then=unknown.open_then.cast("int32")
    )
    return _row(joined, of="check_id", open_findings="open_then")


_TYPES = {
    **dict.fromkeys(("related", "matter_rank", "open_findings"), "int32"),
    **dict.fromkeys(("matter", "recheck_of", "series"), "string"),
    **dict.fromkeys(("closed_on", "replaced_on"), "date"),
}


def _row(t: ir.Table, of: str = "record_id", **given: str | int) -> ir.Table:
    """A table in the common form: columns that it does not give are null."""
    columns: dict[str, ir.Value] = {}
    for name in ADDED:
        value = given.get(name)
        if value is None:
            columns[name] = ibis.null(_TYPES[name])
        else:
            columns[name] = t[value] if isinstance(value, str) else ibis.literal(value, type=_TYPES[name])
    return t.select(enterprise_id=t.enterprise_id, record_id=t[of], **columns)
