"""Stored versions become the clustered files that the engine scores.

A store keeps facts as they came; all else is derived here.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection as Connection

from scoring.disk import disk_faults
from scoring.entities import ENTERPRISE_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS, ColumnType, RelationSet
from scoring.records.link.acts import link_records, resolve_records
from scoring.records.link.cluster import cluster_enterprises, cluster_records
from scoring.records.link.plain_relations import is_unrelated, may_rest_on_another, plain_columns
from scoring.records.link.resolve import COLUMNS, KEYS, Fact, Stage, resolve_enterprises
from scoring.records.link.staged_buckets import StagedBuckets
from scoring.records.read.row_numbers import EMIT_BITS
from scoring.records.read.staging import FAULT_TABLE, open_staging
from scoring.sql.connect import connect
from scoring.sql.literals import literal

ARROW_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
_ALONE = {**dict.fromkeys(LINKED_COLUMNS), "act_rank": 0, "related": 0}
Row = Mapping[str, Any]
"""A stored version: ``seq``, canonical columns and, of an enterprise, ``created``."""


def cluster_versions(
    enterprises: Iterable[pa.Table],
    records: Iterable[pa.Table],
    covers: frozenset[str],
    out: Path,
    *,
    relations: RelationSet | None = None,
    threads: int = 2,
    memory: str = "600MB",
) -> tuple[Path, Path]:
    """Clustered enterprises and records of stored versions.

    Of two versions of one day the one with the greater ``seq`` counts.

    Args:
        enterprises: Tables of ``seq``, canonical columns and ``created``.
        records: Tables of ``seq`` and canonical columns.
        covers: Kinds that the store's sources cover.
        out: An existing folder.
        relations: How records stand to each other; ``None``: by their act alone.
        threads: Threads of DuckDB.
        memory: Its buffers.
    """
    work = out / ".work"
    targets = out / "enterprises.parquet", out / "records.parquet"
    try:
        with disk_faults(out):
            work.mkdir(parents=True, exist_ok=True)
            staged = _stage_versions(enterprises, records, work)
            with open_staging(work, threads, memory) as connection:
                _drop_replaced(connection, staged.listed, "enterprises")
                _drop_replaced(connection, staged.records, "records")
                only_bucket = StagedBuckets([[staged.listed]], [[staged.created]], [[staged.records]])
                cluster_enterprises(connection, only_bucket, targets[0], covers, relations)
                cluster_records(connection, only_bucket, targets[1], work, relations=relations)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return targets


class _Staged(NamedTuple):
    """Staged Parquet of stored versions."""

    listed: Path
    created: Path
    records: Path


def _stage_versions(enterprises: Iterable[pa.Table], records: Iterable[pa.Table], work: Path) -> _Staged:
    staged = _Staged(*(work / f"{name}.parquet" for name in _Staged._fields))
    types_by_file = (ENTERPRISE_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS)
    with ExitStack() as stack:
        listed, created, linked = (
            stack.enter_context(pq.ParquetWriter(path, _schema(column_types), compression="lz4"))
            for path, column_types in zip(staged, types_by_file, strict=True)
        )
        for table in enterprises:
            is_created = table.column("created")
            with_ids = _with_row_id(table, ENTERPRISE_COLUMNS)
            listed.write_table(with_ids.filter(pc.invert(is_created)))
            created.write_table(with_ids.filter(is_created))
        for table in records:
            linked.write_table(_with_row_id(table, RECORD_COLUMNS))
    return staged


def _schema(columns: Mapping[str, ColumnType]) -> pa.Schema:
    fields = [(column, ARROW_TYPES[column_type]) for column, column_type in columns.items()]
    return pa.schema([*fields, ("_rid", pa.int64())])


def _with_row_id(table: pa.Table, columns: Mapping[str, ColumnType]) -> pa.Table:
    """Canonical columns and ``_rid``, in which ``seq`` stands in place of the row of a file."""
    row_ids = pc.shift_left(table.column("seq"), EMIT_BITS)
    return table.append_column("_rid", row_ids).select([*columns, "_rid"])


def _drop_replaced(connection: Connection, stage: Stage, fact: Fact) -> None:
    """Leaves out versions that a later one of the same day replaces."""
    id_column = KEYS[fact]
    staged_rows = f"read_parquet({literal(str(stage))})" if isinstance(stage, Path) else stage
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT s._rid, 'known_on', 'replaced', ''
        FROM {staged_rows} s
        JOIN (
            SELECT {id_column}, known_on, max(_rid) AS last
            FROM {staged_rows}
            GROUP BY ALL
            HAVING count(*) > 1
        ) t ON t.{id_column} = s.{id_column} AND t.known_on IS NOT DISTINCT FROM s.known_on
        WHERE s._rid < t.last
        """
    )


