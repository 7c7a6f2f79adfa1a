"""DuckDB, embedded: runs the compiled text over ranges of files, or over tables held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from scoring.engine.case_tables import (
    ENTERPRISES,
    RECORDS,
    added,
    case_table,
    enterprise_table,
    left_out,
    record_table,
)
from scoring.engine.cases import Case, CaseTables, Relations, Views, batch_views, case_views
from scoring.engine.compile import PARTNERS, exclusion_sql, sql, trace_sql
from scoring.engine.model_points import weights_by_cell
from scoring.policy.law.applied import Law
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.connect import connect
from scoring.sql.literals import literal
from scoring.sql.parquet_files import bucket_files, rows_in
from scoring.sql.prepared import PreparedQueries

_FOR_MANY_ROWS = ",".join(
    (
        "filter_pullup",
        "join_order",
        "statistics_propagation",
        "common_subexpressions",
        "cte_inlining",
        "common_subplan",
        "column_lifetime",
        "unused_columns",
        "late_materialization",
        "compressed_materialization",
        "row_group_pruner",
        "materialized_cte",
    )
)
"""Rewrites that cost milliseconds of planning and pay on millions of rows only."""
_HELD = "held_partners"


@dataclass(frozen=True)
class Clustered:
    """The clustered tables of a run (``sql.parquet_files``) and the kinds that its sources cover."""

    enterprises: Path
    records: Path
    covers: frozenset[str]


def file_relations(clustered: Clustered, named: Callable[[Sequence[Path]], str]) -> Relations:
    """Clustered files as relations, all of them together and bucket by bucket.

    Args:
        clustered: The files.
        named: Some files as a relation in the SQL of an engine.
    """
    enterprises, records = bucket_files(clustered.enterprises), bucket_files(clustered.records)
    relations = Relations(named(enterprises), named(records))
    if len(records) == 1:
        return relations
    by_bucket = zip(enterprises, records, strict=True)
    buckets = tuple((named([some]), named([others])) for some, others in by_bucket)
    return replace(relations, buckets=buckets)


class DuckEngine:
    """One DuckDB connection.

    Queries over files and tables are planned anew each time; plans are kept for rows that are swapped.
    """

    name = "duckdb"

    def __init__(self, threads: int = 2, memory: str = "1GB", scratch: Path | None = None) -> None:
        self._connection = connect(threads, memory, scratch)
        self._plans = PreparedQueries(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def version(self) -> str:
        """Version of the engine."""
        return duckdb.__version__

    def files(self, clustered: Clustered) -> Relations:
        """The clustered files as relations."""
        return file_relations(clustered, lambda files: rows_in(list(files)))

    def memory(self, tables: Relations, enterprise_ids: Sequence[str]) -> Relations:
        """Holds some enterprises and their records of other tables in memory (``hold``)."""
        wanted = f"WHERE enterprise_id IN ({', '.join(map(literal, enterprise_ids))})"
        if len(enterprise_ids) == 1:
            tables = tables.of_bucket(enterprise_ids[0])
        enterprises = self._read(tables.enterprises, wanted, ENTERPRISES)
        records = self._read(tables.records, wanted, RECORDS)
        return replace(self._hold(enterprises, records), prior=tables.prior)

    def hold(
        self, enterprises: Sequence[Mapping[str, object]], records: Sequence[Mapping[str, object]]
    ) -> Relations:
        """Holds some enterprises and records, given as canonical rows, until others are held.

        From then on the engine plans for few rows.
        """
        return self._hold(enterprise_table(enterprises), record_table(records))

    def _read(self, relation: str, wanted: str, schema: pa.Schema) -> pa.Table:
        columns = ", ".join(schema.names)
        return self.select(f"SELECT {columns} FROM {relation} {wanted}").cast(schema)

    def _hold(self, enterprises: pa.Table, records: pa.Table) -> Relations:
        self._connection.execute(f"SET disabled_optimizers = '{_FOR_MANY_ROWS}'")
        # Where no record has a partner, the expression needs half its text, and so half the planning.
        held = Relations(
            self._plans.bind("held_enterprises", enterprises),
            self._plans.bind("held_records", records),
            acts=_any_above_zero(records, "act_rank", "related"),
            swappable=True,
        )
        # What is asked may add or take a partner of any of these few records: then each is looked at anew.
        place = records.schema.get_field_index("related")
        looked_at_anew = pa.repeat(pa.scalar(1, pa.int32()), records.num_rows)
        anew = records.set_column(place, records.schema.field(place), looked_at_anew)
        return replace(
            held,
            anew=replace(held, records=self._plans.bind("held_anew", anew), acts=_has_partners(records)),
        )

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
        """The expression's rows for each range of enterprise ids, ordered by case.

        Args:
            resolved: The policy.
            as_of: The day.
            covers: Kinds that the sources cover.
            tables: Enterprises and records.
            ranges: Inclusive bounds of enterprise ids, each of one bucket.
            columns: Only these columns of the expression, all by default.
            features: Whether every feature of its models has a column of values and one of points.
        """
        expression = sql(resolved, "duckdb", covers, features=features)
        query = f"SELECT {', '.join(columns)} FROM ({expression}) ORDER BY case_id"
        for id_range in ranges:
            yield self.select(self._over_table(batch_views(resolved, as_of, tables, id_range), query))

    def cases(
        self,
        resolved: ResolvedPolicy,
        cases: Sequence[Case],
        covers: frozenset[str],
        tables: Relations,
        columns: Sequence[str] = ("*",),
    ) -> pa.Table:
        """The expression's rows for some cases, ordered by case; arguments as in ``batch``."""
        tables = _tables_for(cases, tables)
        expression = sql(resolved, "duckdb", covers, tables.acts or _add_partners(cases))
        # A single row needs no order, and sorting would be planned all the same.
        ordering = " ORDER BY case_id" if len(cases) > 1 else ""
        views = case_views(resolved, tables, self._bind_cases(cases, resolved.law))
        query = _over(views, f"SELECT {', '.join(columns)} FROM ({expression}){ordering}")
        return self._plans.execute(query) if tables.swappable else self.select(query)

    def _bind_cases(self, cases: Sequence[Case], law: Law) -> CaseTables:
        """Puts these cases in place of those of the last query."""
        case_tables = CaseTables(self._plans.bind("asked_cases", case_table(cases, law)))
        left_out_pairs, added_records = left_out(cases), added(cases)
        if left_out_pairs is not None:
            case_tables = replace(case_tables, without=self._plans.bind("asked_without", left_out_pairs))
        if added_records is not None:
            by_case = self._plans.bind("asked_plus", added_records.by_case)
            variants = self._plans.bind("asked_variants", added_records.variants)
            case_tables = replace(case_tables, plus=by_case, variants=variants)
        return case_tables

    def trace(
        self, resolved: ResolvedPolicy, enterprise_id: str, as_of: date, tables: Relations
    ) -> list[dict[str, Any]]:
        """For each record of one enterprise: the rule that dropped it, its age and its weights."""
        return self.trace_cases(resolved, [Case(enterprise_id, enterprise_id, as_of)], tables)

    def trace_cases(
        self, resolved: ResolvedPolicy, cases: Sequence[Case], tables: Relations
    ) -> list[dict[str, Any]]:
        """As ``trace``, of many enterprises, each on the day of its case; ``case_id`` says whose.

        ``weights`` are percents by indicator, of those that count the record.
        """
        tables = _tables_for(cases, tables)
        views = case_views(resolved, tables, self._bind_cases(cases, resolved.law))
        text = trace_sql(resolved, "duckdb", tables.acts or _add_partners(cases))
        query = _over(views, f"SELECT * FROM ({text}) ORDER BY case_id, record_id, known_on")
        traced = (self._plans.execute(query) if tables.swappable else self.select(query)).to_pylist()
        weights = weights_by_cell(resolved)
        return [{**row, "weights": weights[row["cell"]]} for row in traced]

    def exclusions(self, resolved: ResolvedPolicy, as_of: date, tables: Relations) -> dict[str, int]:
        """How many records each snapshot rule dropped (act merging apart)."""
        views = batch_views(resolved, as_of, tables, None)
        counted = f"SELECT * FROM ({exclusion_sql(resolved, 'duckdb')}) ORDER BY excluded"
        counts = self.select(self._over_table(views, counted)).to_pylist()
        # Sums of counts are wider than 64 bits in DuckDB, and come as decimals.
        return {count["excluded"]: int(count["n"]) for count in counts}

    def _over_table(self, views: Views, text: str) -> str:
        """A text over its relations, the few records with a partner held in a table."""
        records = f"case_records AS NOT MATERIALIZED ({views.records})"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {_HELD} AS WITH {records} {views.partners}")
        return _over(replace(views, partners=f"FROM {_HELD}"), text)

    def select(self, text: str) -> pa.Table:
        """Rows of a query that is planned anew."""
        return self._connection.execute(text).to_arrow_table()


