"""A policy as one Ibis expression, and that as one SQL text per engine.

The expression reads three relations of the runner, and names no date, path or enterprise:

``case_enterprises``  versions of enterprises with ``case_id``, ``as_of`` and ``prior_band_no``
``case_records``      versions of records with ``case_id``, ``act_rank`` and the days of the case
(``snapshot.days``);
                      codes as numbers
``case_partners``     those with a partner (``has_partner``): few, and read several times

The *text* is cached; a plan is kept only over swappable rows (``scoring.sql.prepared``), never over
a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import chain

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators, model_points
from scoring.engine.dialects import Dialect, written
from scoring.engine.kept_texts import kept_text
from scoring.engine.matters import SAME_MATTER
from scoring.engine.measuring import (
    FOR_POINTS,
    FOR_RULES,
    kept_of_matters,
    looked_at,
    measured,
    n_displaced,
    related_at,
)
from scoring.engine.snapshot import (
    SAME_ACT,
    age,
    days,
    gravest_of_acts,
    left_out,
    why_dropped,
    with_dates,
)
from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS, RelationSet
from scoring.policy.language.schema import MODEL, Policy, Select
from scoring.policy.law.retention import use_rules
from scoring.policy.resolved import ResolvedPolicy

Kinds = frozenset[str]

PARTNERS = "case_partners"
COVERED = "SOURCES_COVER"
_COVERED = re.compile(rf"{COVERED}\('(\w+)'\)")
_TYPES = {"text": "string", "date": "date", "int": "int64"}
_LINKED_TYPES = {**_TYPES, "int": "int32"}
_NOT_READ = frozenset(
    {
        *("info_class", "occasion", "basis_document_no", "officer_note", "source", "document_no"),
        *("matter_id", "refers_to"),
    }
)
_TOLD_ALONE = frozenset({"act_rank", "inherited_by", "open_findings"})
"""What linking adds that decides nothing under a set of relations: explanations tell it."""
_OF_RELATIONS = frozenset({"mended_on", "confirmed_on"})


def record_columns(resolved: ResolvedPolicy) -> list[str]:
    """Canonical record columns that the expression reads; the runner need not decode any other."""
    rules = [*(rule for _instrument, rule in use_rules(resolved.law.instruments))]
    never = resolved.law.finality.never
    classed = any(rule.classes for rule in rules) or any(r.classes or r.unless_known for r in never)
    looked_at = chain.from_iterable(map(resolved.inputs_of, resolved.policy.indicators))
    selects: list[Select] = []
    for indicator in looked_at:
        selects += [indicator.select, indicator.among or indicator.select]
    by_class = any(select.tells_apart("info_class") for select in selects)
    by_occasion = any(select.tells_apart("occasion") for select in selects)
    not_read = _NOT_READ - ({"info_class"} if classed or by_class else set())
    not_read -= {"occasion"} if by_occasion else set()
    # The act is taken into account as a part of the matter.
    not_read |= _OF_RELATIONS if resolved.law.relations is None else {"act_id"}
    return [column for column in RECORD_COLUMNS if column not in not_read]


def linked_columns(resolved: ResolvedPolicy) -> list[str]:
    """Columns of linking that the expression reads: the act, or under a set of relations the others."""
    if resolved.law.relations is None:
        return ["act_rank"]
    return [column for column in LINKED_COLUMNS if column not in _TOLD_ALONE]


def enterprise_columns(resolved: ResolvedPolicy) -> list[str]:
    """Canonical enterprise columns that the expression reads."""
    policy = resolved.policy
    read_columns = {"enterprise_id", "name", "entity_type", "known_on", "known_until"}
    read_columns |= model_points.peer_columns(resolved)
    for rule in (*policy.gates, *policy.caps, *policy.vetoes):
        conditions = (*rule.all, *rule.any)
        read_columns |= {str(condition.enterprise) for condition in conditions if condition.enterprise}
    return [name for name in ENTERPRISE_COLUMNS if name in read_columns]


def has_partner(resolved: ResolvedPolicy) -> str:
    """Whether a case record has to be compared with another one, in SQL of every engine."""
    return "act_rank > 0" if resolved.law.relations is None else "related > 0"


@lru_cache(maxsize=64)
def _case_records(resolved: ResolvedPolicy, name: str = "case_records") -> ir.Table:
    schema = {"case_id": "string", **dict.fromkeys(days(resolved.law), "date")}
    schema |= {column: _LINKED_TYPES[LINKED_COLUMNS[column]] for column in linked_columns(resolved)}
    for column in record_columns(resolved):
        schema[column] = "int32" if column in CODED_COLUMNS else _TYPES[RECORD_COLUMNS[column]]
    return ibis.table(schema, name=name)


def _case_partners(resolved: ResolvedPolicy) -> ir.Table:
    return _case_records(resolved, PARTNERS)


def _case_enterprises(resolved: ResolvedPolicy) -> ir.Table:
    schema = {"case_id": "string", "as_of": "date", "prior_band_no": "int32"}
    schema |= {column: _TYPES[ENTERPRISE_COLUMNS[column]] for column in enterprise_columns(resolved)}
    return ibis.table(schema, name="case_enterprises")


def expression(resolved: ResolvedPolicy, *, acts: bool = True, features: bool = False) -> ir.Table:
    """The whole policy: one row per case with points, band number, gate, rules and all values.

    What the sources do not cover is unknown unless there are records all the same; the text has a word
    in place of whether they do (``sql``).

    Most acts have one record. Only the others are compared with each other; of them the gravest
    joins the rest for points, and what it displaces is added again where gates, caps and vetoes
    look. Where it is known that no act has several (not ``acts``) all that is left out: half the
    text, and so half of what planning costs for one enterprise. With ``features`` the value and the
    points of every feature of its models are there too.
    """
    policy = resolved.policy
    cases = _in_force(_case_enterprises(resolved))
    partners = _case_partners(resolved) if acts else None
    table = measured(resolved, cases, _case_records(resolved), partners)
    for_rules = FOR_RULES if acts else FOR_POINTS
    sources = (("v__", FOR_POINTS, policy.indicators), ("c__", for_rules, indicators.conditioned(policy)))
    values_of_case: dict[str, ir.IntegerValue] = {}
    for value_prefix, part_prefix, indicators_of_source in sources:
        parts = _with_prefix(table, part_prefix)
        for indicator in indicators_of_source:
            looked_for = _sources_cover(indicator.id)
            values_of_case[value_prefix + indicator.id] = model_points.value(
                parts, table, indicator, resolved, looked_for=looked_for
            )
    for related in policy.fields or ():
        name = indicators.ACTIVE + related.id
        values_of_case[name] = (table[FOR_POINTS + name] > 0).fill_null(False)
    columns = output_columns(policy)
    if features:
        parts = _with_prefix(table, FOR_POINTS)
        for indicator in policy.indicators:
            if indicator.aggregate == MODEL:
                values_of_case |= model_points.features(parts, table, indicator, resolved)
        columns += model_points.feature_columns(resolved)
    case_columns = _case_enterprises(resolved).columns
    return decision.decide(table.select(*case_columns, "n_records", **values_of_case), policy, columns)


def output_columns(policy: Policy) -> list[str]:
    """Columns of the expression's result, in order."""
    columns = ["case_id", "enterprise_id", "name", "as_of", "points", "total", "band_no"]
    columns += ["points_band", "held_band", "prior_band_no", "gate", "n_records"]
    columns += [f"{kind}__{rule.id}" for kind, rule in decision.limits_of(policy)]
    for indicator in policy.indicators:
        columns += [f"v__{indicator.id}", f"p__{indicator.id}"]
    return [*columns, *(indicators.ACTIVE + related.id for related in policy.fields or ())]


