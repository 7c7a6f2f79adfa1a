"""A policy as one Ibis expression, and that as one SQL text per engine.

The expression reads two relations that the runner provides, and names no date, path or enterprise:

``case_enterprises``  versions of enterprises with ``case_id``, ``as_of`` and ``prior_band_no``
``case_records``      versions of records with ``case_id``, ``act_rank`` and the days of the case
(``snapshot.days``);
                      codes as numbers

The *text* is cached; a plan is kept only over swappable rows (``scoring.sql.prepared``), never over
a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators, model_points
from scoring.engine.cells import LOOK_UP, LOOK_UP_CODE, Cells, look_up
from scoring.engine.packing import grouped, together, unpacked
from scoring.engine.snapshot import SAME_ACT, age, days, gravest_of_acts, snapshot, why_dropped, with_dates
from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.language.schema import MODEL, Policy, Select
from scoring.policy.law.applied import Law
from scoring.policy.law.retention import use_rules
from scoring.policy.resolved import ResolvedPolicy

Dialect = Literal["duckdb", "pyspark"]
Kinds = frozenset[str]

_NAMES: dict[Dialect, dict[str, str]] = {
    "duckdb": {LOOK_UP: "LIST_EXTRACT", LOOK_UP_CODE: "MAP_EXTRACT_VALUE"},
    "pyspark": {LOOK_UP: "ELEMENT_AT", LOOK_UP_CODE: "ELEMENT_AT"},
}
# The options of Ibis belong to the process: two threads that compile must not see each other's.
_IBIS_OPTIONS = Lock()
_TYPES = {"text": "string", "date": "date", "int": "int64"}
_NOT_READ = frozenset(
    {"info_class", "occasion", "basis_document_no", "officer_note", "source", "document_no"}
)


def record_columns(resolved: ResolvedPolicy) -> list[str]:
    """Canonical record columns that the expression reads; the runner need not decode any other."""
    classed = any(rule.classes for _instrument, rule in use_rules(resolved.law.instruments))
    looked_at = chain.from_iterable(map(resolved.inputs_of, resolved.policy.indicators))
    selects: list[Select] = []
    for indicator in looked_at:
        selects += [indicator.select, indicator.among or indicator.select]
    by_class = any(select.tells_apart("info_class") for select in selects)
    read_besides = {"info_class"} if classed or by_class else set()
    return [column for column in RECORD_COLUMNS if column not in _NOT_READ or column in read_besides]


def enterprise_columns(resolved: ResolvedPolicy) -> list[str]:
    """Canonical enterprise columns that the expression reads."""
    policy = resolved.policy
    read_columns = {"enterprise_id", "name", "entity_type", "known_on", "known_until"}
    read_columns |= model_points.peer_columns(resolved)
    for rule in (*policy.gates, *policy.caps, *policy.vetoes):
        conditions = (*rule.all, *rule.any)
        read_columns |= {str(condition.enterprise) for condition in conditions if condition.enterprise}
    return [name for name in ENTERPRISE_COLUMNS if name in read_columns]


def _case_records(resolved: ResolvedPolicy) -> ir.Table:
    schema = {"case_id": "string", "act_rank": "int32", **dict.fromkeys(days(resolved.law), "date")}
    for column in record_columns(resolved):
        schema[column] = "int32" if column in CODED_COLUMNS else _TYPES[RECORD_COLUMNS[column]]
    return ibis.table(schema, name="case_records")


def _case_enterprises(resolved: ResolvedPolicy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "prior_band_no": "int32"}
    schema |= {column: _TYPES[ENTERPRISE_COLUMNS[column]] for column in enterprise_columns(resolved)}
    return ibis.table(schema, name="case_enterprises")


def expression(
    resolved: ResolvedPolicy, covers: Kinds = frozenset(), *, acts: bool = True, features: bool = False
) -> ir.Table:
    """The whole policy: one row per case with points, band number, gate, rules and all values.

    What the sources do not cover (``covers``: kinds that they do) is unknown unless there are
    records all the same.

    Most acts have one record. Only the others are compared with each other; of them the gravest
    joins the rest for points, and what it displaces is added again where gates, caps and vetoes
    look. Where it is known that no act has several (not ``acts``) all that is left out: half the
    text, and so half of what planning costs for one enterprise. With ``features`` the value and the
    points of every feature of its models are there too.
    """
    policy = resolved.policy
    measured = _measured(resolved, acts=acts)
    conditions = indicators.conditioned(policy)
    # Rules look at all records of an act, points at the gravest.
    for_rules = "b__" if acts else "a__"
    sources = (("v__", "a__", policy.indicators), ("c__", for_rules, conditions))
    values_of_case: dict[str, ir.IntegerValue] = {}
    for value_prefix, part_prefix, indicators_of_source in sources:
        parts = _with_prefix(measured, part_prefix)
        for indicator in indicators_of_source:
            looked_for = indicators.covered(indicator, covers)
            values_of_case[value_prefix + indicator.id] = model_points.value(
                parts, measured, indicator, resolved, looked_for=looked_for
            )
    columns = output_columns(policy)
    if features:
        parts = _with_prefix(measured, "a__")
        for indicator in policy.indicators:
            if indicator.aggregate == MODEL:
                values_of_case |= model_points.features(parts, measured, indicator, resolved)
        columns += model_points.feature_columns(resolved)
    case_columns = _case_enterprises(resolved).columns
    return decision.decide(measured.select(*case_columns, "n_records", **values_of_case), policy, columns)


def _measured(resolved: ResolvedPolicy, *, acts: bool) -> ir.Table:
    """One row per case: its own columns, ``n_records``, and the parts of all indicators.

    Parts over the records that count for points stand under ``a__``, parts over all records of an
    act under ``b__``.
    """
    policy = resolved.policy
    cells, by_part = indicators.cells(resolved), indicators.percents(resolved)
    records = _case_records(resolved)
    counted = _looked_at(records, resolved.law, cells) if not acts else None
    displaced_records = None
    if counted is None:
        counted, displaced_records = _once_per_act(records, resolved.law, cells)
    kept_parts = []
    for indicator in policy.indicators:
        kept_parts += model_points.measurements(counted, indicator, resolved, by_part)
    lost_parts = []
    for indicator in indicators.conditioned(policy) if displaced_records is not None else ():
        lost_parts += model_points.measurements(displaced_records, indicator, resolved, by_part)
    cases = _in_force(_case_enterprises(resolved))
    grouped_kept = grouped(counted, kept_parts, "kept_")
    with_counted = cases.left_join(grouped_kept, cases.case_id == grouped_kept.kept_case)
    n_records = ibis.coalesce(with_counted.kept_n, 0)
    if displaced_records is not None:
        grouped_lost = grouped(displaced_records, lost_parts, "lost_")
        with_counted = with_counted.left_join(grouped_lost, with_counted.case_id == grouped_lost.lost_case)
        n_records = ibis.coalesce(with_counted.kept_n, 0) + ibis.coalesce(with_counted.lost_n, 0)
    for_points = unpacked(with_counted, kept_parts, "kept_")
    displaced = unpacked(with_counted, lost_parts, "lost_")
    for_rules = {}
    for measurement in lost_parts:
        name = measurement.name
        for_rules[name] = together(measurement, for_points[name], displaced[name])
    return with_counted.select(
        *cases.columns,
        n_records=n_records.cast("int64"),
        **_prefixed("a__", for_points),
        **_prefixed("b__", for_rules),
    )


def _once_per_act(records: ir.Table, law: Law, cells: Cells) -> tuple[ir.Table, ir.Table]:
    """Records that count for points, and those that another one of their act displaces."""
    alone = _looked_at(records, law, cells, records.act_rank == 0)
    shared = gravest_of_acts(_looked_at(records, law, cells, records.act_rank > 0))
    return alone.union(shared.filter(shared.keep).drop("keep")), shared.filter(~shared.keep)


def _looked_at(records: ir.Table, law: Law, cells: Cells, *which: ir.BooleanValue) -> ir.Table:
    # In one filter: one that two tables have in common would be a CTE, held in memory with all columns.
    return snapshot(records.filter([*which, cells.about(records.kind)]), law, cells)


def output_columns(policy: Policy) -> list[str]:
    """Columns of the expression's result, in order."""
    columns = ["case_id", "enterprise_id", "name", "as_of", "points", "total", "band_no"]
    columns += ["points_band", "held_band", "prior_band_no", "gate", "n_records"]
    columns += [f"{kind}__{rule.id}" for kind, rule in decision.limits_of(policy)]
    for indicator in policy.indicators:
        columns += [f"v__{indicator.id}", f"p__{indicator.id}"]
    return columns