class Linker:
    """Derives for one enterprise and its branches what ``cluster_versions`` derives for all.

    One connection, used by one thread at a time; the tables of one call are rolled back at its end.
    """

    def __init__(self) -> None:
        self._connection = connect(threads=1)
        self._connection.execute(FAULT_TABLE)

    def link(
        self,
        enterprises: Sequence[Row],
        records: Sequence[Row],
        enterprise_id: str,
        relations: RelationSet | None,
    ) -> tuple[list[Row], list[Row]]:
        """Versions of one enterprise and its linked records, as the engine takes them.

        Args:
            enterprises: ``seq``, canonical columns and ``created`` of the enterprise and its
                branches.
            records: ``seq`` and canonical columns of their records.
            enterprise_id: The enterprise.
            relations: How records stand to each other; ``None``: by their act alone.
        """
        return self.link_families({enterprise_id: (enterprises, records)}, relations)[enterprise_id]

    def link_families(
        self, families: Mapping[str, tuple[Sequence[Row], Sequence[Row]]], relations: RelationSet | None
    ) -> dict[str, tuple[list[Row], list[Row]]]:
        """The same of several enterprises, of one state of their facts: the database is asked once for all.

        Args:
            families: By enterprise, the versions of itself with its branches, and of their records.
            relations: How records stand to each other; ``None``: by their act alone.
        """
        linked: dict[str, tuple[list[Row], list[Row]]] = {}
        others: dict[str, tuple[Sequence[Row], Sequence[Row]]] = {}
        for enterprise_id, (enterprises, given) in families.items():
            records = given if relations is None else [_under_one_name(row, relations) for row in given]
            # Linking plain records without the database takes a tenth of the time.
            if _is_plain(enterprises, records) and (relations is None or is_unrelated(records, relations)):
                plain = closed(enterprises, "enterprise_id"), closed(records, "record_id")
                linked[enterprise_id] = _link_plain(*plain, enterprise_id, relations)
            else:
                others[enterprise_id] = enterprises, records
        if not others:
            return linked
        all_enterprises = chain.from_iterable(enterprises for enterprises, _ in others.values())
        all_records = chain.from_iterable(records for _, records in others.values())
        enterprises = _in_order(all_enterprises, "enterprise_id", 1)
        # A row is refused by its number alone, so no record has that of an enterprise.
        rows = enterprises, _in_order(all_records, "record_id", len(enterprises) + 1)
        with self._linked(*rows, relations):
            for enterprise_id in others:
                linked[enterprise_id] = self._enterprise_rows(enterprise_id), self._record_rows(enterprise_id)
        return linked

    def link_all(
        self, enterprises: Sequence[Row], records: Sequence[Row], relations: RelationSet
    ) -> dict[str, list[Row]]:
        """Linked records by enterprise, of enterprises that are no branches of each other."""
        by_owner: dict[str, list[Row]] = defaultdict(list)
        with self._linked(enterprises, [_under_one_name(row, relations) for row in records], relations):
            columns = ", ".join((*RECORD_COLUMNS, *LINKED_COLUMNS))
            linked = self._connection.execute(f"SELECT {columns} FROM linked_records").to_arrow_table()
        for row in linked.to_pylist():
            by_owner[row["enterprise_id"]].append(row)
        return by_owner

    @contextmanager
    def _linked(
        self, enterprises: Sequence[Row], records: Sequence[Row], relations: RelationSet | None
    ) -> Iterator[None]:
        """Within it the views of the linked rows are there."""
        self._connection.begin()
        try:
            listed = [version for version in enterprises if not version["created"]]
            created = [version for version in enterprises if version["created"]]
            self._register("listed_stage", "enterprises", listed)
            self._register("created_stage", "enterprises", created)
            self._register("record_stage", "records", records)
            _drop_replaced(self._connection, "listed_stage", "enterprises")
            _drop_replaced(self._connection, "record_stage", "records")
            resolve_enterprises(self._connection, ["listed_stage"], ["created_stage"])
            resolve_records(self._connection, ["record_stage"], relations)
            link_records(self._connection, relations, few=True)
            yield
        finally:
            # Rolling back is how the tables of this call disappear.
            self._connection.rollback()

    def _register(self, name: str, fact: Fact, rows: Sequence[Row]) -> None:
        """Rows as a table that stands for a staged file."""
        staged_rows = [{**version, "_rid": version["seq"] << EMIT_BITS} for version in rows]
        self._connection.register(name, pa.Table.from_pylist(staged_rows, schema=_schema(COLUMNS[fact])))

    def _enterprise_rows(self, enterprise_id: str) -> list[Row]:
        order = "known_on NULLS FIRST"
        return self._rows("resolved_enterprises", ENTERPRISE_COLUMNS, order, enterprise_id)

    def _record_rows(self, enterprise_id: str) -> list[Row]:
        columns = [*RECORD_COLUMNS, *LINKED_COLUMNS]
        return self._rows("linked_records", columns, "record_id, known_on NULLS FIRST", enterprise_id)

    def _rows(self, view: str, columns: Iterable[str], order: str, enterprise_id: str) -> list[Row]:
        query = f"SELECT {', '.join(columns)} FROM {view} WHERE enterprise_id = ? ORDER BY {order}"
        return list(self._connection.execute(query, [enterprise_id]).to_arrow_table().to_pylist())