def trace(resolved: ResolvedPolicy, *, acts: bool = True) -> ir.Table:
    """For every record of a case: the rule that dropped it, its age, and the cell that tells what it counts.

    The rule is null for a record that counts. One that another of its act or matter displaces keeps its
    cell: gates, caps and vetoes see it. Under a set of relations ``state`` says how it stands. Where no
    record has a partner (not ``acts``) none is compared with another.
    """
    relations = resolved.law.relations
    dated = with_dates(_case_records(resolved), resolved.law)
    dated = dated.mutate(excluded=why_dropped(dated, resolved.law), age=age(dated))
    cells = indicators.cells(resolved)
    if relations is not None and acts:
        traced = _displaced_in_matters(resolved, relations, dated)
    else:
        traced = dated.mutate(cell=cells.of(dated, dated.age))
        traced = _displaced_in_acts(resolved, traced) if acts else traced
    counts = traced.excluded.isnull() | traced.excluded.isin((SAME_ACT, SAME_MATTER))
    columns = ["case_id", "record_id", "known_on", "age", "excluded"]
    counted_cell = ibis.ifelse(counts, traced.cell, 0).fill_null(0).cast("int32")
    return traced.select(*columns, *(["state"] if relations else []), cell=counted_cell)


def _displaced_in_acts(resolved: ResolvedPolicy, dated: ir.Table) -> ir.Table:
    shared = looked_at(_case_partners(resolved), resolved.law, indicators.cells(resolved))
    lost = gravest_of_acts(shared).filter(lambda t: ~t.keep)
    lost = lost.select(lost_case=lost.case_id, lost_id=lost.record_id, lost_known=lost.known_on)
    return _marked(dated, lost, SAME_ACT)