def trace(resolved: ResolvedPolicy) -> ir.Table:
    """For every record of a case: the rule that dropped it, its age, and its weight in each indicator.

    The rule is null for a record that counts. One that is dropped as ``same_act`` keeps its weights:
    gates, caps and vetoes see it.
    """
    dated = with_dates(_case_records(resolved))
    dated = dated.mutate(excluded=why_dropped(dated, resolved.law), age=age(dated))
    cells = indicators.cells(resolved)
    dated = dated.mutate(cell=cells.of(dated, dated.age))
    shared = dated.filter(dated.excluded.isnull() & (dated.act_rank > 0) & cells.about(dated.kind))
    lost = gravest_of_acts(shared).filter(lambda t: ~t.keep)
    lost = lost.select(lost_case=lost.case_id, lost_id=lost.record_id, lost_known=lost.known_on)
    same_version = [
        dated.case_id == lost.lost_case,
        dated.record_id == lost.lost_id,
        dated.known_on == lost.lost_known,
    ]
    joined = dated.left_join(lost, same_version)
    by_part = indicators.percents(resolved)
    counted_cell = ibis.ifelse(joined.excluded.isnull(), joined.cell, 0).fill_null(0)
    weights = {}
    for indicator in resolved.policy.indicators:
        percents = model_points.percents(indicator, resolved, by_part)
        weights[f"w__{indicator.id}"] = look_up(percents, counted_cell).cast("int32")
    excluded = ibis.ifelse(joined.lost_id.notnull(), SAME_ACT, joined.excluded)
    return joined.select("case_id", "record_id", "known_on", "age", excluded=excluded, **weights)