def _in_order(rows: Iterable[Row], key: str, first: int) -> list[Row]:
    """Rows of several families, each once, numbered anew: facts that wait to be stored have one number."""
    once = {(row["seq"], row[key]): row for row in rows}
    return [{**once[number], "seq": place} for place, number in enumerate(sorted(once), start=first)]


def _under_one_name(version: Row, relations: RelationSet) -> Row:
    """A record whose act bears the name of its authority, whatever its spelling (``acts``)."""
    alias, bar, number = version["act_id"].partition("|")
    if not bar or alias not in relations.name_of_alias or version["act_id"] == version["record_id"]:
        return version
    return {**version, "act_id": f"{relations.name_of_alias[alias]}|{number}"}


def _is_plain(enterprises: Sequence[Row], records: Sequence[Row]) -> bool:
    """Whether no enterprise is created, no record rests on another, no act has several records."""
    if any(version["created"] for version in enterprises) or may_rest_on_another(records):
        return False
    records_of_acts = {
        (version["enterprise_id"], version["act_id"], version["record_id"]) for version in records
    }
    acts = {(owner, act) for owner, act, _ in records_of_acts}
    return len(records_of_acts) == len(acts)


def _link_plain(
    enterprises: Sequence[Row], records: Sequence[Row], enterprise_id: str, relations: RelationSet | None
) -> tuple[list[Row], list[Row]]:
    """The versions of the enterprise and its records, and copies of branch records, as in ``acts``."""
    # They are in order of days, so the latest version of an enterprise says whose branch it is.
    parents = {version["enterprise_id"]: version["parent_id"] for version in enterprises}
    added = plain_columns(records, relations) if relations else {}
    linked: list[Row] = []
    for version in records:
        owner = version["enterprise_id"]
        if owner not in parents:
            continue
        if owner == enterprise_id:
            linked.append({**version, **_ALONE, **added.get(version["record_id"], {})})
        elif parents[owner] == enterprise_id and enterprise_id in parents:
            copied = {column: f"{version[column]}@{owner}" for column in ("record_id", "act_id")}
            copied |= {"enterprise_id": enterprise_id, "scope": "branch"}
            linked.append({**version, **copied, **_ALONE})
    linked.sort(key=lambda version: (version["record_id"], version["known_on"] or date.min))
    return [version for version in enterprises if version["enterprise_id"] == enterprise_id], linked


def closed(rows: Sequence[Row], id_column: str) -> list[Row]:
    """Versions in order of id and day, each closed by the next; of one day the last ``seq`` counts."""
    by_day = {
        (version[id_column], version["known_on"]): version
        for version in sorted(rows, key=lambda version: version["seq"])
    }
    ordered = sorted(
        by_day.values(), key=lambda version: (version[id_column], version["known_on"] or date.min)
    )
    versions: list[Row] = []
    for version, following in zip(ordered, [*ordered[1:], None], strict=False):
        end_days = [version["known_until"]]
        if following is not None and following[id_column] == version[id_column]:
            end_days.append(following["known_on"])
        known_until = min((day for day in end_days if day is not None), default=None)
        versions.append({**version, "known_until": known_until})
    return versions