def _displaced_in_matters(resolved: ResolvedPolicy, relations: RelationSet, dated: ir.Table) -> ir.Table:
    cells = indicators.cells(resolved)
    standing = related_at(_case_partners(resolved), resolved.law, relations, cells)
    standing = standing.select(
        at_case=standing.case_id,
        at_id=standing.record_id,
        at_known=standing.known_on,
        at_excluded=standing.excluded,
        at_state=standing.state,
    )
    same_version = [
        dated.case_id == standing.at_case,
        dated.record_id == standing.at_id,
        dated.known_on == standing.at_known,
    ]
    joined = dated.left_join(standing, same_version)
    stood = joined.select(
        *dated.drop("excluded", "state").columns,
        excluded=ibis.coalesce(joined.excluded, joined.at_excluded),
        state=ibis.coalesce(joined.at_state, joined.state),
    )
    stood = stood.mutate(cell=cells.of(stood, stood.age))
    displaced = _displaced(resolved, relations)
    lost = displaced.select(
        lost_case=displaced.case_id, lost_id=displaced.record_id, lost_known=displaced.known_on
    )
    return _marked(stood, lost, SAME_MATTER)


def _displaced(resolved: ResolvedPolicy, relations: RelationSet) -> ir.Table:
    """Records of matters in place of which another one counts."""
    competing, chosen = kept_of_matters(
        resolved, relations, _case_records(resolved), _case_partners(resolved)
    )
    same_record = [
        competing.case_id == chosen.chosen_case,
        competing.matter == chosen.chosen_matter,
        competing.matter_rank == chosen.chosen_rank,
    ]
    return competing.anti_join(chosen, same_record)


def _marked(dated: ir.Table, lost: ir.Table, code: str) -> ir.Table:
    """The rows, with a code where another record displaces one that would count."""
    same_version = [
        dated.case_id == lost.lost_case,
        dated.record_id == lost.lost_id,
        dated.known_on == lost.lost_known,
    ]
    joined = dated.left_join(lost, same_version)
    excluded = ibis.ifelse(joined.lost_id.notnull(), code, joined.excluded)
    return joined.select(*dated.drop("excluded").columns, excluded=excluded)


