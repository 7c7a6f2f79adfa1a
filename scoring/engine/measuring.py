"""What is measured of the records of a case: of one decision, or one matter, once for points.

Most records have no partner. Only the others are compared with each other. Points see one of each act,
or of each matter; gates, caps and vetoes see every record. Where it is known that no record has a
partner all that is left out: half the text, and so half of what planning costs for one enterprise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from scoring.engine import indicators, matters, model_points
from scoring.engine.cells import Cells
from scoring.engine.indicators import Measurement, Percents
from scoring.engine.matters import BASE, TAKEN
from scoring.engine.packing import grouped, together, unpacked
from scoring.engine.related import with_standing
from scoring.engine.snapshot import gravest_of_acts, snapshot
from scoring.entities import RelationSet
from scoring.policy.law.applied import Law
from scoring.policy.resolved import ResolvedPolicy

FOR_POINTS, FOR_RULES = "a__", "b__"
"""Prefixes of the parts over the records that count for points, and over all that rules see."""
_LOST = "lost_"


def measured(
    resolved: ResolvedPolicy, cases: ir.Table, records: ir.Table, partners: ir.Table | None
) -> ir.Table:
    """One row per case: its own columns, ``n_records``, and the parts of all indicators.

    Args:
        resolved: The policy.
        cases: Enterprises in force, one row per case.
        records: Case records.
        partners: Those with a partner; ``None`` where none can have one, and then no part stands under
            ``FOR_RULES``.
    """
    if partners is None:
        return _without_partners(resolved, cases, records)
    relations = resolved.law.relations
    if relations is None:
        return _by_act(resolved, cases, records, partners)
    return _by_matter(resolved, relations, cases, records, partners)


def looked_at(records: ir.Table, law: Law, cells: Cells, *which: ir.BooleanValue) -> ir.Table:
    """The records of the snapshot that something looks at, of those for which ``which`` holds."""
    # In one filter: one that two tables have in common would be a CTE, held in memory with all columns.
    return snapshot(records.filter([*which, cells.about(records.kind)]), law, cells)


def related_at(partners: ir.Table, law: Law, relations: RelationSet, cells: Cells) -> ir.Table:
    """Records with a partner as they stand: ``excluded``, ``state``, ``age`` and ``cell`` besides."""
    standing = with_standing(partners, law, relations)
    return standing.mutate(cell=cells.of(standing, standing.age))


def _without_partners(resolved: ResolvedPolicy, cases: ir.Table, records: ir.Table) -> ir.Table:
    counted = looked_at(records, resolved.law, indicators.cells(resolved))
    parts = _parts(counted, resolved, indicators.percents(resolved))
    base = grouped(counted, parts, BASE)
    joined = cases.left_join(base, cases.case_id == base[f"{BASE}case"])
    n_records = ibis.coalesce(joined[f"{BASE}n"], 0).cast("int64")
    return joined.select(
        *cases.columns, n_records=n_records, **_prefixed(FOR_POINTS, unpacked(joined, parts, BASE))
    )


def _parts(records: ir.Table, resolved: ResolvedPolicy, by_part: Percents) -> list[Measurement]:
    parts = []
    for indicator in resolved.policy.indicators:
        parts += model_points.measurements(records, indicator, resolved, by_part)
    return [*parts, *indicators.activity(resolved, by_part)]


def _by_act(resolved: ResolvedPolicy, cases: ir.Table, records: ir.Table, partners: ir.Table) -> ir.Table:
    """Of an act the gravest record counts for points; what it displaces is added again for rules."""
    cells, by_part = indicators.cells(resolved), indicators.percents(resolved)
    alone = looked_at(records, resolved.law, cells, records.act_rank == 0)
    shared = gravest_of_acts(looked_at(partners, resolved.law, cells))
    counted = alone.union(shared.filter(shared.keep).drop("keep"))
    displaced = shared.filter(~shared.keep)
    kept_parts = _parts(counted, resolved, by_part)
    lost_parts = []
    for indicator in indicators.conditioned(resolved.policy):
        lost_parts += model_points.measurements(displaced, indicator, resolved, by_part)
    base, lost = grouped(counted, kept_parts, BASE), grouped(displaced, lost_parts, _LOST)
    joined = cases.left_join(base, cases.case_id == base[f"{BASE}case"])
    joined = joined.left_join(lost, joined.case_id == lost[f"{_LOST}case"])
    n_records = ibis.coalesce(joined[f"{BASE}n"], 0) + ibis.coalesce(joined[f"{_LOST}n"], 0)
    for_points, more = unpacked(joined, kept_parts, BASE), unpacked(joined, lost_parts, _LOST)
    for_rules = {part.name: together(part, for_points[part.name], more[part.name]) for part in lost_parts}
    return joined.select(
        *cases.columns,
        n_records=n_records.cast("int64"),
        **_prefixed(FOR_POINTS, for_points),
        **_prefixed(FOR_RULES, for_rules),
    )


def _by_matter(
    resolved: ResolvedPolicy,
    relations: RelationSet,
    cases: ir.Table,
    records: ir.Table,
    partners: ir.Table,
) -> ir.Table:
    """Of a matter the record that costs most counts for points; rules see what it displaces as well."""
    policy, by_part = resolved.policy, indicators.percents(resolved)
    weighed = _weighed(resolved, relations, records, partners)
    base, kept_parts, by_choice, taken_parts = weighed.base, weighed.kept, weighed.by_choice, weighed.taken
    worst = weighed.worst
    same = [by_choice[f"{TAKEN}case"] == worst.worst_case, by_choice[f"{TAKEN}j"] == worst.worst_j]
    chosen = by_choice.inner_join(worst, same).select(*by_choice.columns)
    conditioned = indicators.conditioned(policy)
    lost_parts = matters.adverse_parts(weighed.competing, conditioned, by_part)
    lost = grouped(weighed.competing, lost_parts, _LOST)
    joined = cases.left_join(base, cases.case_id == base[f"{BASE}case"])
    joined = joined.left_join(chosen, joined.case_id == chosen[f"{TAKEN}case"])
    joined = joined.left_join(lost, joined.case_id == lost[f"{_LOST}case"])
    all_parts = unpacked(joined, kept_parts, BASE)
    for_points = {**all_parts, **_added(taken_parts, all_parts, unpacked(joined, taken_parts, TAKEN))}
    for_rules = {**all_parts, **_added(lost_parts, all_parts, unpacked(joined, lost_parts, _LOST))}
    seen_by_rules = {indicator.id for indicator in conditioned}
    for_rules = {name: part for name, part in for_rules.items() if name.split("__")[0] in seen_by_rules}
    return joined.select(
        *cases.columns,
        n_records=ibis.coalesce(joined[f"{BASE}n"], 0).cast("int64"),
        **_prefixed(FOR_POINTS, for_points),
        **_prefixed(FOR_RULES, for_rules),
    )


def kept_of_matters(
    resolved: ResolvedPolicy, relations: RelationSet, records: ir.Table, partners: ir.Table
) -> tuple[ir.Table, ir.Table]:
    """The records that compete within matters, and (chosen_case, chosen_matter, chosen_rank) of those that count."""
    weighed = _weighed(resolved, relations, records, partners)
    return weighed.competing, matters.chosen_records(weighed.choices, weighed.worst)


def n_displaced(resolved: ResolvedPolicy, relations: RelationSet, partners: ir.Table) -> ir.Table:
    """(n): in place of how many records others of their matters count, of each matter all but one."""
    by_part = indicators.percents(resolved)
    parted = matters.told_apart(_counted(resolved, relations, partners), resolved.policy, by_part)
    others = parted.competing.group_by("case_id", "matter").agg(n=lambda t: t.count() - 1)
    return others.agg(n=ibis.coalesce(others.n.sum(), 0).cast("int64"))


def _counted(resolved: ResolvedPolicy, relations: RelationSet, partners: ir.Table) -> ir.Table:
    """The records with a partner that count, competing ones among them."""
    cells = indicators.cells(resolved)
    related = related_at(partners, resolved.law, relations, cells)
    return related.filter(related.excluded.isnull() & cells.about(related.kind))


class _Weighing(NamedTuple):
    """The records of all cases, measured together and by choice.

    Attributes:
        competing: Records that compete within a matter.
        choices: Which of them each choice takes.
        base: What all records measure, in the parts ``kept``.
        kept: Its parts.
        by_choice: What the records of each choice measure, in the parts ``taken``.
        taken: Its parts.
        worst: The choice that gives each case the worst points.
    """

    competing: ir.Table
    choices: ir.Table
    base: ir.Table
    kept: list[Measurement]
    by_choice: ir.Table
    taken: list[Measurement]
    worst: ir.Table


@lru_cache(maxsize=4)
def _weighed(
    resolved: ResolvedPolicy, relations: RelationSet, records: ir.Table, partners: ir.Table
) -> _Weighing:
    policy, law = resolved.policy, resolved.law
    cells, by_part = indicators.cells(resolved), indicators.percents(resolved)
    alone = looked_at(records, law, cells, records.related == 0)
    parted = matters.told_apart(
        _counted(resolved, relations, partners).select(*alone.columns), policy, by_part
    )
    counted = alone.union(parted.counted)
    kept = _parts(counted, resolved, matters.with_mild_cells(by_part, policy))
    base = grouped(counted, kept, BASE)
    choices = matters.choices(parted.competing, matters.costs_alone(by_part, policy))
    of_choices = matters.of_choices(parted.competing, choices)
    taken = matters.adverse_parts(of_choices, policy.indicators, by_part)
    by_choice = grouped(of_choices, taken, TAKEN, ("j",))
    worst = matters.worst_choices(by_choice, taken, base, kept, policy)
    return _Weighing(parted.competing, choices, base, kept, by_choice, taken, worst)


def _added(
    parts: list[Measurement], first: Mapping[str, ir.Value], second: Mapping[str, ir.Value]
) -> dict[str, ir.Value]:
    return {part.name: together(part, first[part.name], second[part.name]) for part in parts}


def _prefixed(prefix: str, columns: Mapping[str, ir.Value]) -> dict[str, ir.Value]:
    return {prefix + column_name: column for column_name, column in columns.items()}
