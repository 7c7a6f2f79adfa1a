"""A policy as one Ibis expression, and that as one SQL text per engine.

The expression reads two relations that the runner provides, and names no date, path or enterprise:

``case_enterprises``  versions of enterprises with ``case_id``, ``as_of``, ``prior_band_no`` and ``covers__<indicator>``
``case_records``      versions of records with ``case_id``, ``act_rank`` and the days of the case (``snapshot.days``); codes as numbers

The *text* is cached, never a plan: DuckDB 1.5.6 returned wrong rows from a prepared plan after its table had changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators, model
from scoring.engine.packing import grouped, together, unpacked
from scoring.engine.snapshot import SAME_ACT, days, gravest_of_acts, measures, snapshot, why_dropped, with_dates
from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.finality import FinalityProfile, load_finality
from scoring.policy.retention import use_rules
from scoring.policy.schema import Policy

Dialect = Literal["duckdb", "pyspark"]

_TYPES = {"text": "string", "date": "date", "int": "int64"}
_HEAVY = ("info_class", "basis_document_no", "officer_note", "source", "document_no")
_NOT_USED = frozenset(_HEAVY)


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
    used = {"enterprise_id", "name", "entity_type", "known_on", "known_until"} | tested | model.peer_columns(policy)
    return [c for c in ENTERPRISE_COLUMNS if c in used]


def _case_records(policy: Policy) -> ir.Table:
    schema = {"case_id": "string", "act_rank": "int32", **dict.fromkeys(days(load_finality(policy.finality)), "date")}
    columns = {c: "int32" if c in CODED_COLUMNS else _TYPES[RECORD_COLUMNS[c]] for c in record_columns(policy)}
    return ibis.table(schema | columns, name="case_records")


def _case_enterprises(policy: Policy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "prior_band_no": "int32"}
    schema |= {c: _TYPES[ENTERPRISE_COLUMNS[c]] for c in enterprise_columns(policy)}
    covers = {indicators.covers_column(i): "boolean" for i in policy.indicators}
    return ibis.table(schema | covers, name="case_enterprises")


def expression(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """The whole policy: one row per case with points, band number, gate, rules and every indicator's value and points.

    Most acts have one record. Only the others are compared with each other; of them the gravest joins the rest for
    points, and what it displaces is added again where gates, caps and vetoes look.
    """
    records = _case_records(policy)
    records = records.filter(_looked_at(records, policy))
    alone = snapshot(records.filter(records.act_rank == 0), finality)
    shared = gravest_of_acts(snapshot(records.filter(records.act_rank > 0), finality))
    counted = alone.union(shared.filter(shared.keep).drop("keep"))
    displaced = shared.filter(~shared.keep)
    tested = indicators.conditioned(policy)
    kept_parts = [part for i in policy.indicators for part in model.parts(counted, i)]
    lost_parts = [part for i in tested for part in model.parts(displaced, i)]
    cases, kept, lost = _in_force(_case_enterprises(policy)), grouped(counted, kept_parts, "kept_"), grouped(displaced, lost_parts, "lost_")
    joined = cases.left_join(kept, cases.case_id == kept.kept_case)
    joined = joined.left_join(lost, cases.case_id == lost.lost_case)
    seen, more = unpacked(joined, kept_parts, "kept_"), unpacked(joined, lost_parts, "lost_")
    every = {part.name: together(part, seen[part.name], more[part.name]) for part in lost_parts}
    n_records = ibis.coalesce(joined.kept_n, 0) + ibis.coalesce(joined.lost_n, 0)
    read = joined.select(*cases.columns, n_records=n_records.cast("int64"), **_prefixed("a__", seen), **_prefixed("b__", every))
    values = {}
    for prefix, source, chosen in (("v__", "a__", policy.indicators), ("c__", "b__", tested)):
        for i in chosen:
            parts_of = {name.removeprefix(source): read[name] for name in read.columns if name.startswith(source)}
            values[prefix + i.id] = model.value(parts_of, read, read[indicators.covers_column(i)], i)
    of_case = [c for c in cases.columns if not c.startswith(indicators.COVERS)]
    return decision.decide(read.select(*of_case, "n_records", **values), policy, output_columns(policy))


def output_columns(policy: Policy) -> list[str]:
    """Columns of the expression's result, in order."""
    rules = [f"{kind}__{rule.id}" for kind, rule in decision.limits_of(policy)]
    per_indicator = [f"{prefix}__{i.id}" for i in policy.indicators for prefix in ("v", "p")]
    fixed = ["case_id", "enterprise_id", "name", "as_of", "points", "total", "band_no", "points_band", "held_band"]
    return [*fixed, "prior_band_no", "gate", "n_records", *rules, *per_indicator]


def trace(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """For every record of a case: the rule that dropped it (null if it counts), its age, and its weight in each indicator.

    A record dropped as ``same_act`` keeps its weights: gates, caps and vetoes see it.
    """
    dated = with_dates(_case_records(policy))
    dated = dated.mutate(excluded=why_dropped(dated, finality), **measures(dated))
    shared = dated.filter(dated.excluded.isnull() & (dated.act_rank > 0) & _looked_at(dated, policy))
    lost = gravest_of_acts(shared).filter(lambda t: ~t.keep)
    lost = lost.select(lost_case=lost.case_id, lost_id=lost.record_id, lost_known=lost.known_on)
    same = [dated.case_id == lost.lost_case, dated.record_id == lost.lost_id, dated.known_on == lost.lost_known]
    joined = dated.left_join(lost, same)
    weights = {}
    for i in policy.indicators:
        weights[f"w__{i.id}"] = ibis.ifelse(joined.excluded.isnull(), model.weight(joined, i), 0).cast("int32")
    excluded = ibis.ifelse(joined.lost_id.notnull(), SAME_ACT, joined.excluded)
    return joined.select("case_id", "record_id", "known_on", "age", excluded=excluded, **weights)


def exclusion_counts(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """How many records each snapshot rule dropped, over all cases: (excluded, n); null are those that counted."""
    records = _case_records(policy)
    dated = with_dates(records)
    rules = dated.select(excluded=why_dropped(dated, finality)).group_by("excluded").agg(n=lambda t: t.count().cast("int64"))
    shared = snapshot(records.filter((records.act_rank > 0) & _looked_at(records, policy)), finality)
    lost = gravest_of_acts(shared).filter(lambda t: ~t.keep)
    return rules.union(lost.agg(n=lost.count().cast("int64")).select(excluded=ibis.literal(SAME_ACT), n=lambda t: t.n))


def _looked_at(records: ir.Table, policy: Policy) -> ir.BooleanValue:
    """Whether some indicator looks at records of this kind; the others neither count nor displace."""
    return records.kind.isin(indicators.selected_kinds(policy))


@lru_cache(maxsize=64)
def sql(policy: Policy, dialect: Dialect, what: Literal["score", "trace", "excluded"] = "score") -> str:
    """The SQL text of a policy in one dialect. Cached by the policy itself, which is frozen."""
    build = {"score": expression, "trace": trace, "excluded": exclusion_counts}[what]
    # nobody reads it: laid out it is half as long again and takes half as long again to write
    return str(ibis.to_sql(build(policy, load_finality(policy.finality)), dialect=dialect, pretty=False))


def _in_force(enterprises: ir.Table) -> ir.Table:
    known = enterprises.known_on.isnull() | (enterprises.known_on <= enterprises.as_of)
    believed = enterprises.known_until.isnull() | (enterprises.known_until > enterprises.as_of)
    return enterprises.filter([known, believed])


def _prefixed(prefix: str, columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    return {prefix + name: column for name, column in columns.items()}
