"""Records of a scored district changed as an explanation says, and scored again as a batch of their own.

The what-if questions of an explanation change records inside one query. Here the change is made in the files and the
ordinary batch scores them: what was printed is true if both agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from districts import District

from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import DecidedRows
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.records.link.versions import cluster_versions

Result = tuple[int | None, str | None]
_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
RECORDS_STAGED = pa.schema([("seq", pa.int64()), *((n, _TYPES[k]) for n, k in RECORD_COLUMNS.items())])
ENTERPRISES_STAGED = pa.schema(
    [
        ("seq", pa.int64()),
        *((n, _TYPES[k]) for n, k in ENTERPRISE_COLUMNS.items()),
        ("created", pa.bool_()),
    ]
)


@dataclass
class Altered:
    """Copies of enterprises with changed records, linked once and scored on any days.

    Attributes:
        district: Where the originals are.
        enterprises: Rows of the copies.
        records: Their records.
    """

    district: District
    enterprises: list[Mapping[str, Any]] = field(default_factory=list)
    records: list[Mapping[str, Any]] = field(default_factory=list)

    def add(self, name: str, enterprise: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> None:
        """One copy under a name of its own."""
        # What a branch brings is among the records already.
        alone = {"parent_id": None, "known_until": None, "created": False}
        self.enterprises.append({**enterprise, "enterprise_id": name, **alone})
        self.records += [_renamed(record, name) for record in records]

    def linked(self, folder: Path) -> Clustered:
        """The copies as clustered files in a folder."""
        covers = frozenset(self.district.run["covers"])  # type: ignore[call-overload]
        files = cluster_versions(
            [_table(self.enterprises, ENTERPRISES_STAGED)],
            [_table(self.records, RECORDS_STAGED)],
            covers,
            folder,
            relations=self.district.version.law.relations,
        )
        return Clustered(*files, covers)

    def score(self, clustered: Clustered, day: date) -> dict[str, Result]:
        """Points and band of every copy on a day, by the batch."""
        version, covers = self.district.version, clustered.covers
        policy = version.policy
        with DuckEngine(threads=2) as engine:
            rows = next(
                iter(engine.batch(version, day, covers, engine.files(clustered), [("", "\U0010ffff")]))
            )
        wide = DecidedRows.of(rows, policy)
        bands = [policy.bands[n].id for n in wide.table.column("band_no").to_pylist()]
        points = wide.table.column("points").to_pylist()
        names = wide.table.column("enterprise_id").to_pylist()
        return {
            e: (p, b) if r else (None, None)
            for e, p, b, r in zip(names, points, bands, wide.rated, strict=True)
        }


def _renamed(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A record of a copy: ids are those of the copy, so that no two copies share one."""
    ids = {"record_id": f"{name}~{record['record_id']}", "enterprise_id": name}
    if record["act_id"] == record["record_id"]:
        ids["act_id"] = ids["record_id"]
    if record.get("refers_to"):
        ids["refers_to"] = f"{name}~{record['refers_to']}"
    return {**record, **ids}


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    numbered = [{name: row.get(name) for name in schema.names} | {"seq": n} for n, row in enumerate(rows, 1)]
    return pa.Table.from_pylist(numbered, schema=schema)


def believed(
    district: District, day: date
) -> tuple[dict[str, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Enterprises and records as they were believed on a day: by id the version in force, by id the records."""
    enterprises = pd.read_parquet(district.results / "enterprises.parquet", dtype_backend="pyarrow")
    records = pd.read_parquet(district.results / "records.parquet", dtype_backend="pyarrow")
    by_id: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(records, day):
        by_id.setdefault(row["enterprise_id"], []).append({**row, "known_until": None})
    return {row["enterprise_id"]: row for row in _rows(enterprises, day)}, by_id


def _rows(frame: pd.DataFrame, day: date) -> list[dict[str, Any]]:
    table = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return [
        row
        for row in table
        if (row["known_on"] or day) <= day and (row["known_until"] is None or row["known_until"] > day)
    ]
