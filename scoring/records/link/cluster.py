"""Staged rows of all sources into two clustered Parquet files: versions, acts, branches, one sort on disk, bounded memory.

Nothing here looks at all rows at once but streaming scans, group-bys on 64-bit hashes and one external sort. What needs exactness
(equal ids, acts of several records) is decided exactly, but only over the few rows that a hash has picked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, MAX_RECORDS, RECORD_COLUMNS, codes
from scoring.errors import InputError
from scoring.records.map.identifiers import document_key, is_plausible
from scoring.records.map.mapping import NO_NUMBER_KINDS, SQL_TYPES, enum_of
from scoring.records.read.staging import EMIT_BITS
from scoring.rules import RULES
from scoring.sql.literals import literal

MARK = "sise.clustered"
VERSION = 1
FEW = 20_000
Stage = Path | str
"""Staged rows: Parquet files, or (alone) the name of a table in memory."""
ROW_GROUP = 122_880
"""Rows of a row group: small enough that one enterprise is read in milliseconds, large enough to compress."""


def cluster_enterprises(
    con: duckdb.DuckDBPyConnection,
    stages: Sequence[Path],
    created: Sequence[Path],
    target: Path,
    covers: frozenset[str],
) -> int:
    """Resolves the enterprises of all sources; leaves the table ``known`` (ids with their latest parent) and ``target``.

    Args:
        con: Connection with the table ``fault``.
        stages: Staged Parquet of enterprises that sources list.
        created: Staged Parquet of enterprises that maps create from records, used where no source lists them.
        target: Parquet to write, sorted by ``enterprise_id``, ``known_on``.
        covers: Kinds that the sources cover, for the mark.

    Returns:
        Number of enterprises; the mark of both files is set from it.
    """
    count = resolve_enterprises(con, stages, created)
    con.execute("SET VARIABLE mark = ?", [make_mark(covers, count)])
    write_sorted(
        con, "resolved", dict.fromkeys(ENTERPRISE_COLUMNS, ""), "enterprise_id, known_on NULLS FIRST", target
    )
    return count


def resolve_enterprises(
    con: duckdb.DuckDBPyConnection, stages: Sequence[Stage], created: Sequence[Stage]
) -> int:
    """The views and tables ``resolved``, ``known`` and ``branch``; returns the number of enterprises. Arguments as above."""
    names = list(ENTERPRISE_COLUMNS)
    con.execute(f"CREATE VIEW listed AS {live(con, stages, names)}")
    resolve_versions(con, "listed", "enterprise_id", names, "ent")
    con.execute(f"CREATE OR REPLACE VIEW listed AS {live(con, stages, names)}")
    listed = _resolved(con, "listed", "ent", names)
    made = ", ".join(f"max({name}) AS {name}" for name in names if name != "enterprise_id")
    con.execute(
        f"CREATE TABLE made AS SELECT enterprise_id, {made}, min(_rid) AS _rid FROM ({live(con, created, names)}) "
        f"WHERE enterprise_id NOT IN (SELECT enterprise_id FROM ({listed})) GROUP BY enterprise_id"
    )
    con.execute(f"CREATE VIEW resolved AS {listed} UNION ALL SELECT {', '.join(names)}, _rid FROM made")
    con.execute(
        "CREATE TABLE known AS SELECT enterprise_id, "
        "max({'since': coalesce(known_on, DATE '0001-01-01'), 'id': parent_id}).id AS parent_id FROM resolved GROUP BY enterprise_id"
    )
    con.execute(
        "CREATE TABLE branch AS SELECT b.enterprise_id, b.parent_id FROM known b JOIN known p ON p.enterprise_id = b.parent_id "
        "WHERE b.enterprise_id <> b.parent_id"
    )
    return int(con.execute("SELECT count(*) FROM known").fetchall()[0][0])


def cluster_records(con: duckdb.DuckDBPyConnection, stages: Sequence[Path], target: Path) -> None:
    """Resolves the records of all sources against ``known`` and writes ``target``, sorted by enterprise, record and version.

    Raises:
        InputError: An enterprise has more records than sums of 64 bits are sure to hold.
    """
    link_records(con, stages)
    write_sorted(
        con,
        "ranked",
        _plan(con, stages, list(RECORD_COLUMNS)),
        "enterprise_id, record_id, known_on NULLS FIRST",
        target,
    )
    _refuse_too_many(con, target)


def link_records(con: duckdb.DuckDBPyConnection, stages: Sequence[Stage]) -> None:
    """The view ``ranked``: versions resolved against ``known``, acts found and ranked, records of branches copied."""
    names = list(RECORD_COLUMNS)
    con.execute(f"CREATE VIEW told AS {live(con, stages, names)}")
    con.execute(
        "INSERT INTO fault SELECT _rid, 'enterprise_id', 'unknown_enterprise', enterprise_id FROM told "
        "WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.enterprise_id = told.enterprise_id)"
    )
    con.execute(f"CREATE OR REPLACE VIEW told AS {live(con, stages, names)}")
    resolve_versions(con, "told", "record_id", names, "rec")
    con.execute(f"CREATE OR REPLACE VIEW told AS {live(con, stages, names)}")
    con.execute(f"CREATE VIEW own AS {_resolved(con, 'told', 'rec', names)}")
    _basis_acts(con)
    _with_acts(con, names)
    _rank_acts(con)


def live(con: duckdb.DuckDBPyConnection, stages: Sequence[Stage], names: Sequence[str]) -> str:
    """Rows of staged files that no fault has touched so far, whatever emit the fault was in."""
    if not stages:
        types = {**RECORD_COLUMNS, **ENTERPRISE_COLUMNS}
        return f"SELECT {', '.join(f'NULL::{SQL_TYPES[types[n]]} AS {n}' for n in names)}, NULL::BIGINT AS _rid WHERE FALSE"
    paths = ", ".join(literal(str(path)) for path in stages if isinstance(path, Path))
    source = f"read_parquet([{paths}])" if paths else str(stages[0])
    rows = f"SELECT {', '.join(names)}, _rid FROM {source} s"
    if not _any(con, "fault"):
        return rows
    return (
        f"{rows} WHERE NOT EXISTS (SELECT 1 FROM fault WHERE fault.id >> {EMIT_BITS} = s._rid >> {EMIT_BITS})"
    )


def _any(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(con.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchall()[0][0])


def resolve_versions(
    con: duckdb.DuckDBPyConnection, view: str, key: str, names: Sequence[str], prefix: str
) -> None:
    """Finds rows with the same id: equal ones are merged, later ones close earlier ones, contradictions are faults.

    Leaves ``{prefix}_gone`` (merged rows) and ``{prefix}_until`` (rows whose ``known_until`` is the next version's ``known_on``).
    """
    content = ", ".join(name for name in names if name != "source")
    con.execute(
        f"CREATE TABLE {prefix}_hash AS SELECT hash({key}) AS h FROM {view} GROUP BY 1 HAVING count(*) > 1"
    )
    which = f"hash({key}) IN (SELECT h FROM {prefix}_hash)" if _any(con, f"{prefix}_hash") else "FALSE"
    con.execute(f"CREATE TABLE {prefix}_twice AS SELECT * FROM {view} WHERE {which}")
    con.execute(
        f"CREATE TABLE {prefix}_content AS SELECT {key}, known_on, known_until, list(_rid) AS rids, "
        f"min({{'s': source, 'r': _rid}}).r AS kept, "
        f"count(*) OVER (PARTITION BY {key}, known_on) > 1 AS clash FROM {prefix}_twice GROUP BY {content}"
    )
    con.execute(
        f"INSERT INTO fault SELECT unnest(rids), {literal(key)}, 'conflict', {key} FROM {prefix}_content WHERE clash"
    )
    con.execute(
        f"CREATE TABLE {prefix}_gone AS SELECT rid AS _rid FROM (SELECT kept, unnest(rids) AS rid FROM {prefix}_content WHERE NOT clash) "
        f"WHERE rid <> kept"
    )
    con.execute(
        f"CREATE TABLE {prefix}_until AS SELECT kept AS _rid, later FROM (SELECT kept, known_until, "
        f"lead(known_on) OVER (PARTITION BY {key} ORDER BY known_on NULLS FIRST) AS later FROM {prefix}_content c WHERE NOT clash "
        f"AND NOT EXISTS (SELECT 1 FROM fault WHERE fault.id >> {EMIT_BITS} = c.kept >> {EMIT_BITS})) "
        f"WHERE later < coalesce(known_until, DATE '9999-12-31')"
    )
    con.execute(f"DROP TABLE {prefix}_twice")
    con.execute(f"DROP TABLE {prefix}_content")


def _resolved(con: duckdb.DuckDBPyConnection, view: str, prefix: str, names: Sequence[str]) -> str:
    """Rows of a view without the merged ones, earlier versions closed."""
    until, gone = _any(con, f"{prefix}_until"), _any(con, f"{prefix}_gone")
    columns = ", ".join(
        "coalesce(u.later, v.known_until) AS known_until" if n == "known_until" and until else f"v.{n}"
        for n in names
    )
    join = f" LEFT JOIN {prefix}_until u ON u._rid = v._rid" if until else ""
    where = f" WHERE NOT EXISTS (SELECT 1 FROM {prefix}_gone g WHERE g._rid = v._rid)" if gone else ""
    return f"SELECT {columns}, v._rid FROM {view} v{join}{where}"


def _basis_acts(con: duckdb.DuckDBPyConnection) -> None:
    """Acts of records that name the decision they rest on: that decision's act, wherever it was recorded for the enterprise.

    The decision of the same authority is meant if there is one; else that of another authority, if there is only one such act.
    """
    office, basis, number = (document_key(c) for c in ("authority", "basis_document_no", "document_no"))
    numbered = f"kind NOT IN ({', '.join(map(literal, NO_NUMBER_KINDS))})"
    con.execute(
        f"CREATE TABLE based AS SELECT _rid, enterprise_id, record_id, coalesce({office}, '') AS office, {basis} AS no FROM own "
        f"WHERE {numbered} AND {is_plausible('basis_document_no')} AND act_id = coalesce({office}, '') || '|' || {basis}"
    )
    con.execute("CREATE TABLE acts (_rid BIGINT, act_id VARCHAR)")
    if not _any(con, "based"):
        return
    con.execute(
        f"INSERT INTO acts SELECT b._rid, coalesce(min(d.act_id) FILTER (d.office = b.office), "
        f"CASE WHEN min(d.act_id) = max(d.act_id) THEN min(d.act_id) END) AS act_id FROM based b "
        f"JOIN (SELECT enterprise_id, record_id, act_id, {number} AS no, coalesce({office}, '') AS office FROM own "
        f"WHERE {numbered} AND {is_plausible('document_no')} AND enterprise_id IN (SELECT enterprise_id FROM based)) d "
        f"ON d.enterprise_id = b.enterprise_id AND d.no = b.no AND d.record_id <> b.record_id GROUP BY b._rid"
    )


def _with_acts(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """The view ``acted``: records with their acts, and those of branches a second time under the legal person (negative ``_rid``)."""
    columns = ", ".join(
        "coalesce(a.act_id, o.act_id) AS act_id" if n == "act_id" else f"o.{n}" for n in names
    )
    view = f"SELECT {columns}, o._rid FROM own o LEFT JOIN acts a ON a._rid = o._rid"
    con.execute(f"CREATE VIEW linked AS {view if _any(con, 'acts') else 'SELECT * FROM own'}")
    changed = {
        "record_id": "l.record_id || '@' || l.enterprise_id",
        "act_id": "l.act_id || '@' || l.enterprise_id",  # a branch's act never displaces the enterprise's own
        "enterprise_id": "b.parent_id",
        "scope": "'branch'",
    }
    copied = ", ".join(f"{changed.get(n, 'l.' + n)} AS {n}" for n in names)
    copies = (
        f" UNION ALL SELECT {copied}, -l._rid FROM linked l JOIN branch b USING (enterprise_id)"
        if _any(con, "branch")
        else ""
    )
    con.execute(f"CREATE VIEW acted AS SELECT {', '.join(names)}, _rid FROM linked{copies}")


def _rank_acts(con: duckdb.DuckDBPyConnection) -> None:
    """The table ``act_ranks``: order of gravity within acts of several records. Most acts have one, so a hash picks the others first."""
    con.execute("CREATE TABLE act_ranks (_rid BIGINT, act_rank INTEGER)")
    con.execute("CREATE VIEW ranked AS SELECT *, 0 AS act_rank FROM acted")
    if not con.execute("SELECT EXISTS (SELECT 1 FROM acted WHERE act_id <> record_id)").fetchall()[0][0]:
        return
    con.execute(
        "CREATE TABLE shared AS SELECT hash(enterprise_id, act_id) AS h FROM acted GROUP BY 1 "
        "HAVING min(hash(record_id)) <> max(hash(record_id))"
    )
    if not _any(con, "shared"):
        return
    kinds = codes()["kinds"]
    rank = " ".join(f"WHEN {literal(code)} THEN {row['rank']}" for code, row in kinds.items())
    levels = {code: row["level"] for code, row in codes()["severities"].items()}
    level = " ".join(f"WHEN {literal(code)} THEN {number}" for code, number in levels.items())
    nature = " ".join(
        f"WHEN {literal(code)} THEN {levels[str(row['nature'])]}"
        for code, row in kinds.items()
        if "nature" in row
    )
    con.execute(
        f"INSERT INTO act_ranks SELECT _rid, place FROM (SELECT _rid, row_number() OVER (PARTITION BY enterprise_id, act_id ORDER BY "
        f"coalesce(CASE kind {rank} END >= {kinds['administrative_penalty']['rank']}, FALSE) DESC, "  # nothing slight displaces a decision
        f"CASE severity {level} ELSE CASE kind {nature} ELSE 0 END END DESC, CASE kind {rank} END DESC, "
        f"coalesce(decided_on, occurred_on) DESC NULLS LAST, "
        f"record_id, known_on DESC NULLS LAST) AS place, min(record_id) OVER act <> max(record_id) OVER act AS several "
        f"FROM acted WHERE hash(enterprise_id, act_id) IN (SELECT h FROM shared) WINDOW act AS (PARTITION BY enterprise_id, act_id)) "
        f"WHERE several"
    )
    con.execute(
        "CREATE OR REPLACE VIEW ranked AS SELECT a.*, coalesce(r.act_rank, 0)::INTEGER AS act_rank "
        "FROM acted a LEFT JOIN act_ranks r USING (_rid)"
    )


def _plan(con: duckdb.DuckDBPyConnection, stages: Sequence[Path], names: Sequence[str]) -> dict[str, str]:
    """How each column goes through the sort: a type of one or two bytes where its values are few, ``NULL`` where it has none.

    The sort spills rows, so their width is its cost: 10 million rows take 7 s this way and 47 s as plain text.
    """
    plan = {name: enum_of(name) if name in CODED_COLUMNS else "" for name in names} | {"act_rank": ""}
    for name in ("source", "authority"):
        values = con.execute(
            f"SELECT DISTINCT {name} FROM told WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {FEW + 1}"
        ).fetchall()
        if 0 < len(values) <= FEW:
            con.execute(
                f"CREATE TYPE few_{name} AS ENUM ({', '.join(literal(value) for (value,) in values)})"
            )
            plan[name] = f"few_{name}"
    made = {"known_until": "rec_until", "scope": "branch"}
    for name in set(names) - {n for n, table in made.items() if _any(con, table)}:
        if all(_all_null(path, name) for path in stages):
            plan[name] = "NULL"
    return plan


def _all_null(path: Path, column: str) -> bool:
    """Whether the statistics of a staged file prove that a column is empty."""
    meta = pq.read_metadata(path)
    index = meta.schema.names.index(column)
    groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    return all(
        (s := g.column(index).statistics) is not None and s.has_null_count and s.null_count == g.num_rows
        for g in groups
    )


def write_sorted(
    con: duckdb.DuckDBPyConnection, view: str, plan: Mapping[str, str], order: str, target: Path
) -> None:
    """One external sort into one Parquet file; the order is total, so the bytes do not depend on threads or on the order of input."""
    types = {name: SQL_TYPES[kind] for name, kind in {**RECORD_COLUMNS, **ENTERPRISE_COLUMNS}.items()}
    narrow = {
        name: f"CAST({name} AS {kind}) AS {name}" if kind else name
        for name, kind in plan.items()
        if kind != "NULL"
    }
    wide = [
        f"NULL::{types[name]} AS {name}"
        if kind == "NULL"
        else f"CAST({name} AS VARCHAR) AS {name}"
        if kind
        else name
        for name, kind in plan.items()
    ]
    if "act_id" in narrow:  # most acts are their only record: not carried twice
        narrow["act_id"] = "nullif(act_id, record_id) AS act_id"
        wide[list(plan).index("act_id")] = "coalesce(act_id, record_id) AS act_id"
    target.unlink(missing_ok=True)  # it may be a hard link to somebody's input
    con.execute(
        f"COPY (SELECT {', '.join(wide)} FROM (SELECT {', '.join(narrow.values())} FROM {view} ORDER BY {order})) "
        f"TO {literal(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, KV_METADATA {{'{MARK}': getvariable('mark')}})"
    )


def _refuse_too_many(con: duckdb.DuckDBPyConnection, records: Path) -> None:
    rows = con.execute(
        f"SELECT enterprise_id, count(DISTINCT record_id) AS n FROM read_parquet({literal(str(records))}) WHERE enterprise_id IN "
        f"(SELECT enterprise_id FROM read_parquet({literal(str(records))}) GROUP BY 1 HAVING count(*) > {MAX_RECORDS}) "
        f"GROUP BY 1 HAVING n > {MAX_RECORDS} ORDER BY 1 LIMIT 1"
    ).fetchall()
    if rows:
        who, count = rows[0]
        raise InputError(
            f"企业 {who} 有 {count} 条记录，超过每户 {MAX_RECORDS} 条的上限；请检查编号是否错用（例如占位编号）",
            f"enterprise {who} has {count} records, more than the {MAX_RECORDS} allowed; is its id a placeholder?",
        )


def make_mark(covers: frozenset[str], enterprises: int) -> str:
    """The mark of clustered files: format version, closed lists, covered kinds and number of enterprises, as JSON."""
    kinds = hashlib.sha256((RULES / "kinds.toml").read_bytes()).hexdigest()
    return json.dumps(
        {"version": VERSION, "kinds": kinds, "covers": sorted(covers), "enterprises": enterprises},
        sort_keys=True,
    )


def read_mark(path: Path) -> tuple[str, int] | None:
    """Mark and number of rows of a Parquet file that this module wrote under the present closed lists; else ``None``."""
    with pq.ParquetFile(path) as file:
        raw = (file.metadata.metadata or {}).get(MARK.encode())
        if raw is None:
            return None
        mark = json.loads(raw)
        fresh = make_mark(frozenset(mark.get("covers", [])), mark.get("enterprises", 0))
        return (raw.decode(), file.metadata.num_rows) if fresh == raw.decode() else None
