"""A policy as one Ibis expression, and that as one SQL text per engine.

The expression reads two relations that the runner provides, and names no date, path or enterprise:

``case_enterprises``  versions of enterprises with ``case_id``, ``as_of``, ``prior_band_no`` and ``covers__<indicator>``
``case_records``      versions of records with ``case_id``, ``as_of``, ``lapsed_by`` and ``act_rank``

The *text* is cached, never a plan: DuckDB 1.5.6 returned wrong rows from a prepared plan after its table had changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators
from scoring.engine.snapshot import SAME_ACT, exclusion_rules, gravest_of_acts, snapshot, with_dates, with_measures
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.finality import FinalityProfile, load_finality
from scoring.policy.schema import Policy

Dialect = Literal["duckdb", "pyspark"]

_TYPES = {"text": "string", "date": "date", "int": "int64"}
_HEAVY = ("info_class", "basis_document_no", "officer_note", "source", "document_no")
_NOT_USED = frozenset(_HEAVY)


def record_columns(policy: Policy) -> list[str]:
    """Canonical record columns that the expression reads; the runner need not decode any other."""
    used = {"info_class"} if any(s.info_class for i in policy.indicators for s in (i.select, i.among) if s) else set()
    return [c for c in RECORD_COLUMNS if c not in _NOT_USED or c in used]


def enterprise_columns(policy: Policy) -> list[str]:
    """Canonical enterprise columns that the expression reads."""
    rules = (*policy.gates, *policy.caps, *policy.vetoes)
    tested = {str(c.enterprise) for rule in rules for c in (*rule.all, *rule.any) if c.enterprise}
    used = {"enterprise_id", "name", "entity_type", "known_on", "known_until"} | tested
    return [c for c in ENTERPRISE_COLUMNS if c in used]


def _case_records(policy: Policy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "lapsed_by": "date", "act_rank": "int32"}
    return ibis.table(schema | {c: _TYPES[RECORD_COLUMNS[c]] for c in record_columns(policy)}, name="case_records")


def _case_enterprises(policy: Policy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "prior_band_no": "int32"}
    schema |= {c: _TYPES[ENTERPRISE_COLUMNS[c]] for c in enterprise_columns(policy)}
    covers = {indicators.covers_column(i): "boolean" for i in policy.indicators}
    return ibis.table(schema | covers, name="case_enterprises")


def expression(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """The whole policy: one row per case with points, band number, gate, rules and every indicator's value and points."""
    counted = gravest_of_acts(snapshot(_case_records(policy), finality))
    tested = indicators.conditioned(policy)
    columns: dict[str, ir.Value] = {"n_records": counted.count().cast("int64")}
    for indicator in policy.indicators:
        columns |= _prefixed("a__", indicators.aggregate(counted, indicator, merged=True))
    for indicator in tested:
        columns |= _prefixed("b__", indicators.aggregate(counted, indicator, merged=False))
    cases = _in_force(_case_enterprises(policy))
    totals = counted.group_by(totals_case=counted.case_id).agg(**columns)
    table = cases.left_join(totals, cases.case_id == totals.totals_case)
    for prefix, chosen, merged in (("a__", policy.indicators, True), ("b__", tested, False)):
        for i in (i for i in chosen if i.aggregate == "distinct"):
            authorities = indicators.distinct_authorities(counted, i, prefix + i.id, merged=merged)
            table = table.left_join(authorities, cases.case_id == authorities[f"{prefix}{i.id}__case"])
    values = {f"v__{i.id}": indicators.value(table, i, "a__") for i in policy.indicators}
    values |= {f"c__{i.id}": indicators.value(table, i, "b__") for i in tested}
    of_case = [c for c in _case_enterprises(policy).columns if not c.startswith(indicators.COVERS)]
    valued = table.select(*of_case, n_records=ibis.coalesce(table.n_records, 0), **values)
    return decision.decide(valued, policy).select(*output_columns(policy))


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
    records = _case_records(policy)
    dated = with_dates(records)
    why = ibis.cases(*[(condition, code) for code, condition in exclusion_rules(dated, finality)])
    measured = with_measures(dated.mutate(excluded=why))
    kept = gravest_of_acts(measured.filter(measured.excluded.isnull())).filter(lambda t: t.keep)
    kept = kept.select(kept_case=kept.case_id, kept_id=kept.record_id, kept_known=kept.known_on)
    same = [measured.case_id == kept.kept_case, measured.record_id == kept.kept_id, measured.known_on == kept.kept_known]
    joined = measured.left_join(kept, same)
    excluded = ibis.ifelse(joined.excluded.isnull() & joined.kept_id.isnull(), SAME_ACT, joined.excluded)
    weights = {}
    for i in policy.indicators:
        hit = indicators.matches(joined, i.select, i.window_days, merged=False).fill_null(False)
        weights[f"w__{i.id}"] = ibis.ifelse(hit & joined.excluded.isnull(), indicators.age_weight(joined, i), 0).cast("int32")
    return joined.select("case_id", "record_id", "known_on", "age", excluded=excluded, **weights)


def exclusion_counts(policy: Policy, finality: FinalityProfile) -> ir.Table:
    """How many records each snapshot rule dropped, over all cases: (excluded, n); null are those that counted."""
    dated = with_dates(_case_records(policy))
    why = ibis.cases(*[(condition, code) for code, condition in exclusion_rules(dated, finality)])
    rules = dated.select(excluded=why).group_by("excluded").agg(n=lambda t: t.count().cast("int64"))
    merged = gravest_of_acts(snapshot(_case_records(policy), finality)).filter(lambda t: ~t.keep)
    same_act = merged.agg(n=merged.count().cast("int64")).select(excluded=ibis.literal(SAME_ACT), n=lambda t: t.n)
    return rules.union(same_act)


@lru_cache(maxsize=64)
def sql(policy: Policy, dialect: Dialect, what: Literal["score", "trace", "excluded"] = "score") -> str:
    """The SQL text of a policy in one dialect. Cached by the policy itself, which is frozen."""
    build = {"score": expression, "trace": trace, "excluded": exclusion_counts}[what]
    return str(ibis.to_sql(build(policy, load_finality(policy.finality)), dialect=dialect))


def _in_force(enterprises: ir.Table) -> ir.Table:
    known = enterprises.known_on.isnull() | (enterprises.known_on <= enterprises.as_of)
    believed = enterprises.known_until.isnull() | (enterprises.known_until > enterprises.as_of)
    return enterprises.filter([known, believed])


def _prefixed(prefix: str, columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    return {prefix + name: column for name, column in columns.items()}
