"""Tiny worlds for tests: a policy from a few words, tables from a few facts, and an engine that scores them.

Everything has a default, so that a test writes only what it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.assess.frames import frame_prior
from scoring.engine import results
from scoring.engine.cases import Relations
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.indicators import unit
from scoring.engine.results import DecidedRows
from scoring.entities import ENTERPRISE_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS, codes
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import NEEDED, RegisteredVersion, Reviewed, Status
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy, resolve

DAY = date(2026, 6, 30)
DRAFTS = Path(__file__).resolve().parents[1] / "drafts"
ALL_KINDS = frozenset(codes()["kinds"])
_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
_LINKED = {name: pa.int32() if kind == "int" else _TYPES[kind] for name, kind in LINKED_COLUMNS.items()}
_EVERYTHING = [("", "\U0010ffff")]

Row = dict[str, Any]


def text(words: str) -> dict[str, str]:
    """A label in both languages."""
    return {"zh": words, "en": words}


def ago(days: int, day: date = DAY) -> date:
    """The day that has this age on ``day``."""
    return day - timedelta(days=days)


def indicator(name: str, **changes: Any) -> Row:
    """An indicator as in TOML; by default it counts honours of a year and gives no points."""
    kind = changes.pop("kind", "honour")
    kinds = [kind] if isinstance(kind, str) else kind
    select = {"kind": kinds, **changes.pop("select", {})}
    defaults: Row = {
        "id": name,
        "group": "g",
        "direction": "neutral",
        "label": text(name),
        "select": select,
        "aggregate": "count",
    }
    return {**defaults, "window_days": 365, "bins": [{"points": 0}], **changes}


def per_unit(*points: int) -> list[Row]:
    """Bins by value 0, 1, 2, ...: the last holds for all above."""
    return [{"upto": n, "points": p} for n, p in enumerate(points[:-1])] + [{"points": points[-1]}]


def rule(name: str, **changes: Any) -> Row:
    """A gate, or with ``band`` a cap or veto."""
    return {"id": name, "label": text(name), **changes}


def bands(*edges: tuple[str, int]) -> list[Row]:
    """Bands from best to worst as (id, from); four of them carry the colours."""
    colours: Sequence[str | None] = (
        ("blue", "green", "yellow", "red") if len(edges) == 4 else [None] * len(edges)
    )
    return [
        {"id": name, "from": start, "label": text(name), "colour": c}
        for (name, start), c in zip(edges, colours, strict=True)
    ]


def make_policy(*indicators: Row, **changes: Any) -> Policy:
    """A policy of these indicators: base 100 on a scale of 0 to 200, bands A 150, B 100, C 50, D 0, final at once."""
    defaults: Row = {
        "id": "tiny",
        "valid_from": date(2026, 1, 1),
        "title": text("tiny"),
        "subjects": ["company"],
        "finality": "at-once",
        "worsening_notice_workdays": 0,
        "disputed": "ignore",
        "legal": [
            {
                "id": "law",
                "document": "d",
                "article": "1",
                "title": text("law"),
                "issued_on": date(2020, 1, 1),
                "tag": "not_law",
            }
        ],
        "scale": {"base": 100, "low": 0, "high": 200},
        "groups": [{"id": "g", "label": text("g")}],
        "bands": bands(("A", 150), ("B", 100), ("C", 50), ("D", 0)),
    }
    return Policy.model_validate(
        {**defaults, "indicators": list(indicators) or [indicator("honours")], **changes}
    )


def writable(version: ResolvedPolicy, status: Status | None = None) -> ResolvedPolicy:
    """The version as a store takes it: registered, with these very rules, as what it is or as ``status``."""
    if version.registered and status in (None, version.status):
        return version
    first_day = version.policy.valid_from
    review = {"issuer": "虚构机关", "number": "虚构〔2000〕1号", "date": first_day, "opinions": text("无")}
    entry = RegisteredVersion(
        valid_from=first_day,
        status=status or version.status,
        checked_on=first_day,
        rules_sha256=version.rules_sha256,
        reviews=tuple(Reviewed(kind=kind, **review) for kind in NEEDED),
    )
    return replace(version, registered=entry)


def draft(name: str) -> ResolvedPolicy:
    """A draft of ``tests/drafts`` as a store takes it: a later version of a shipped policy."""
    return writable(load_policy(str(DRAFTS / f"{name}.toml"), None))


def version_of(policy: Policy) -> ResolvedPolicy:
    """The policy as if read from a demonstration file."""
    return resolve(policy, path="tiny.toml")


def enterprise(enterprise_id: str = "e1", **changes: Any) -> Row:
    """An active company that was always known."""
    return {
        "enterprise_id": enterprise_id,
        "name": enterprise_id,
        "entity_type": "company",
        "status": "active",
        **changes,
    }


def record(
    enterprise_id: str = "e1", record_id: str = "r1", *, age: int = 0, day: date = DAY, **changes: Any
) -> Row:
    """An honour decided ``age`` days before ``day`` and known at once; it has no partner."""
    dated = ago(age, day)
    defaults = {
        "enterprise_id": enterprise_id,
        "record_id": record_id,
        "act_id": record_id,
        "kind": "honour",
        "scope": "own",
    }
    return {**defaults, "decided_on": dated, "known_on": dated, "act_rank": 0, **changes}


def table(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    extra: Mapping[str, pa.DataType] | None = None,
) -> pa.Table:
    """Rows as an Arrow table of the canonical columns, nulls where a row is silent."""
    fields = [(name, _TYPES[kind]) for name, kind in columns.items()] + list((extra or {}).items())
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


@dataclass(frozen=True)
class World:
    """Clustered tables in one folder, an engine on them, and what the sources cover."""

    engine: DuckEngine
    folder: Path
    covers: frozenset[str] = ALL_KINDS

    def covering(self, *kinds: str) -> World:
        """The same world with sources that cover these kinds alone."""
        return replace(self, covers=frozenset(kinds))

    def holds(self, enterprises: Iterable[Row], records: Iterable[Row]) -> World:
        """Writes the tables, in place of those that were there."""
        pq.write_table(table(enterprises, ENTERPRISE_COLUMNS), self.folder / "enterprises.parquet")
        pq.write_table(
            table(({"related": 0, **row} for row in records), RECORD_COLUMNS, _LINKED),
            self.folder / "records.parquet",
        )
        return self

    @property
    def tables(self) -> Relations:
        """The tables as the engine names them."""
        return self.engine.files(
            Clustered(self.folder / "enterprises.parquet", self.folder / "records.parquet", self.covers)
        )

    def wide(self, policy: Policy, day: date = DAY, prior: Mapping[str, str] | None = None) -> DecidedRows:
        """The expression's rows for all enterprises; ``prior`` gives bands in effect by enterprise."""
        tables = self.tables
        if prior is not None:
            frame = pd.DataFrame({"enterprise_id": list(prior), "band": list(prior.values())})
            tables = self.engine.with_prior(tables, frame_prior(frame, policy))
        return DecidedRows.of(
            next(iter(self.engine.batch(version_of(policy), day, self.covers, tables, _EVERYTHING))), policy
        )

    def scores(
        self, policy: Policy, day: date = DAY, prior: Mapping[str, str] | None = None
    ) -> dict[str, Row]:
        """Rows of ``scores.parquet`` by enterprise."""
        rows = results.scores(self.wide(policy, day, prior), version_of(policy)).to_pylist()
        return {row["enterprise_id"]: row for row in rows}

    def contributions(self, policy: Policy, day: date = DAY) -> dict[str, dict[str, int]]:
        """Points by enterprise and indicator."""
        found: dict[str, dict[str, int]] = {}
        for row in results.contributions(self.wide(policy, day)).to_pylist():
            found.setdefault(row["enterprise_id"], {})[row["indicator_id"]] = row["points"]
        return found

    def values(self, policy: Policy, day: date = DAY) -> dict[str, dict[str, int | None]]:
        """Values by enterprise and indicator, ``None`` where unknown."""
        wide = self.wide(policy, day)
        ids = [i.id for i in policy.indicators]
        return {
            e: {i: int(v) if k else None for i, v, k in zip(ids, values, known, strict=True)}
            for e, values, known in zip(
                wide.table.column("enterprise_id").to_pylist(), _values(wide), wide.known, strict=True
            )
        }

    def traced(self, policy: Policy, enterprise_id: str = "e1", day: date = DAY) -> list[Row]:
        """What became of each record of an enterprise."""
        return self.engine.trace(version_of(policy), enterprise_id, day, self.tables)


def _values(wide: DecidedRows) -> list[list[int]]:
    """The indicators' values, row by row, in the policy's units; 0 where unknown."""
    columns = [wide.table.column(f"v__{i.id}").fill_null(0).to_pylist() for i in wide.policy.indicators]
    return [
        [value // unit(i) for value, i in zip(row, wide.policy.indicators, strict=True)]
        for row in zip(*columns, strict=True)
    ]
