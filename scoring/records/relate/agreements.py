"""Which statements of an enterprise about itself a later visit bears out (DuckDB only)."""

from __future__ import annotations

from functools import lru_cache

import ibis
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet
from scoring.records.relate.possible_partners import falls, listed
from scoring.records.relate.rechecks import passing
from scoring.records.relate.steps import MadeTable, make


def relate_statements(connection: Connection, relations: RelationSet, records: str) -> MadeTable | None:
    """Makes ``agreements``: (enterprise_id, record_id, agreed_on); ``None`` where the set has no rule for it.

    A statement that names no field is borne out by no visit: nobody can say what it is about.

    Args:
        connection: The connection.
        relations: The set of relations.
        records: Table or view of canonical records.
    """
    made = _step(relations, records)
    if made is not None:
        make(connection, made)
    return made


@lru_cache(maxsize=8)
def _step(relations: RelationSet, records: str) -> MadeTable | None:
    rule = relations.agreements
    if rule is None:
        return None
    passed, problems = listed(passing(relations)), listed(relations.rechecks.findings)
    day = "coalesce(decided_on, occurred_on)"
    usable = f"known_until IS NULL AND NOT {falls()} AND field IS NOT NULL AND {day} IS NOT NULL"
    usable += " AND scope IS DISTINCT FROM 'branch'"
    columns = "enterprise_id, record_id, field, result, known_on"
    # By any later visit, whatever others say: what becomes known afterwards takes nothing back.
    query = f"""
        WITH stated AS MATERIALIZED (
            SELECT {columns}, {day} AS day FROM {records} WHERE kind IN ({listed(rule.kinds)}) AND {usable}
        ),
        visits AS (
            SELECT {columns}, {day} AS day
            FROM {records}
            WHERE kind IN ({listed(rule.by)}) AND result IN ({passed}, {problems}) AND {usable}
                AND enterprise_id IN (SELECT enterprise_id FROM stated)
        )
        SELECT s.enterprise_id, s.record_id, min(greatest(v.day, v.known_on)) AS agreed_on
        FROM stated s
        JOIN visits v ON v.enterprise_id = s.enterprise_id AND v.field = s.field
            AND v.day > s.day AND v.day <= s.day + {rule.within_days}
        WHERE v.result IN ({passed}) OR s.result IN ({problems})
        GROUP BY s.enterprise_id, s.record_id
        """
    schema = {"enterprise_id": "string", "record_id": "string", "agreed_on": "date"}
    return MadeTable("agreements", query, ibis.table(schema, name="agreements"))
