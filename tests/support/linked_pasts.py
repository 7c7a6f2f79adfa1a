"""Random histories as enterprises of a world, linked all together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, cycle
from typing import Any

import pyarrow as pa
from related_histories import Past
from worlds import ALL_KINDS, World

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, RelationSet
from scoring.records.link.versions import cluster_versions

TRADES = ("C13", "E47", "G54", "H61", "I65")
"""Industries, one for each policy of a sector."""
TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}


def link_pasts(world: World, relations: RelationSet | None, pasts: Sequence[Past]) -> list[str]:
    """Links one enterprise for each history into the folder of a world; gives their ids in order."""
    numbers = count(1)
    ids = [f"e{number:06}" for number in range(len(pasts))]
    firm = {"entity_type": "company", "status": "active", "created": False}
    firms = [
        {"enterprise_id": e, "name": e, "seq": next(numbers), "industry_code": trade, **firm}
        for e, trade in zip(ids, cycle(TRADES))
    ]
    rows: list[dict[str, Any]] = []
    for enterprise_id, past in zip(ids, pasts, strict=True):
        for row in past.rows.values():
            names = {name: f"{enterprise_id}.{row[name]}" for name in ("record_id", "act_id")}
            if row.get("refers_to"):
                names["refers_to"] = f"{enterprise_id}.{row['refers_to']}"
            rows.append({**row, **names, "enterprise_id": enterprise_id, "seq": next(numbers)})
    tables = [
        pa.Table.from_pylist(given, schema=_schema(columns, more))
        for given, columns, more in (
            (firms, dict(ENTERPRISE_COLUMNS), {"created": pa.bool_()}),
            (rows, dict(RECORD_COLUMNS), {}),
        )
    ]
    cluster_versions([tables[0]], [tables[1]], ALL_KINDS, world.folder, relations=relations)
    return ids


def _schema(columns: dict[str, Any], more: dict[str, pa.DataType]) -> pa.Schema:
    return pa.schema([("seq", pa.int64()), *((n, TYPES[k]) for n, k in columns.items()), *more.items()])
