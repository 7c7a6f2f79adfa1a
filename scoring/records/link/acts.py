"""Records and their acts: what a record rests on, which records are one act, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from duckdb import DuckDBPyConnection as Connection

from scoring.entities import LINKED_COLUMNS, RECORD_COLUMNS, RelationSet, codes
from scoring.records.link.inheritance import INHERITED, inherit_records
from scoring.records.link.resolve import (
    NOT_ASSUMED,
    Stage,
    give_rows,
    has_rows,
    refuse_unknown_enterprises,
    resolve_staged,
    resolved_rows,
)
from scoring.records.map.document_numbers import document_key, has_number, is_plausible, number_key
from scoring.records.map.mapping import SQL_TYPES
from scoring.records.relate.relate import relate
from scoring.sql.literals import literal

RESTORED = "CASE WHEN known_on > restored_on THEN known_on ELSE restored_on END"
"""The day from which on it is known that a report of an act is restored, in SQL."""


def resolve_records(
    connection: Connection, stages: Sequence[Stage], relations: RelationSet | None, assumed: str = NOT_ASSUMED
) -> None:
    """Refuses what is of unknown enterprises or contradicts itself, and makes ``spellings`` and ``offices``.

    Args:
        connection: Connection with the tables ``fault`` and ``known_enterprises``.
        stages: Staged records.
        relations: How records stand to each other; ``None``: by their act alone.
        assumed: Which of them became known on a day that is assumed (``resolve_versions``).
    """
    give_rows(connection, stages, "records")
    refuse_unknown_enterprises(connection)
    resolve_staged(connection, stages, "records", assumed)
    _list_offices(connection, relations)
    _list_ended(connection)


def link_records(
    connection: Connection,
    relations: RelationSet | None,
    types: Mapping[str, str] = MappingProxyType({}),
    bucket: int = 0,
    *,
    few: bool = False,
) -> None:
    """Makes ``linked_records``: records of others copied, acts ranked, all related.

    Args:
        connection: Connection on which ``resolve_records`` has run, with ``branches``.
        relations: How records stand to each other; ``None``: by their act alone.
        types: Columns that are held in another type, which takes fewer bytes.
        bucket: The bucket of enterprises that they are of.
        few: Whether they are of a few enterprises; then later steps are held too, which saves planning them anew.
    """
    _resolve_spellings(connection)
    _find_basis_acts(connection)
    _give_acts(connection)
    # All that follows reads the records many times.
    _hold(connection, "records_with_acts", types)
    inherit_records(connection, relations)
    if few:
        _hold(connection, "records_with_inherited")
    _copy_branch_records(connection, bucket)
    _rank_acts(connection)
    if few:
        _hold(connection, "ranked_records")
    if relations is not None:
        relate(connection, relations, "records_with_inherited")
    _add_relations(connection, relations)


def _hold(connection: Connection, view: str, types: Mapping[str, str] = MappingProxyType({})) -> None:
    """Lets a view read its rows from a table, some columns in another type."""
    columns = "".join(f", CAST({column} AS {name}) AS {column}" for column, name in types.items())
    replaced = f"* REPLACE ({columns.removeprefix(', ')})" if types else "*"
    connection.execute(f"CREATE TABLE held_{view} AS SELECT {replaced} FROM {view}")
    connection.execute(f"CREATE OR REPLACE VIEW {view} AS FROM held_{view}")


def _list_offices(connection: Connection, relations: RelationSet | None) -> None:
    """Makes ``spellings`` of authorities, none where records are related by their act alone, and ``offices``.

    The acts of versions that were released without relations stay as they were.
    """
    connection.execute("CREATE TABLE spellings (alias VARCHAR, name VARCHAR)")
    if relations is not None:
        names = relations.name_of_alias
        connection.execute(
            "INSERT INTO spellings SELECT unnest(?), unnest(?)", [list(names), list(names.values())]
        )
    connection.execute(
        f"""
        CREATE TABLE offices AS
        SELECT authority, coalesce(s.name, k.office) AS office
        FROM (
            SELECT authority, {document_key("authority")} AS office
            FROM (SELECT DISTINCT authority FROM given_records WHERE authority IS NOT NULL)
        ) k
        LEFT JOIN spellings s ON s.alias = k.office
        """
    )


def _list_ended(connection: Connection) -> None:
    """Makes ``ended_records``: a correction may have moved the record to an enterprise of another bucket."""
    connection.execute(
        """
        CREATE TABLE ended_records AS
        SELECT record_id FROM given_records WHERE known_until IS NOT NULL
        UNION
        SELECT record_id FROM given_records SEMI JOIN closed_records USING (_rid)
        """
    )


def _resolve_spellings(connection: Connection) -> None:
    """Makes the view ``resolved_records``: acts that bear another spelling of an authority bear its name."""
    rows = resolved_rows(connection, "records")
    if has_rows(connection, "spellings"):
        # As one equation, which is joined by hash.
        alias = "CASE WHEN r.act_id <> r.record_id AND contains(r.act_id, '|') THEN split_part(r.act_id, '|', 1) END"
        renamed = "coalesce(s.name || substr(r.act_id, length(s.alias) + 1), r.act_id) AS act_id"
        rows = f"""
            SELECT r.* REPLACE ({renamed})
            FROM ({rows}) r
            LEFT JOIN spellings s ON s.alias = {alias}
            """
    connection.execute(f"CREATE VIEW resolved_records AS {rows}")


def _add_relations(connection: Connection, relations: RelationSet | None) -> None:
    """Makes the view ``linked_records``: the ranked ones with what relations add to them."""
    if relations is None or not has_rows(connection, "related_records"):
        nothing = ", ".join(
            "0::INTEGER AS related" if column == "related" else f"NULL::{SQL_TYPES[column_type]} AS {column}"
            for column, column_type in LINKED_COLUMNS.items()
            if column != "act_rank" and column not in INHERITED
        )
        connection.execute(f"CREATE VIEW linked_records AS SELECT *, {nothing} FROM ranked_records")
        return
    connection.execute(
        """
        CREATE TABLE relation_rows AS
        SELECT r._rid, x.*
        FROM related_records x
        JOIN records_with_inherited r USING (enterprise_id, record_id)
        """
    )
    # The copy of a branch's record stands to the other copies as the originals stand to each other.
    ids = ", ".join(
        f"x.{column} || CASE WHEN a._rid < 0 THEN '@' || x.enterprise_id ELSE '' END AS {column}"
        for column in ("matter", "recheck_of", "series")
    )
    connection.execute(
        f"""
        CREATE VIEW linked_records AS
        SELECT
            a.*, coalesce(x.related, 0) AS related, x.matter_rank, {ids}, x.open_findings, x.closed_on,
            x.replaced_on
        FROM ranked_records a
        LEFT JOIN relation_rows x ON x._rid = abs(a._rid)
        """
    )


def _find_basis_acts(connection: Connection) -> None:
    """Makes ``basis_acts``: the acts of records that name the decision they rest on.

    The decision of the same authority is meant if there is one; else that of another authority, if
    there is only one such act.
    """
    basis, number = number_key("basis_document_no"), number_key("document_no")
    connection.execute(
        f"""
        CREATE TABLE records_with_basis AS
        SELECT _rid, enterprise_id, record_id, coalesce(office, '') AS office, {basis} AS no
        FROM resolved_records
        LEFT JOIN offices USING (authority)
        WHERE {has_number()}
            AND {is_plausible("basis_document_no")}
            AND act_id = coalesce(office, '') || '|' || {basis}
        """
    )
    connection.execute("CREATE TABLE basis_acts (_rid BIGINT, act_id VARCHAR)")
    if not has_rows(connection, "records_with_basis"):
        return
    connection.execute(
        f"""
        INSERT INTO basis_acts
        SELECT
            b._rid,
            coalesce(
                min(d.act_id) FILTER (d.office = b.office),
                CASE WHEN min(d.act_id) = max(d.act_id) THEN min(d.act_id) END
            ) AS act_id
        FROM records_with_basis b
        JOIN (
            SELECT enterprise_id, record_id, act_id, {number} AS no, coalesce(office, '') AS office
            FROM resolved_records
            LEFT JOIN offices USING (authority)
            WHERE {has_number()}
                AND {is_plausible("document_no")}
                AND enterprise_id IN (SELECT enterprise_id FROM records_with_basis)
        ) d ON d.enterprise_id = b.enterprise_id AND d.no = b.no AND d.record_id <> b.record_id
        GROUP BY b._rid
        """
    )


def _give_acts(connection: Connection) -> None:
    """Makes the view ``records_with_acts``: each with the act of what it rests on."""
    with_acts = "SELECT * FROM resolved_records"
    if has_rows(connection, "basis_acts"):
        columns = [f"o.{column}" for column in RECORD_COLUMNS]
        columns[columns.index("o.act_id")] = "coalesce(a.act_id, o.act_id) AS act_id"
        with_acts = f"""
            SELECT {", ".join(columns)}, o._rid
            FROM resolved_records o
            LEFT JOIN basis_acts a ON a._rid = o._rid
            """
    connection.execute(f"CREATE VIEW records_with_acts AS {with_acts}")


def _copy_branch_records(connection: Connection, bucket: int) -> None:
    """Makes the view ``records_with_copies``: all records, those of branches a second time.

    The copy stands under the legal person, one of this bucket, and has a negative ``_rid``.
    """
    changed = {
        "record_id": "l.record_id || '@' || l.enterprise_id",
        # A branch's act never displaces the enterprise's own.
        "act_id": "l.act_id || '@' || l.enterprise_id",
        "enterprise_id": "b.parent_id",
        "scope": "'branch'",
    }
    copied = [f"{changed.get(column, 'l.' + column)} AS {column}" for column in RECORD_COLUMNS]
    columns = f"{', '.join(RECORD_COLUMNS)}, _rid, {', '.join(INHERITED)}"
    connection.execute(
        f"""
        CREATE TABLE branch_copies AS
        SELECT {", ".join(copied)}, -l._rid AS _rid, {", ".join(INHERITED)}
        FROM (
            SELECT *
            FROM records_with_inherited
            WHERE enterprise_id IN (SELECT enterprise_id FROM branches WHERE bucket = {bucket})
        ) l
        JOIN branches b USING (enterprise_id)
        """
    )
    all_records = f"SELECT {columns} FROM records_with_inherited"
    if has_rows(connection, "branch_copies"):
        all_records += f" UNION ALL SELECT {columns} FROM branch_copies"
    connection.execute(f"CREATE VIEW records_with_copies AS {all_records}")


def _rank_acts(connection: Connection) -> None:
    """Makes ``act_ranks``, gravest first within acts of several records, and ``ranked_records``.

    What restores one report of an act restores all reports of that kind: it ends the act.
    """
    connection.execute("CREATE TABLE act_ranks (_rid BIGINT, act_rank INTEGER, act_restored_on DATE)")
    connection.execute(
        """
        CREATE VIEW ranked_records AS
        SELECT *, 0 AS act_rank
        FROM records_with_copies
        """
    )
    if not has_rows(connection, "records_with_copies WHERE act_id <> record_id"):
        return
    # Most acts have one record: a hash picks the others before they are compared exactly.
    connection.execute(
        """
        CREATE TABLE shared_act_hashes AS
        SELECT hash(enterprise_id, act_id) AS h
        FROM records_with_copies
        GROUP BY 1
        HAVING min(hash(record_id)) <> max(hash(record_id))
        """
    )
    if not has_rows(connection, "shared_act_hashes"):
        return
    connection.execute(
        f"""
        INSERT INTO act_ranks
        SELECT _rid, place, act_restored_on
        FROM (
            SELECT
                _rid,
                row_number() OVER (
                    PARTITION BY enterprise_id, act_id
                    ORDER BY {_gravest_first()}
                ) AS place,
                min(record_id) OVER act <> max(record_id) OVER act AS several,
                min({RESTORED}) FILTER (known_until IS NULL) OVER copies AS act_restored_on
            FROM records_with_copies
            WHERE hash(enterprise_id, act_id) IN (SELECT h FROM shared_act_hashes)
            WINDOW
                act AS (PARTITION BY enterprise_id, act_id),
                copies AS (PARTITION BY enterprise_id, act_id, kind)
        )
        WHERE several
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE VIEW ranked_records AS
        SELECT
            a.* REPLACE (coalesce(a.restored_on, r.act_restored_on) AS restored_on),
            coalesce(r.act_rank, 0)::INTEGER AS act_rank
        FROM records_with_copies a
        LEFT JOIN act_ranks r USING (_rid)
        """
    )


def _gravest_first() -> str:
    """The order of the records of one act: decisions first, then gravity, kind and day."""
    kind_labels = codes()["kinds"]
    level_by_severity = {code: labels["level"] for code, labels in codes()["severities"].items()}
    level_by_kind = {
        code: level_by_severity[str(labels["nature"])]
        for code, labels in kind_labels.items()
        if "nature" in labels
    }
    rank = _case("kind", {code: labels["rank"] for code, labels in kind_labels.items()}, "")
    gravity = _case("severity", level_by_severity, f" ELSE {_case('kind', level_by_kind, ' ELSE 0')}")
    # Nothing slight displaces a decision, however grave it calls itself.
    is_decision = f"coalesce({rank} >= {kind_labels['administrative_penalty']['rank']}, FALSE)"
    day = "coalesce(decided_on, occurred_on) DESC NULLS LAST"
    # Without ids and versions at its end the order would be left to chance where all else is equal.
    total = "record_id, known_on DESC NULLS LAST"
    return f"{is_decision} DESC, {gravity} DESC, {rank} DESC, {day}, {total}"


def _case(column: str, values: dict[str, object], otherwise: str) -> str:
    cases = " ".join(f"WHEN {literal(code)} THEN {value}" for code, value in values.items())
    return f"CASE {column} {cases}{otherwise} END"
