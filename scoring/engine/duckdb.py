"""DuckDB, embedded: runs the compiled text over ranges of the clustered files, or over tables held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from scoring.engine.cases import Relations, Views, batch_views, case_views, coded, lapsed_by, quoted
from scoring.engine.compile import sql
from scoring.entities import RECORD_COLUMNS
from scoring.policy.schema import Policy

_FOR_MANY_ROWS = (
    "filter_pullup,join_order,statistics_propagation,common_subexpressions,cte_inlining,common_subplan,column_lifetime,"
    "unused_columns,late_materialization,compressed_materialization,row_group_pruner,materialized_cte"
)
"""Rewrites that cost milliseconds of planning and pay on millions of rows only."""


@dataclass(frozen=True)
class Clustered:
    """The clustered Parquet files of a run and the kinds that its sources cover."""

    enterprises: Path
    records: Path
    covers: frozenset[str]


class DuckEngine:
    """One DuckDB connection. Every answer plans its SQL anew, so changed records give the fresh answer."""

    name = "duckdb"

    def __init__(self, threads: int = 2, memory: str = "1GB", scratch: Path | None = None) -> None:
        # a file written again within a tick of its clock would be read from the cache of its old bytes
        config: dict[str, str | int] = {"threads": threads, "memory_limit": memory, "enable_external_file_cache": False}
        if scratch:
            config["temp_directory"] = str(scratch)
        self._con = duckdb.connect(config=config)     # type: ignore[arg-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._con.close()

    @property
    def version(self) -> str:
        """Version of the engine."""
        return duckdb.__version__

    def files(self, clustered: Clustered) -> Relations:
        """The clustered files as relations."""
        enterprises, records = (f"read_parquet({quoted(str(path))})" for path in (clustered.enterprises, clustered.records))
        return Relations(enterprises, records)

    def memory(self, tables: Relations, enterprise_ids: Sequence[str]) -> Relations:
        """Copies some enterprises and their records into memory; from then on this connection plans for few rows."""
        wanted = f"WHERE enterprise_id IN ({', '.join(map(quoted, enterprise_ids))})"
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE held_enterprises AS SELECT * FROM {tables.enterprises} {wanted}")
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE held_records AS SELECT * FROM {tables.records} {wanted}")
        numbers = f"enterprise_id, act_rank, {coded([c for c in RECORD_COLUMNS if c != 'enterprise_id'], 'duckdb')}"
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE held_coded AS SELECT {numbers} FROM held_records r")
        self._con.execute(f"SET disabled_optimizers = '{_FOR_MANY_ROWS}'")
        return Relations("held_enterprises", "held_records", tables.prior, coded="held_coded")

    def with_prior(self, tables: Relations, prior: pa.Table) -> Relations:
        """The relations with bands in effect: ``prior_enterprise_id`` and ``prior_band_no``."""
        self._con.register("prior_bands", prior)
        return replace(tables, prior="prior_bands")

    def batch(
        self, policy: Policy, as_of: date, covers: frozenset[str], tables: Relations, ranges: Iterable[tuple[str, str]],
        columns: Sequence[str] = ("*",),
    ) -> Iterator[pa.Table]:
        """The expression's rows for each range of enterprise ids, ordered by case; only some of its ``columns`` if that will do."""
        text = f"SELECT {', '.join(columns)} FROM ({sql(policy, 'duckdb')}) ORDER BY case_id"
        for ids in ranges:
            yield self._rows(batch_views(policy, as_of, covers, tables, ids), text)

    def cases(
        self, policy: Policy, cases: Iterable[tuple[str, str, date]], covers: frozenset[str], tables: Relations
    ) -> pa.Table:
        """The expression's rows for cases given as (case_id, enterprise_id, as_of), ordered by case."""
        columns = [list(column) for column in zip(*[(c, e, d, lapsed_by(policy, d)) for c, e, d in cases], strict=True)]
        types = (pa.string(), pa.string(), pa.date32(), pa.date32())
        arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
        self._con.register("asked_cases", pa.table(arrays, names=["case_id", "enterprise_id", "as_of", "lapsed_by"]))
        return self._rows(case_views(policy, covers, tables, "asked_cases"), f"{sql(policy, 'duckdb')} ORDER BY case_id")

    def trace(self, policy: Policy, enterprise_id: str, as_of: date, tables: Relations) -> pa.Table:
        """For each record of one enterprise: the rule that dropped it, its age and its weight in each indicator."""
        views = batch_views(policy, as_of, frozenset(), tables, (enterprise_id, enterprise_id))
        return self._rows(views, f"{sql(policy, 'duckdb', 'trace')} ORDER BY record_id, known_on")

    def exclusions(self, policy: Policy, as_of: date, tables: Relations) -> dict[str, int]:
        """How many records each snapshot rule dropped (act merging apart)."""
        views = batch_views(policy, as_of, frozenset(), tables, None)
        rows = self._rows(views, f"{sql(policy, 'duckdb', 'excluded')} ORDER BY excluded").to_pylist()
        return {row["excluded"]: row["n"] for row in rows if row["excluded"] is not None}

    def select(self, text: str) -> pa.Table:
        """Rows of a plain query, for reading results back."""
        return self._con.execute(text).to_arrow_table()

    def _rows(self, views: Views, text: str) -> pa.Table:
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW case_enterprises AS {views.enterprises}")
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW case_records AS {views.records}")
        return self._con.execute(text).to_arrow_table()