def exclusion_counts(resolved: ResolvedPolicy) -> ir.Table:
    """How many records each snapshot rule dropped, over all cases: (excluded, n)."""
    relations, partners, law = resolved.law.relations, _case_partners(resolved), resolved.law
    by_rule = _by_rule(left_out(_case_records(resolved), law))
    cells = indicators.cells(resolved)
    if relations is None:
        shared = gravest_of_acts(looked_at(partners, law, cells))
        displaced = shared.filter(~shared.keep)
        counted = displaced.agg(n=displaced.count().cast("int64"))
        return by_rule.union(counted.select(excluded=ibis.literal(SAME_ACT), n=counted.n))
    # Few have a partner: how those stand is put in place of what each says by itself.
    standing = related_at(partners, law, relations, cells)
    gone = _by_rule(standing.select(excluded="why"))
    displaced = n_displaced(resolved, relations, partners)
    parts = by_rule.union(
        gone.mutate(n=-gone.n),
        _by_rule(standing.select("excluded")),
        displaced.select(excluded=ibis.literal(SAME_MATTER), n=displaced.n),
    )
    counted = parts.group_by("excluded").agg(n=lambda t: t.n.sum().cast("int64"))
    return counted.filter(counted.excluded.notnull() & (counted.n != 0))


def _by_rule(excluded: ir.Table) -> ir.Table:
    return excluded.group_by("excluded").agg(n=lambda t: t.count().cast("int64"))


@lru_cache(maxsize=64)
def sql(
    resolved: ResolvedPolicy, dialect: Dialect, covers: Kinds, acts: bool = True, features: bool = False
) -> str:
    """The SQL text of ``expression``, in one dialect, for sources that cover some kinds."""
    covered = {each.id for each in resolved.policy.indicators if indicators.covered(each, covers)}
    text = _whole_text(resolved, dialect, acts, features)
    return _COVERED.sub(lambda match: "TRUE" if match[1] in covered else "FALSE", text)


@lru_cache(maxsize=64)
def _whole_text(resolved: ResolvedPolicy, dialect: Dialect, acts: bool, features: bool) -> str:
    # Sources that cover something else change a few words of it.
    write = partial(expression, resolved, acts=acts, features=features)
    return _text(resolved, f"result {acts} {features}", dialect, write)


@ibis.udf.scalar.builtin(name=COVERED)  # type: ignore[untyped-decorator]
def _sources_cover(indicator_id: str) -> bool:  # type: ignore[empty-body]
    """Whether sources cover the kinds of an indicator: a word that ``sql`` replaces."""


@lru_cache(maxsize=64)
def trace_sql(resolved: ResolvedPolicy, dialect: Dialect, acts: bool = True) -> str:
    """The SQL text of ``trace``."""
    return _text(resolved, f"trace {acts}", dialect, partial(trace, resolved, acts=acts))


@lru_cache(maxsize=64)
def exclusion_sql(resolved: ResolvedPolicy, dialect: Dialect) -> str:
    """The SQL text of ``exclusion_counts``."""
    return _text(resolved, "exclusions", dialect, partial(exclusion_counts, resolved))


def _text(resolved: ResolvedPolicy, name: str, dialect: Dialect, build: Callable[[], ir.Table]) -> str:
    return kept_text(resolved, f"{name} {dialect}", lambda: written(build(), dialect))


def _in_force(enterprises: ir.Table) -> ir.Table:
    known_already = enterprises.known_on.isnull() | (enterprises.known_on <= enterprises.as_of)
    still_believed = enterprises.known_until.isnull() | (enterprises.known_until > enterprises.as_of)
    return enterprises.filter([known_already, still_believed])


def _with_prefix(table: ir.Table, prefix: str) -> dict[str, ir.Value]:
    """Columns of a table whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): table[name] for name in table.columns if name.startswith(prefix)}
