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
import pyarrow.parquet as pq
from districts import District

from scoring.engine.case_tables import ENTERPRISES, RECORDS
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import DecidedRows

Result = tuple[int | None, str | None]


@dataclass
class Altered:
    """Copies of enterprises with changed records, to be scored on one day.

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
        self.enterprises.append({**enterprise, "enterprise_id": name, "known_until": None})
        self.records += [{**record, "enterprise_id": name} for record in records]

    def score(self, folder: Path, day: date) -> dict[str, Result]:
        """Points and band of every copy on a day, from files, by the batch."""
        version = self.district.version
        policy = version.policy
        covers = frozenset(self.district.run["covers"])  # type: ignore[call-overload]
        _write(self.enterprises, ENTERPRISES, folder / "enterprises.parquet")
        _write(self.records, RECORDS, folder / "records.parquet")
        clustered = Clustered(folder / "enterprises.parquet", folder / "records.parquet", covers)
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


def _write(rows: Sequence[Mapping[str, Any]], schema: pa.Schema, path: Path) -> None:
    ordered = sorted(rows, key=lambda row: str(row["enterprise_id"]))
    pq.write_table(pa.Table.from_pylist([dict(row) for row in ordered], schema=schema), path)


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
