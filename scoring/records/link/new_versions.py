"""One source for a store that holds facts already: what is new in it, what is there, what contradicts; nothing derived is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.disk import disk_faults
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, Progress, silent
from scoring.errors import InputError
from scoring.records.link.accounting import SourceCounts, count_sources, write_rejects
from scoring.records.link.cluster import live, resolve_versions
from scoring.records.map.identifiers import document_key
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.staging import EMIT_BITS, Source, map_rows, open_staging, read_files
from scoring.sql.connect import connect
from scoring.sql.literals import literal

Fact = Literal["enterprises", "records"]
Overdue = tuple[Sequence[str], date]
"""Kinds, and the oldest day from which a record of them may still be kept."""
ROW_GROUP = 50_000


class Held(Protocol):
    """What the store holds of some ids."""

    def versions(self, fact: Fact, ids: pa.Table) -> Iterable[pa.Table]:
        """All versions of these ids (the one column of ``ids``): canonical columns, and ``created`` of enterprises."""
        ...

    def known(self, ids: pa.Table) -> pa.Table:
        """Those of the enterprise ids that the store knows."""
        ...


@dataclass(frozen=True)
class NewVersions:
    """What a source brings that the store does not hold.

    Attributes:
        enterprises: Parquet of canonical columns and ``created``, ordered by ``enterprise_id``, ``known_on``.
        records: Parquet of canonical columns, ordered by ``enterprise_id``, ``record_id``, ``known_on``.
        rejects: CSV of refused rows.
        counts: What became of the rows.
        n_enterprises: Rows of ``enterprises``.
        n_records: Rows of ``records``.
        n_known: Versions that the store held already.
    """

    enterprises: Path
    records: Path
    rejects: Path
    counts: SourceCounts
    n_enterprises: int
    n_records: int
    n_known: int


def read_new_versions(
    spec: SourceSpec,
    out: Path,
    held: Callable[[], Held],
    overdue: Sequence[Overdue],
    day: date,
    *,
    threads: int = 2,
    memory: str = "600MB",
    progress: Progress = silent,
) -> NewVersions:
    """Reads one source and compares it with what the store holds.

    A version that is held is merged; one with the id and day of a held one and other content contradicts it and is refused. An
    enterprise listed anew without a day and with other content has changed: it is a new version, known from the day of the import.

    Args:
        spec: The source.
        out: An existing folder; nothing outside it is written.
        held: Gives the store once the source is read, so that a lock is not taken before it is needed.
        overdue: What the law has deleted by now: such rows are refused.
        day: The day of the import.
        threads: Threads of DuckDB.
        memory: Its buffers.
        progress: Called with a step and the share done.

    Raises:
        InputError: A file is damaged or does not fit its map.
        EnvironmentRefusedError: Memory or disk do not suffice.
    """
    source, work = Source(spec, load_source_map(spec.map)), out / ".work"
    try:
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            with open_staging(work, threads, memory) as con:
                progress("read", 0.0)
                read_files(source, work, 0)
                map_rows(con, source, work)
                progress("read", 1.0)
                return _arrive(con, source, out, held(), overdue, day, progress)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        raise InputError(
            f"数据文件损坏或无法读取：{error}", f"a data file is damaged or cannot be read: {error}"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _arrive(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    out: Path,
    held: Held,
    overdue: Sequence[Overdue],
    day: date,
    progress: Progress,
) -> NewVersions:
    enterprises, records, rejects = (
        out / name for name in ("enterprises.parquet", "records.parquet", "rejects.csv")
    )
    creates = source.map.create_enterprises
    listed, told = (_stages(source, wanted) for wanted in (True, False))
    progress("match", 0.0)
    _enterprises(con, [] if creates else listed, listed if creates else [])
    known = _compare(con, "listed", "enterprise_id", "ent", held)
    _write(con, _new_enterprises(day), "enterprise_id, known_on NULLS FIRST", enterprises)
    progress("match", 0.3)
    _records(con, told, held, overdue)
    known += _compare(con, "told", "record_id", "rec", held)
    names = ", ".join(RECORD_COLUMNS)
    kept = (
        f"SELECT {names} FROM ({live(con, told, list(RECORD_COLUMNS))}) t ANTI JOIN rec_gone g USING (_rid)"
    )
    _write(con, kept, "enterprise_id, record_id, known_on NULLS FIRST", records)
    progress("match", 0.9)
    counts = count_sources(con, [source])[str(source.spec)]
    write_rejects(con, [source], rejects)
    progress("match", 1.0)
    rows = [pq.read_metadata(path).num_rows for path in (enterprises, records)]
    return NewVersions(enterprises, records, rejects, counts, rows[0], rows[1], known)


def _stages(source: Source, enterprises: bool) -> list[Path]:
    return [path for _, path, is_enterprise in source.stages if is_enterprise == enterprises]


def _enterprises(con: duckdb.DuckDBPyConnection, listed: Sequence[Path], created: Sequence[Path]) -> None:
    """The views ``listed`` and ``resolved`` and the table ``made``: enterprises of a map that creates them, one row each."""
    names = list(ENTERPRISE_COLUMNS)
    con.execute(f"CREATE VIEW listed AS {live(con, listed, names)}")
    resolve_versions(con, "listed", "enterprise_id", names, "ent")
    con.execute(f"CREATE OR REPLACE VIEW listed AS {live(con, listed, names)}")
    made = ", ".join(f"max({name}) AS {name}" for name in names if name != "enterprise_id")
    con.execute(
        f"CREATE TABLE made AS SELECT enterprise_id, {made}, min(_rid) AS _rid FROM ({live(con, created, names)}) GROUP BY enterprise_id"
    )
    columns = ", ".join(names)
    con.execute(
        f"CREATE VIEW resolved AS SELECT {columns}, _rid, FALSE AS created FROM listed ANTI JOIN ent_gone USING (_rid) "
        f"UNION ALL SELECT {columns}, _rid, TRUE FROM made"
    )


def _new_enterprises(day: date) -> str:
    moved = f"CASE WHEN EXISTS (SELECT 1 FROM ent_moved m WHERE m._rid = r._rid) THEN DATE '{day}' ELSE known_on END AS known_on"
    names = ", ".join(moved if name == "known_on" else name for name in ENTERPRISE_COLUMNS)
    refused = f"EXISTS (SELECT 1 FROM fault WHERE fault.id >> {EMIT_BITS} = r._rid >> {EMIT_BITS})"
    return f"SELECT {names}, created FROM resolved r WHERE NOT {refused} AND NOT EXISTS (SELECT 1 FROM made_gone g WHERE g._rid = r._rid)"


def _records(
    con: duckdb.DuckDBPyConnection, told: Sequence[Path], held: Held, overdue: Sequence[Overdue]
) -> None:
    """The view ``told``; records of enterprises that neither the source nor the store knows are refused."""
    names = list(RECORD_COLUMNS)
    con.execute("CREATE TABLE known AS SELECT DISTINCT enterprise_id FROM resolved")
    con.execute(f"CREATE VIEW told AS {live(con, told, names)}")
    asked = "SELECT enterprise_id FROM told UNION SELECT parent_id FROM resolved WHERE parent_id IS NOT NULL"
    ids = con.execute(
        f"SELECT enterprise_id FROM ({asked}) ANTI JOIN known USING (enterprise_id)"
    ).to_arrow_table()
    if ids.num_rows:
        con.register("stored_ids", held.known(ids))
        con.execute("INSERT INTO known SELECT enterprise_id FROM stored_ids")
    con.execute(
        "INSERT INTO fault SELECT _rid, 'enterprise_id', 'unknown_enterprise', enterprise_id FROM told "
        "WHERE NOT EXISTS (SELECT 1 FROM known WHERE known.enterprise_id = told.enterprise_id)"
    )
    for kinds, oldest in overdue:
        con.execute(
            f"INSERT INTO fault SELECT _rid, 'decided_on', 'retention_over', CAST(coalesce(decided_on, occurred_on) AS VARCHAR) FROM told "
            f"WHERE kind IN ({', '.join(map(literal, kinds))}) AND coalesce(decided_on, occurred_on) < DATE '{oldest}'"
        )
    con.execute(f"CREATE OR REPLACE VIEW told AS {live(con, told, names)}")
    resolve_versions(con, "told", "record_id", names, "rec")
    con.execute(f"CREATE OR REPLACE VIEW told AS {live(con, told, names)}")


def _compare(con: duckdb.DuckDBPyConnection, view: str, key: str, prefix: str, held: Held) -> int:
    """Adds to ``{prefix}_gone`` what the store holds, and to ``fault`` what contradicts it; returns how many it holds."""
    fact: Fact = "records" if key == "record_id" else "enterprises"
    columns = RECORD_COLUMNS if fact == "records" else ENTERPRISE_COLUMNS
    names = ", ".join([*columns, *(["created"] if fact == "enterprises" else [])])
    con.execute(
        f"CREATE TABLE {prefix}_all AS SELECT {', '.join(columns)}, FALSE AS created FROM {view} LIMIT 0"
    )
    con.execute(f"CREATE VIEW {prefix}_held AS SELECT * FROM {prefix}_all WHERE NOT created")
    if fact == "enterprises":
        con.execute("CREATE TABLE made_gone (_rid BIGINT)")
        con.execute("CREATE TABLE ent_moved (_rid BIGINT)")
    asked = f"SELECT {key} FROM {view}" + (
        " UNION SELECT enterprise_id FROM made" if fact == "enterprises" else ""
    )
    for table in held.versions(fact, con.execute(f"SELECT DISTINCT {key} FROM ({asked})").to_arrow_table()):
        con.register("stored", table)
        con.execute(
            f"INSERT INTO {prefix}_all BY NAME SELECT {names}{', FALSE AS created' if fact == 'records' else ''} FROM stored"
        )
        con.unregister("stored")
    if not con.execute(f"SELECT EXISTS (FROM {prefix}_all)").fetchall()[0][0]:
        return 0
    same = " AND ".join(_agrees(name) for name in columns if name not in (key, "source"))
    live_rows = f"SELECT t.* FROM {view} t ANTI JOIN {prefix}_gone g USING (_rid)"
    con.execute(
        f"CREATE TABLE {prefix}_there AS SELECT t._rid FROM ({live_rows}) t SEMI JOIN {prefix}_held h ON h.{key} = t.{key} AND {same}"
    )
    if fact == "enterprises":
        _listed_anew(con, live_rows, columns)
    con.execute(
        f"INSERT INTO fault SELECT t._rid, {literal(key)}, 'conflict', t.{key} FROM ({live_rows}) t "
        f"ANTI JOIN {prefix}_there USING (_rid) SEMI JOIN {prefix}_held h ON h.{key} = t.{key} "
        f"AND h.known_on IS NOT DISTINCT FROM t.known_on"
        + (" ANTI JOIN ent_moved USING (_rid)" if fact == "enterprises" else "")
    )
    con.execute(f"INSERT INTO {prefix}_gone SELECT _rid FROM {prefix}_there")
    n = int(con.execute(f"SELECT count(*) FROM {prefix}_there").fetchall()[0][0])
    if fact == "enterprises":
        made = "(SELECT * FROM ent_all WHERE created)"
        con.execute(
            f"INSERT INTO made_gone SELECT t._rid FROM made t SEMI JOIN {made} h ON h.enterprise_id = t.enterprise_id AND {same}"
        )
    return n


def _agrees(name: str) -> str:
    """Whether a column of what is held agrees; a fact of before there were occasions is the same fact when its source tells them."""
    told = f"h.{name} IS NOT DISTINCT FROM t.{name}"
    return f"(h.occasion IS NULL OR {told})" if name == "occasion" else told


def _listed_anew(con: duckdb.DuckDBPyConnection, live_rows: str, columns: Iterable[str]) -> None:
    """Enterprises listed again without a day: such as some held version says are there, the others have changed (``ent_moved``)."""
    free = ("enterprise_id", "source", "known_on", "known_until")
    same = " AND ".join(f"h.{name} IS NOT DISTINCT FROM t.{name}" for name in columns if name not in free)
    undated = f"SELECT t.* FROM ({live_rows}) t ANTI JOIN ent_there USING (_rid) WHERE t.known_on IS NULL"
    held = f"FROM ({undated}) t SEMI JOIN ent_held h ON h.enterprise_id = t.enterprise_id"
    con.execute(f"INSERT INTO ent_there SELECT t._rid {held} AND {same}")
    con.execute(f"INSERT INTO ent_moved SELECT t._rid {held}")


def _write(con: duckdb.DuckDBPyConnection, rows: str, order: str, target: Path) -> None:
    con.execute(
        f"COPY ({rows} ORDER BY {order}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE {ROW_GROUP})"
    )


def as_given(records: pa.Table) -> pa.Table:
    """Records of a store as a canonical file must tell them to arrive as they are.

    A record's own id stands for its act where no act was given; told, it would be normalised and so become another.
    """
    told = f"CASE WHEN act_id = record_id AND act_id <> {document_key('act_id')} THEN NULL ELSE act_id END"
    with connect() as con:
        con.register("held", records)
        return (
            con.execute(f"SELECT * REPLACE ({told} AS act_id) FROM held")
            .to_arrow_table()
            .cast(records.schema)
        )
