"""DuckDB, embedded: runs the compiled text over ranges of the clustered files, or over tables held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from scoring.engine.cases import Asked, Case, Relations, Views, batch_views, case_views
from scoring.engine.compile import exclusion_sql, sql, trace_sql
from scoring.engine.snapshot import days, days_of
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.prepared import PreparedQueries

_FOR_MANY_ROWS = (
    "filter_pullup,join_order,statistics_propagation,common_subexpressions,cte_inlining,common_subplan,column_lifetime,"
    "unused_columns,late_materialization,compressed_materialization,row_group_pruner,materialized_cte"
)
"""Rewrites that cost milliseconds of planning and pay on millions of rows only."""
_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
RECORDS = pa.schema(
    [*((name, _TYPES[kind]) for name, kind in RECORD_COLUMNS.items()), ("act_rank", pa.int32())]
)
"""Records as the engine holds them."""
ENTERPRISES = pa.schema([(name, _TYPES[kind]) for name, kind in ENTERPRISE_COLUMNS.items()])
"""Enterprises as the engine holds them."""


@dataclass(frozen=True)
class Clustered:
    """The clustered Parquet files of a run and the kinds that its sources cover."""

    enterprises: Path
    records: Path
    covers: frozenset[str]


class DuckEngine:
    """One DuckDB connection. Files and tables are planned anew for every answer; plans are kept for rows that are exchanged."""

    name = "duckdb"

    def __init__(self, threads: int = 2, memory: str = "1GB", scratch: Path | None = None) -> None:
        self._con = connect(threads, memory, scratch)
        self._plans = PreparedQueries(self._con)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    @property
    def version(self) -> str:
        """Version of the engine."""
        return duckdb.__version__

    def files(self, clustered: Clustered) -> Relations:
        """The clustered files as relations."""
        enterprises, records = (
            f"read_parquet({literal(str(path))})" for path in (clustered.enterprises, clustered.records)
        )
        return Relations(enterprises, records)

    def memory(self, tables: Relations, enterprise_ids: Sequence[str]) -> Relations:
        """Holds some enterprises and their records of other tables in memory (``hold``)."""
        wanted = f"WHERE enterprise_id IN ({', '.join(map(literal, enterprise_ids))})"
        held = [
            self.select(f"SELECT {', '.join(form.names)} FROM {name} {wanted}").cast(form)
            for name, form in ((tables.enterprises, ENTERPRISES), (tables.records, RECORDS))
        ]
        return replace(self._hold(*held), prior=tables.prior)

    def hold(
        self, enterprises: Sequence[Mapping[str, object]], records: Sequence[Mapping[str, object]]
    ) -> Relations:
        """Holds some enterprises and records, given as canonical rows, until others are held; from then on plans for few rows."""
        return self._hold(
            pa.Table.from_pylist([dict(row) for row in enterprises], schema=ENTERPRISES),
            record_table(records),
        )

    def _hold(self, enterprises: pa.Table, records: pa.Table) -> Relations:
        self._con.execute(f"SET disabled_optimizers = '{_FOR_MANY_ROWS}'")
        acts = bool(pc.any(pc.greater(records.column("act_rank"), 0)).as_py())
        held = self._plans.bind("held_enterprises", enterprises)
        return Relations(held, self._plans.bind("held_records", records), acts=acts, exchanged=True)

    def with_prior(self, tables: Relations, prior: pa.Table) -> Relations:
        """The relations with bands in effect: ``prior_enterprise_id`` and ``prior_band_no``."""
        return replace(tables, prior=self._plans.bind("prior_bands", prior))

    def batch(
        self,
        resolved: ResolvedPolicy,
        as_of: date,
        covers: frozenset[str],
        tables: Relations,
        ranges: Iterable[tuple[str, str]],
        columns: Sequence[str] = ("*",),
        *,
        features: bool = False,
    ) -> Iterator[pa.Table]:
        """The expression's rows for each range of enterprise ids, ordered by case; only some of its ``columns`` if that will do.

        With ``features`` every feature of its models has a column of values and one of points.
        """
        text = f"SELECT {', '.join(columns)} FROM ({sql(resolved, 'duckdb', covers, features=features)}) ORDER BY case_id"
        for ids in ranges:
            yield self._rows(_over(batch_views(resolved, as_of, tables, ids), text))

    def cases(
        self,
        resolved: ResolvedPolicy,
        cases: Sequence[Case],
        covers: frozenset[str],
        tables: Relations,
        columns: Sequence[str] = ("*",),
    ) -> pa.Table:
        """The expression's rows for some cases, ordered by case; only some of its ``columns`` if that will do."""
        acts = tables.acts or any(
            row["act_rank"] for case in cases for change in case.changes for row in change.plus
        )
        order = " ORDER BY case_id" if len(cases) > 1 else ""
        chosen = f"SELECT {', '.join(columns)} FROM ({sql(resolved, 'duckdb', covers, acts)}){order}"
        text = _over(case_views(resolved, tables, self._ask(resolved, cases)), chosen)
        return self._plans.execute(text) if tables.exchanged else self._rows(text)

    def _ask(self, resolved: ResolvedPolicy, cases: Sequence[Case]) -> Asked:
        """Registers the cases: their days, what they leave out and what they add."""
        law = resolved.law
        of_day = {day: days_of(law, day) for day in {case.as_of for case in cases}}
        columns = {
            "case_id": pa.array([case.case_id for case in cases], pa.string()),
            "enterprise_id": pa.array([case.enterprise_id for case in cases], pa.string()),
            "prior": pa.array([case.prior for case in cases], pa.int32()),
        }
        columns |= {
            name: pa.array([of_day[case.as_of][name] for case in cases], pa.date32()) for name in days(law)
        }
        asked = self._plans.bind("asked_cases", pa.table(columns))
        changes = [(case.case_id, change) for case in cases for change in case.changes]
        without = [(case_id, record_id) for case_id, change in changes for record_id in change.without]
        variants: dict[int, int] = {}
        rows: list[Mapping[str, object]] = []
        plus: list[tuple[str, int]] = []
        for case_id, change in changes:
            for row in change.plus:
                if id(row) not in variants:
                    variants[id(row)] = len(rows)
                    rows.append(row)
                plus.append((case_id, variants[id(row)]))
        leaving = (
            self._plans.bind("asked_without", _pairs(without, "record_id", pa.string())) if without else None
        )
        if not plus:
            return Asked(asked, leaving)
        adding = self._plans.bind("asked_plus", _pairs(plus, "variant", pa.int32()))
        added = self._plans.bind(
            "asked_variants",
            record_table(rows).append_column("variant", pa.array(range(len(rows)), pa.int32())),
        )
        return Asked(asked, leaving, adding, added)

    def trace(self, resolved: ResolvedPolicy, enterprise_id: str, as_of: date, tables: Relations) -> pa.Table:
        """For each record of one enterprise: the rule that dropped it, its age and its weight in each indicator."""
        views = batch_views(resolved, as_of, tables, (enterprise_id, enterprise_id))
        return self._rows(
            _over(views, f"SELECT * FROM ({trace_sql(resolved, 'duckdb')}) ORDER BY record_id, known_on")
        )

    def exclusions(self, resolved: ResolvedPolicy, as_of: date, tables: Relations) -> dict[str, int]:
        """How many records each snapshot rule dropped (act merging apart)."""
        views = batch_views(resolved, as_of, tables, None)
        rows = self._rows(
            _over(views, f"SELECT * FROM ({exclusion_sql(resolved, 'duckdb')}) ORDER BY excluded")
        ).to_pylist()
        return {row["excluded"]: row["n"] for row in rows if row["excluded"] is not None}

    def select(self, text: str) -> pa.Table:
        """Rows of a plain query, for reading results back."""
        return self._con.execute(text).to_arrow_table()

    def _rows(self, text: str) -> pa.Table:
        return self._con.execute(text).to_arrow_table()


def _over(views: Views, text: str) -> str:
    """A text over the two relations that it reads."""
    return f"WITH case_enterprises AS NOT MATERIALIZED ({views.enterprises}), case_records AS NOT MATERIALIZED ({views.records}) {text}"


def record_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Canonical record rows with ``act_rank`` as an Arrow table."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=RECORDS)


def _pairs(pairs: Sequence[tuple[str, object]], name: str, kind: pa.DataType) -> pa.Table:
    return pa.table(
        {
            "case_id": pa.array([case for case, _ in pairs], pa.string()),
            name: pa.array([value for _, value in pairs], kind),
        }
    )
