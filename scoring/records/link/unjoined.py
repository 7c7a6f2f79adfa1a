"""How many records of a source could be joined to nothing for want of a field: without evidence nothing is joined."""

from __future__ import annotations

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import EVIDENCE_OF_MATTER, RelationSet
from scoring.records.link.resolve import live_rows
from scoring.records.map.document_numbers import is_plausible
from scoring.records.read.staging import Source
from scoring.sql.literals import literal

LACKS = {
    "document_no": f"NOT {is_plausible('document_no')}",
    "basis_document_no": f"NOT {is_plausible('basis_document_no')}",
    "matter_id": "matter_id IS NULL",
}
"""When a record lacks each field by which it can be joined, in SQL: 无 or a year alone is no number."""


def count_unjoined(connection: Connection, source: Source, relations: RelationSet | None) -> dict[str, int]:
    """Records that may belong to a matter, those that lack each field, and those that lack ``all``.

    Args:
        connection: Connection with what is staged.
        source: The source.
        relations: How records stand to each other; ``None``: nothing is counted.

    Returns:
        Counts by ``records``, each field and ``all``; empty where none lacks all of them.
    """
    stages = source.staged(enterprises=False)
    if relations is None or not stages:
        return {}
    kinds = ", ".join(map(literal, relations.matter.kinds))
    lacking = ", ".join(f"{LACKS[column]} AS lacks_{column}" for column in EVIDENCE_OF_MATTER)
    tests = [f"lacks_{column}" for column in EVIDENCE_OF_MATTER]
    counts = ", ".join(f"count(*) FILTER ({test})" for test in (*tests, " AND ".join(tests)))
    # Each number is looked at once, so the tests are columns.
    row = connection.execute(
        f"""
        SELECT count(*), {counts}
        FROM (
            SELECT {lacking}
            FROM ({live_rows(connection, stages, "records")})
            WHERE kind IN ({kinds})
        )
        """
    ).fetchall()[0]
    named = dict(zip(("records", *EVIDENCE_OF_MATTER, "all"), map(int, row), strict=True))
    return named if named["all"] else {}