def _tables_for(cases: Sequence[Case], tables: Relations) -> Relations:
    """The tables as they were linked; where a case changes something, with each record looked at anew.

    Of one enterprise its bucket is enough.
    """
    enterprise_ids = {case.enterprise_id for case in cases}
    if len(enterprise_ids) == 1:
        tables = tables.of_bucket(*enterprise_ids)
    changed = any(change.without or change.plus for case in cases for change in case.changes)
    if not changed or tables.anew is None:
        return tables
    return replace(tables.anew, prior=tables.prior)


def _any_above_zero(records: pa.Table, *columns: str) -> bool:
    return any(pc.any(pc.greater(records.column(name), 0)).as_py() for name in columns)


def _has_partners(records: pa.Table) -> bool:
    """Whether any of the linked records has a partner, be it one plain relation."""
    dated = [records.column(name).null_count < records.num_rows for name in ("closed_on", "replaced_on")]
    return _any_above_zero(records, "act_rank", "related") or any(dated)


def _add_partners(cases: Iterable[Case]) -> bool:
    """Whether any case adds a record that has a partner."""
    for case in cases:
        for change in case.changes:
            if any(record.get("act_rank") or record.get("related") for record in change.plus):
                return True
    return False


def _over(views: Views, text: str) -> str:
    """A text over the relations that it reads."""
    enterprises = f"case_enterprises AS NOT MATERIALIZED ({views.enterprises})"
    records = f"case_records AS NOT MATERIALIZED ({views.records})"
    partners = f"{PARTNERS} AS NOT MATERIALIZED ({views.partners})"
    return f"WITH {enterprises}, {records}, {partners} {text}"
