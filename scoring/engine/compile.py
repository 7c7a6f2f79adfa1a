"""A policy as one Ibis expression, and that as one SQL text per engine.

The expression reads two relations that the runner provides, and names no date, path or enterprise:

``case_enterprises``  versions of enterprises with ``case_id``, ``as_of`` and ``prior_band_no``
``case_records``      versions of records with ``case_id``, ``act_rank`` and the days of the case (``snapshot.days``); codes as numbers

The *text* is cached; a plan is kept only over rows that are exchanged (``scoring.sql.prepared``), never over a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators, model
from scoring.engine.cells import LOOK_UP, LOOK_UP_CODE, Cells, look_up
from scoring.engine.packing import grouped, together, unpacked
from scoring.engine.snapshot import SAME_ACT, age, days, gravest_of_acts, snapshot, why_dropped, with_dates
from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.language.schema import MODEL, Policy
from scoring.policy.law.finality import FinalityProfile, load_finality
from scoring.policy.law.retention import use_rules

Dialect = Literal["duckdb", "pyspark"]
Kinds = frozenset[str]

_NAMES: dict[Dialect, dict[str, str]] = {
    "duckdb": {LOOK_UP: "LIST_EXTRACT", LOOK_UP_CODE: "MAP_EXTRACT_VALUE"},
    "pyspark": {LOOK_UP: "ELEMENT_AT", LOOK_UP_CODE: "ELEMENT_AT"},
}
_OPTIONS = Lock()  # those of Ibis are the process's
_TYPES = {"text": "string", "date": "date", "int": "int64"}
_NOT_USED = frozenset(
    {"info_class", "occasion", "basis_document_no", "officer_note", "source", "document_no"}
)


def record_columns(policy: Policy) -> list[str]:
    """Canonical record columns that the expression reads; the runner need not decode any other."""
    classed = any(rule.classes for _, rule in use_rules(load_finality(policy.finality).retention))
    selected = any(s.info_class for i in policy.indicators for s in (i.select, i.among) if s)
    used = {"info_class"} if classed or selected else set()
    return [c for c in RECORD_COLUMNS if c not in _NOT_USED or c in used]


def enterprise_columns(policy: Policy) -> list[str]:
    """Canonical enterprise columns that the expression reads."""
    rules = (*policy.gates, *policy.caps, *policy.vetoes)
    tested = {str(c.enterprise) for rule in rules for c in (*rule.all, *rule.any) if c.enterprise}
    used = (
        {"enterprise_id", "name", "entity_type", "known_on", "known_until"}
        | tested
        | model.peer_columns(policy)
    )
    return [c for c in ENTERPRISE_COLUMNS if c in used]


def _case_records(policy: Policy) -> ir.Table:
    schema = {
        "case_id": "string",
        "act_rank": "int32",
        **dict.fromkeys(days(load_finality(policy.finality)), "date"),
    }
    columns = {
        c: "int32" if c in CODED_COLUMNS else _TYPES[RECORD_COLUMNS[c]] for c in record_columns(policy)
    }
    return ibis.table(schema | columns, name="case_records")


def _case_enterprises(policy: Policy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "prior_band_no": "int32"}
    schema |= {c: _TYPES[ENTERPRISE_COLUMNS[c]] for c in enterprise_columns(policy)}
    return ibis.table(schema, name="case_enterprises")


def expression(
    policy: Policy,
    finality: FinalityProfile,
    covers: Kinds = frozenset(),
    *,
    acts: bool = True,
    features: bool = False,
) -> ir.Table:
    """The whole policy: one row per case with points, band number, gate, rules and every indicator's value and points.

    What the sources do not cover (``covers``: kinds that they do) is unknown unless there are records all the same.

    Most acts have one record. Only the others are compared with each other; of them the gravest joins the rest for
    points, and what it displaces is added again where gates, caps and vetoes look. Where it is known that no act has
    several (not ``acts``) all that is left out: half the text, and so half of what planning costs for one enterprise.
    With ``features`` the value and the points of every feature of its models are there too (``model.features``).
    """
    cells, percents, tested = (
        indicators.cells(policy),
        indicators.percents(policy),
        indicators.conditioned(policy),
    )
    records = _case_records(policy)
    counted, displaced = (
        _once_per_act(records, finality, cells) if acts else (_looked_at(records, finality, cells), None)
    )
    kept_parts = [part for i in policy.indicators for part in model.parts(counted, i, percents)]
    lost_parts = (
        [] if displaced is None else [part for i in tested for part in model.parts(displaced, i, percents)]
    )
    cases = _in_force(_case_enterprises(policy))
    joined = cases.left_join(kept := grouped(counted, kept_parts, "kept_"), cases.case_id == kept.kept_case)
    n_records = ibis.coalesce(joined.kept_n, 0)
    if displaced is not None:
        joined = joined.left_join(
            lost := grouped(displaced, lost_parts, "lost_"), joined.case_id == lost.lost_case
        )
        n_records = ibis.coalesce(joined.kept_n, 0) + ibis.coalesce(joined.lost_n, 0)
    seen, more = unpacked(joined, kept_parts, "kept_"), unpacked(joined, lost_parts, "lost_")
    every = {part.name: together(part, seen[part.name], more[part.name]) for part in lost_parts}
    read = joined.select(
        *cases.columns, n_records=n_records.cast("int64"), **_prefixed("a__", seen), **_prefixed("b__", every)
    )
    values = {}
    for prefix, source, chosen in (
        ("v__", "a__", policy.indicators),
        ("c__", "b__" if acts else "a__", tested),
    ):
        for i in chosen:
            parts_of = {
                name.removeprefix(source): read[name] for name in read.columns if name.startswith(source)
            }
            values[prefix + i.id] = model.value(parts_of, read, i, looked_for=indicators.covered(i, covers))
    for i in (i for i in policy.indicators if features and i.aggregate == MODEL):
        parts_of = {name.removeprefix("a__"): read[name] for name in read.columns if name.startswith("a__")}
        values |= model.features(parts_of, read, i)
    columns = output_columns(policy) + (model.feature_columns(policy) if features else [])
    return decision.decide(read.select(*cases.columns, "n_records", **values), policy, columns)


def _once_per_act(records: ir.Table, finality: FinalityProfile, cells: Cells) -> tuple[ir.Table, ir.Table]:
    """Records that count for points, and those that another one of their act displaces."""
    alone = _looked_at(records, finality, cells, records.act_rank == 0)
    shared = gravest_of_acts(_looked_at(records, finality, cells, records.act_rank > 0))
    return alone.union(shared.filter(shared.keep).drop("keep")), shared.filter(~shared.keep)


def _looked_at(
    records: ir.Table, finality: FinalityProfile, cells: Cells, *which: ir.BooleanValue
) -> ir.Table:
    # in one filter: one that two tables have in common would be a CTE, and held in memory with all columns
    return snapshot(records.filter([*which, cells.about(records.kind)]), finality, cells)


def output_columns(policy: Policy) -> list[str]:
    """Columns of the expression's result, in order."""
    rules = [f"{kind}__{rule.id}" for kind, rule in decision.limits_of(policy)]
    per_indicator = [f"{prefix}__{i.id}" for i in policy.indicators for prefix in ("v", "p")]
    fixed = [
        "case_id",
        "enterprise_id",
        "name",
        "as_of",
        "points",
        "total",
        "band_no",
        "points_band",
        "held_band",
    ]
    return [*fixed, "prior_band_no", "gate", "n_records", *rules, *per_indicator]


