"""What waits for an authority by the linked facts: findings to check again, checks of unknown findings.

A finding waits where the authority has ordered it to be mended, or where the enterprise has reported
that it is: of any other nobody was told to come back.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from sqlalchemy import delete, insert

from scoring.entities import RelationSet
from scoring.entities.authorities import holder, office_of
from scoring.records.relate.possible_partners import listed
from scoring.sql.connect import connect
from scoring.store.snapshot.linked_facts import MEMORY, LinkedFacts
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import FollowUp
from scoring.workdays import add_workdays

RECHECK, NAME_FINDING = "recheck", "name_finding"
"""What a record waits for."""


def renew_follow_ups(database: Database, facts: LinkedFacts, relations: RelationSet, day: date) -> int:
    """Writes what waits, in the place of what waited before.

    Args:
        database: The store.
        facts: All linked facts.
        relations: The set of relations under which they are linked.
        day: The day on which the powers of authorities are looked up.

    Returns:
        How many records wait.
    """
    with connect(2, MEMORY) as connection:
        rows = connection.execute(_query(facts.rows("records"), relations)).to_arrow_table().to_pylist()
    for row in rows:
        reported = row.pop("mended_on")
        row["due_on"] = _checked_by(reported, relations.rechecks.workdays) if reported else None
        office = office_of(row["authority"])
        row["office"] = holder(row["field"], office, day) if office else None
    with database.write() as writing:
        writing.execute(delete(FollowUp))
        for some in in_parts(rows):
            writing.execute(insert(FollowUp), some)
    return len(rows)


@cache
def _checked_by(reported: date, workdays: int) -> date:
    return add_workdays(reported, workdays)


def _query(records: str, relations: RelationSet) -> str:
    """Records that wait, as a query of DuckDB."""
    rechecks = relations.rechecks
    is_order = f"kind IN ({listed(relations.orders)})"
    is_finding = f"kind IN ({listed(rechecks.kinds)}) AND result IN ({listed(rechecks.findings)})"
    is_bare_order = f"kind IN ({listed(rechecks.without_result)}) AND result IS NULL"
    columns = "enterprise_id, record_id, kind, field, authority, document_no, since, mended_on"
    return f"""
        WITH standing AS (
            SELECT
                enterprise_id, record_id, kind::VARCHAR AS kind, field::VARCHAR AS field,
                authority::VARCHAR AS authority, document_no, coalesce(decided_on, occurred_on) AS since,
                mended_on, recheck_of, open_findings, closed_on, {is_order} AS is_order,
                ({is_finding}) OR ({is_bare_order}) AS is_finding
            FROM {records}
            WHERE kind IN ({listed({*rechecks.kinds, *rechecks.by})})
                AND coalesce(scope, 'own') = 'own' AND inherited_from IS NULL AND known_until IS NULL
                AND restored_on IS NULL AND withdrawn_on IS NULL AND coalesce(contest <> 'annulled', TRUE)
                AND coalesce(decided_on, occurred_on) IS NOT NULL
        ),
        checked AS (
            SELECT
                enterprise_id AS of, recheck_of AS finding,
                bool_or(is_order) AS is_ordered, bool_or(NOT is_order) AS is_checked
            FROM standing WHERE recheck_of IS NOT NULL GROUP BY ALL
        )
        SELECT {columns}, '{RECHECK}' AS need
        FROM standing LEFT JOIN checked ON enterprise_id = checked.of AND record_id = finding
        WHERE is_finding AND recheck_of IS NULL AND closed_on IS NULL
            AND (is_order OR mended_on IS NOT NULL OR coalesce(is_ordered, FALSE))
            AND NOT coalesce(is_checked, FALSE)
        UNION ALL
        SELECT {columns}, '{NAME_FINDING}' AS need FROM standing WHERE open_findings > 1
    """
