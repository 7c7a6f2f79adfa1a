"""Whether a store is sound in itself: the pages of its file, and what follows from its rows.

Whether somebody has changed the past is the question of ``verify``, which asks this one too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.schema_objects import schema_findings, unreadable
from scoring.store.tables.bulk import stream_rows
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import newest

_EXPECTED_HEAD = """
SELECT
    (
        SELECT COALESCE(MAX(seq), 0)
        FROM (
            SELECT seq FROM enterprise_version
            UNION ALL SELECT seq FROM record_version
            UNION ALL SELECT seq FROM erased
            UNION ALL SELECT seq FROM import_run
        ) AS facts
    ),
    (SELECT COALESCE(MAX(number), 0) FROM assessment),
    (SELECT COALESCE(MAX(number), 0) FROM step),
    (SELECT COUNT(*) FROM audit_event),
    (SELECT at FROM audit_event ORDER BY seq DESC LIMIT 1)
"""
"""The numbers last given and the time of the last entry, from the rows themselves."""

_HEAD = "SELECT id, seq, assessment, step, event, at FROM head ORDER BY id"

_WRONG_STANDINGS = """
WITH
-- The last assessment of each enterprise under each policy, the last in effect, and of those the last rated.
ranked AS (
    SELECT
        policy_id,
        enterprise_id,
        MAX(number) AS latest,
        MAX(CASE WHEN state = 'in_effect' THEN number END) AS in_effect,
        MAX(CASE WHEN state = 'in_effect' AND band IS NOT NULL THEN number END) AS rated
    FROM assessment
    GROUP BY policy_id, enterprise_id
),
-- A standing as it follows from them.
expected AS (
    SELECT
        r.policy_id, r.enterprise_id, e.colour, e.band, e.points, t.band AS rated_band, r.in_effect, r.latest,
        CASE WHEN l.state = 'proposed' THEN 1 ELSE 0 END AS proposed
    FROM ranked r
    JOIN assessment l ON l.number = r.latest
    LEFT JOIN assessment e ON e.number = r.in_effect
    LEFT JOIN assessment t ON t.number = r.rated
),
-- A standing as it is stored.
stored AS (
    SELECT
        policy_id, enterprise_id, colour, band, points, rated_band, in_effect, latest,
        {proposed} AS proposed
    FROM standing
)
SELECT policy_id, enterprise_id
FROM (SELECT * FROM expected EXCEPT SELECT * FROM stored) AS lacking
UNION
SELECT policy_id, enterprise_id
FROM (SELECT * FROM stored EXCEPT SELECT * FROM expected) AS wrong
UNION
-- A name that no version of the enterprise has, unless a version of it was erased.
SELECT policy_id, enterprise_id
FROM standing s
WHERE NOT EXISTS (
        SELECT 1
        FROM enterprise_version v
        WHERE v.enterprise_id = s.enterprise_id AND v.name IS NOT DISTINCT FROM s.name
    )
    AND NOT EXISTS (
        SELECT 1
        FROM erased g
        WHERE g.fact = 'enterprise' AND g.enterprise_id = s.enterprise_id
    )
"""

_WRONG_CODES = """
WITH
-- The last code of each enterprise in a face whose place in the list has not ended.
expected AS (
    SELECT enterprise_id, face, number, colour, status_index, key_id, expires_at
    FROM code
    WHERE number IN (
        SELECT MAX(number)
        FROM code
        WHERE status_index NOT IN (SELECT status_index FROM code_end)
        GROUP BY enterprise_id, face
    )
),
stored AS (SELECT enterprise_id, face, number, colour, status_index, key_id, expires_at FROM code_live)
SELECT enterprise_id, face FROM (SELECT * FROM expected EXCEPT SELECT * FROM stored) AS lacking
UNION
SELECT enterprise_id, face FROM (SELECT * FROM stored EXCEPT SELECT * FROM expected) AS wrong
"""


def check(database: Database) -> list[AuditFinding]:
    """What is not sound in a store; nothing if all is well."""
    with database.read() as connection:
        findings = [*damaged_pages(connection), *schema_findings(connection, newest())]
        if not unreadable(findings):
            findings += wrong_projections(connection)
        return [finding.printable() for finding in findings]


def damaged_pages(connection: Connection) -> Iterator[AuditFinding]:
    """What SQLite finds wrong in its file; PostgreSQL has programmes of its own for that."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if line != "ok":
            yield AuditFinding("damaged", "", str(line))


def wrong_projections(connection: Connection) -> Iterator[AuditFinding]:
    """The head, which writers believe, standings and live codes, which readers do, if they do not follow."""
    ((*last_numbers, last_moment),) = stream_rows(connection, _EXPECTED_HEAD)
    heads = [tuple(head) for head in stream_rows(connection, _HEAD)]
    if heads != [(1, *last_numbers, last_moment or "")]:
        for head in heads or [(1,)]:
            yield AuditFinding("projection", "head", str(head[0]))
    # SQLite takes anything for a truth value, and would make a number of it.
    proposed = "proposed" if connection.dialect.name == "sqlite" else "CAST(proposed AS INTEGER)"
    wrong_standings = _WRONG_STANDINGS.format(proposed=proposed)
    for policy_id, enterprise_id in stream_rows(connection, wrong_standings):
        yield AuditFinding("projection", "standing", f"{policy_id}/{enterprise_id}")
    for enterprise_id, face in stream_rows(connection, _WRONG_CODES):
        yield AuditFinding("projection", "code_live", f"{enterprise_id}/{face}")
