"""Records that follow to a successor: copied under it, from the day of the succession on."""

from __future__ import annotations

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RECORD_COLUMNS, RelationSet
from scoring.records.link.resolve import has_rows
from scoring.records.map.document_numbers import is_plausible, number_key
from scoring.records.relate.successions import find_heirs, find_inherited

INHERITED = ("inherited_from", "inherited_on", "inherited_by")
"""Columns of linking that say from whom a record followed, from which day on, and how."""
FIRST_COPY = 1 << 61
"""The least ``_rid`` of a copy: above that of every row of a file, and with room for its negative."""
FOREVER = "DATE '9999-12-31'"


def inherit_records(connection: Connection, relations: RelationSet | None) -> None:
    """Makes ``inherited_records``, and with the records of before the view ``records_with_inherited``.

    A copy has the id of its record and behind it those of predecessor and successor: one record may follow
    to several. Its act is one of its own too, so that what ends a decision against the successor ends none
    against the predecessor.

    Args:
        connection: Connection with ``records_with_acts`` and ``known_enterprises``.
        relations: How records stand to each other; ``None``: nothing follows.
    """
    nobody = "NULL::VARCHAR AS inherited_from, NULL::DATE AS inherited_on, NULL::VARCHAR AS inherited_by"
    own_records = f"SELECT {', '.join(RECORD_COLUMNS)}, _rid, {nobody} FROM records_with_acts"
    connection.execute(f"CREATE TABLE inherited_records AS {own_records} LIMIT 0")
    if relations is not None and relations.succeeds:
        _inherit(connection, relations)
    all_records = own_records
    if has_rows(connection, "inherited_records"):
        all_records += " UNION ALL SELECT * FROM inherited_records"
    connection.execute(f"CREATE VIEW records_with_inherited AS {all_records}")


def _inherit(connection: Connection, relations: RelationSet) -> None:
    _list_successions(connection)
    if not has_rows(connection, "successions"):
        return
    heirs = find_heirs(connection, relations)
    _list_legacy(connection, heirs.name)
    spans = find_inherited(connection, relations, heirs)
    whose = "'@' || s.predecessor || '@' || s.successor"
    changed = {
        "record_id": f"l.record_id || {whose}",
        "act_id": f"l.act_id || {whose}",
        "enterprise_id": "s.successor",
        "known_on": "s.from_day",
        "known_until": f"nullif(s.until_day, {FOREVER})",
    }
    copied = ", ".join(f"{changed.get(column, 'l.' + column)} AS {column}" for column in RECORD_COLUMNS)
    connection.execute(
        f"""
        INSERT INTO inherited_records
        SELECT
            {copied},
            {FIRST_COPY}::BIGINT + row_number() OVER (ORDER BY s.successor, s.rid, s.from_day) AS _rid,
            s.predecessor, s.first_day, nullif(s.taken, '')
        FROM {spans.name} s
        JOIN records_with_acts l ON l._rid = s.rid
        """
    )


def _list_successions(connection: Connection) -> None:
    """Makes ``successions`` of the records of mergers, divisions and conversions, while they are believed."""
    connection.execute(
        f"""
        CREATE TABLE successions AS
        SELECT successor, predecessor, result, from_day, until_day
        FROM (
            SELECT
                enterprise_id AS successor, refers_to AS predecessor, result::VARCHAR AS result,
                CASE WHEN known_on > dated_on THEN known_on ELSE dated_on END AS from_day,
                least(coalesce(known_until, {FOREVER}), coalesce(withdrawn_on, {FOREVER})) AS until_day
            FROM (
                SELECT *, coalesce(decided_on, occurred_on) AS dated_on
                FROM records_with_acts
                WHERE kind = 'succession' AND refers_to IS NOT NULL
                    AND contest::VARCHAR IS DISTINCT FROM 'annulled'
            )
            WHERE known_on IS NOT NULL AND dated_on IS NOT NULL
        )
        WHERE from_day < until_day
        """
    )


def _list_legacy(connection: Connection, heirs: str) -> None:
    """Makes ``legacy``: what those have that somebody has succeeded.

    A record that became known on no day counts nowhere, and follows nowhere.
    """
    number = f"CASE WHEN {is_plausible('document_no')} THEN {number_key('document_no')} END"
    connection.execute(
        f"""
        CREATE TABLE legacy AS
        SELECT
            _rid AS rid, enterprise_id, record_id, kind::VARCHAR AS kind, result::VARCHAR AS result,
            occasion::VARCHAR AS occasion, {number} AS number, refers_to,
            {number_key("refers_to")} AS refers_number, known_on,
            coalesce(known_until, {FOREVER}) AS known_until
        FROM records_with_acts
        WHERE known_on IS NOT NULL AND kind <> 'succession'
            AND enterprise_id IN (SELECT predecessor FROM {heirs})
        """
    )