def exclusion_counts(resolved: ResolvedPolicy) -> ir.Table:
    """How many records each snapshot rule dropped, over all cases: (excluded, n).

    Null are those that counted.
    """
    records, cells, law = _case_records(resolved), indicators.cells(resolved), resolved.law
    by_rule = (
        with_dates(records)
        .select(excluded=lambda t: why_dropped(t, law))
        .group_by("excluded")
        .agg(n=lambda t: t.count().cast("int64"))
    )
    shared = gravest_of_acts(_looked_at(records, law, cells, records.act_rank > 0))
    displaced = shared.filter(~shared.keep)
    counted = displaced.agg(n=displaced.count().cast("int64"))
    return by_rule.union(counted.select(excluded=ibis.literal(SAME_ACT), n=counted.n))


@lru_cache(maxsize=64)
def sql(
    resolved: ResolvedPolicy, dialect: Dialect, covers: Kinds, acts: bool = True, features: bool = False
) -> str:
    """The SQL text of ``expression``, in one dialect."""
    return _text(expression(resolved, covers, acts=acts, features=features), dialect)


@lru_cache(maxsize=64)
def trace_sql(resolved: ResolvedPolicy, dialect: Dialect) -> str:
    """The SQL text of ``trace``."""
    return _text(trace(resolved), dialect)


@lru_cache(maxsize=64)
def exclusion_sql(resolved: ResolvedPolicy, dialect: Dialect) -> str:
    """The SQL text of ``exclusion_counts``."""
    return _text(exclusion_counts(resolved), dialect)


def _text(expr: ir.Table, dialect: Dialect) -> str:
    # Nobody reads it: laid out it is half as long again and takes half as long again to write.
    with _selects_as_they_are():
        sql_text = str(ibis.to_sql(expr, dialect=dialect, pretty=False))
    for placeholder, own_name in _NAMES[dialect].items():
        sql_text = sql_text.replace(f"{placeholder}(", f"{own_name}(")
    return sql_text


@contextmanager
def _selects_as_they_are() -> Iterator[None]:
    """Keeps Ibis from asking which selects might be one.

    They are those wanted, and the question costs a quarter of the time that the text takes.
    """
    with _IBIS_OPTIONS:
        before, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before


def _in_force(enterprises: ir.Table) -> ir.Table:
    known_already = enterprises.known_on.isnull() | (enterprises.known_on <= enterprises.as_of)
    still_believed = enterprises.known_until.isnull() | (enterprises.known_until > enterprises.as_of)
    return enterprises.filter([known_already, still_believed])


def _prefixed(prefix: str, columns: Mapping[str, ir.Value]) -> dict[str, ir.Value]:
    return {prefix + column_name: column for column_name, column in columns.items()}


def _with_prefix(table: ir.Table, prefix: str) -> dict[str, ir.Value]:
    """Columns of a table whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): table[name] for name in table.columns if name.startswith(prefix)}