def trace(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """For every record of a case: the rule that dropped it (null if it counts), its age, and its weight in each indicator.

    A record dropped as ``same_act`` keeps its weights: gates, caps and vetoes see it.
    """
    dated = with_dates(_case_records(policy))
    dated = dated.mutate(excluded=why_dropped(dated, finality), age=age(dated))
    cells = indicators.cells(policy)
    dated = dated.mutate(cell=cells.of(dated, dated.age))
    shared = dated.filter(dated.excluded.isnull() & (dated.act_rank > 0) & cells.about(dated.kind))
    lost = gravest_of_acts(shared).filter(lambda t: ~t.keep)
    lost = lost.select(lost_case=lost.case_id, lost_id=lost.record_id, lost_known=lost.known_on)
    same = [
        dated.case_id == lost.lost_case,
        dated.record_id == lost.lost_id,
        dated.known_on == lost.lost_known,
    ]
    joined = dated.left_join(lost, same)
    of, cell = indicators.percents(policy), ibis.ifelse(joined.excluded.isnull(), joined.cell, 0).fill_null(0)
    weights = {f"w__{i.id}": look_up(model.percents(i, of), cell).cast("int32") for i in policy.indicators}
    excluded = ibis.ifelse(joined.lost_id.notnull(), SAME_ACT, joined.excluded)
    return joined.select("case_id", "record_id", "known_on", "age", excluded=excluded, **weights)


def exclusion_counts(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """How many records each snapshot rule dropped, over all cases: (excluded, n); null are those that counted."""
    records, cells = _case_records(policy), indicators.cells(policy)
    dated = with_dates(records)
    rules = (
        dated.select(excluded=why_dropped(dated, finality))
        .group_by("excluded")
        .agg(n=lambda t: t.count().cast("int64"))
    )
    lost = gravest_of_acts(_looked_at(records, finality, cells, records.act_rank > 0)).filter(
        lambda t: ~t.keep
    )
    return rules.union(
        lost.agg(n=lost.count().cast("int64")).select(excluded=ibis.literal(SAME_ACT), n=lambda t: t.n)
    )


@lru_cache(maxsize=64)
def sql(policy: Policy, dialect: Dialect, covers: Kinds, acts: bool = True, features: bool = False) -> str:
    """The SQL text of ``expression``, in one dialect. Cached by the policy itself, which is frozen."""
    return _text(
        expression(policy, load_finality(policy.finality), covers, acts=acts, features=features), dialect
    )


@lru_cache(maxsize=64)
def trace_sql(policy: Policy, dialect: Dialect) -> str:
    """The SQL text of ``trace``."""
    return _text(trace(policy, load_finality(policy.finality)), dialect)


@lru_cache(maxsize=64)
def exclusion_sql(policy: Policy, dialect: Dialect) -> str:
    """The SQL text of ``exclusion_counts``."""
    return _text(exclusion_counts(policy, load_finality(policy.finality)), dialect)


def _text(expr: ir.Table, dialect: Dialect) -> str:
    # nobody reads it: laid out it is half as long again and takes half as long again to write
    with _selects_as_they_are():
        text = str(ibis.to_sql(expr, dialect=dialect, pretty=False))
    for name, own in _NAMES[dialect].items():
        text = text.replace(f"{name}(", f"{own}(")
    return text


@contextmanager
def _selects_as_they_are() -> Iterator[None]:
    """Keeps Ibis from asking which selects might be one: they are those wanted, and the question costs a quarter of the text."""
    with _OPTIONS:
        before, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before


def _in_force(enterprises: ir.Table) -> ir.Table:
    known = enterprises.known_on.isnull() | (enterprises.known_on <= enterprises.as_of)
    believed = enterprises.known_until.isnull() | (enterprises.known_until > enterprises.as_of)
    return enterprises.filter([known, believed])


def _prefixed(prefix: str, columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    return {prefix + name: column for name, column in columns.items()}
