"""Of a matter the record that costs most on the day counts, alone.

A visit, the order after it and the penalty in the end are one matter. Of its records one counts against
the enterprise: the choice, over all its matters together, that gives the worst points. So one more
record never makes a result better, and joining records into one matter never makes it worse. What does
not speak against the enterprise counts whatever else there is: a visit stays among the visits of a
share, but leaves those with a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, mul
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from scoring.engine import decision, indicators
from scoring.engine.cells import among, look_up
from scoring.engine.indicators import Measurement, Percents
from scoring.engine.packing import together, unpacked
from scoring.policy.language.schema import MODEL, Indicator, Policy

SAME_MATTER = "same_matter"
MOST_MATTERS, MOST_CHOICES = 4, 6
"""So many matters of an enterprise are weighed together, each with so many different records at most."""
BASE, TAKEN = "kept_", "taken_"
"""Prefixes of the columns that ``packing.grouped`` gives for all records, and for a choice."""
_RANKS = 2**18
_CHOICES = 2**12
_SHIFT = 2**42


class ToldApart(NamedTuple):
    """Records of the snapshot that have a partner, told apart by how they count.

    Attributes:
        counted: All of them, with ``cell``: of those that compete the cell without what speaks against
            the enterprise.
        competing: Those that compete within a matter, in their own cells.
    """

    counted: ir.Table
    competing: ir.Table


def taking(policy: Policy) -> Sequence[Indicator]:
    """Indicators that speak against the enterprise, models apart."""
    return [i for i in policy.indicators if i.direction == "adverse" and i.aggregate != MODEL]


def with_mild_cells(by_part: Percents, policy: Policy) -> Percents:
    """The percents by cell, and behind every cell a second one without what speaks against anybody."""
    adverse = {indicator.id for indicator in taking(policy)}
    return {
        name: percents + ((0,) * len(percents) if name in adverse else percents)
        for name, percents in by_part.items()
    }


def told_apart(related: ir.Table, policy: Policy, by_part: Percents) -> ToldApart:
    """Finds the records that compete: of a matter all that speak against the enterprise, if several do.

    Args:
        related: Records of the snapshot that have a partner.
        policy: The policy.
        by_part: Its percents (``indicators.percents``).
    """
    speaks_against = among(related.cell, _adverse_cells(by_part, policy))
    against = related.filter(related.matter.notnull() & speaks_against)
    sizes = against.group_by(size_case="case_id", size_matter="matter").agg(size=lambda m: m.count())
    same = [related.case_id == sizes.size_case, related.matter == sizes.size_matter]
    sized = related.left_join(sizes, same).select(*related.columns, "size")
    competes = ((sized.size > 1) & among(sized.cell, _adverse_cells(by_part, policy))).fill_null(False)
    cells = len(next(iter(by_part.values())))
    flagged = sized.mutate(competes=competes)
    competing = flagged.filter(flagged.competes).select(*related.columns)
    mild = flagged.mutate(cell=(flagged.cell + ibis.ifelse(flagged.competes, cells, 0)).cast("int32"))
    return ToldApart(mild.select(*related.columns), competing)


def _adverse_cells(by_part: Percents, policy: Policy) -> list[int]:
    """Cells of records that speak against the enterprise; none is -1, which no record has."""
    hits: set[int] = set()
    for indicator in taking(policy):
        hits.update(cell for cell, percent in enumerate(by_part[indicator.id]) if percent)
    return sorted(hits) or [-1]


def adverse_parts(
    records: ir.Table, of_indicators: Sequence[Indicator], by_part: Percents
) -> list[Measurement]:
    """What indicators that speak against the enterprise measure of records that compete.

    Never what a share is among: there these records stand already.
    """
    parts = []
    for indicator in of_indicators:
        if indicator.direction == "adverse" and indicator.aggregate != MODEL:
            measured = indicators.measurements(records, indicator, by_part)
            parts += [part for part in measured if part.name == indicator.id]
    return parts


def costs_alone(by_part: Percents, policy: Policy) -> list[int]:
    """What a record costs by itself, by cell: which one to take where not all can be weighed together."""
    costs = [0] * len(next(iter(by_part.values())))
    for indicator in taking(policy):
        for cell, percent in enumerate(by_part[indicator.id]):
            costs[cell] += abs(_points_alone(indicator, percent) - _points_alone(indicator, 0))
    return costs


def _points_alone(indicator: Indicator, percent: int) -> int:
    """Points of one record that counts so much; of what is not counted the first step away from nothing."""
    if not indicator.bins:
        return indicator.points_by_value[0] if not percent else indicator.points_by_value[-1]
    if indicator.aggregate not in ("count", "weighted_count"):
        return indicator.bins[min(1, len(indicator.bins) - 1) if percent else 0].points
    number = percent if indicator.aggregate == "weighted_count" else percent // 100
    return next(each.points for each in indicator.bins if each.upto is None or number <= each.upto)


def choices(competing: ir.Table, costs: Sequence[int]) -> ir.Table:
    """(case_id, j, matter, matter_rank): which record of each matter the choice ``j`` of a case takes.

    Records of one cell count alike, so the one with the greatest amount stands for them.

    Args:
        competing: Records that compete within a matter.
        costs: ``costs_alone``.
    """
    candidates = _candidates(competing, costs)
    matters = candidates.group_by("case_id", "matter").agg(size=lambda c: c.count())
    in_case = ibis.window(group_by=matters.case_id, order_by=matters.matter)
    numbered = matters.mutate(no=ibis.row_number().over(in_case))
    widths = numbered.group_by(width_case="case_id").agg(
        **{
            f"n{no}": ibis.coalesce(ibis.cases((numbered.no == no, numbered["size"])).max(), 1)
            for no in range(MOST_MATTERS)
        }
    )
    per_case = widths.mutate(j=ibis.range(_int(0), _radix(widths, MOST_MATTERS)).unnest())
    each = numbered.inner_join(per_case, numbered.case_id == per_case.width_case)
    # A choice is a number, a digit for each matter; matters beyond the last digit take the first record.
    radixes = [(each.no == no, _radix(each, no)) for no in range(MOST_MATTERS)]
    radix = ibis.cases(*radixes, else_=_int(_CHOICES))
    digit = ((each.j - each.j % radix) / radix).cast("int64") % each["size"]
    wanted = each.select(of_case=each.case_id, of_matter=each.matter, j=each.j, digit=digit)
    same = [
        candidates.case_id == wanted.of_case,
        candidates.matter == wanted.of_matter,
        candidates.place == wanted.digit,
    ]
    return candidates.inner_join(wanted, same).select("case_id", "j", "matter", "matter_rank")


def _radix(t: ir.Table, no: int) -> ir.IntegerValue:
    """How many choices the matters before number ``no`` make."""
    return reduce(mul, [t[f"n{before}"] for before in range(no)], _int(1)).cast("int64")


def _candidates(competing: ir.Table, costs: Sequence[int]) -> ir.Table:
    """(case_id, matter, matter_rank, place): the records of a matter that may be the costliest."""
    weight = ibis.coalesce(competing.amount_fen, _int(0)) * 4 + ibis.coalesce(competing.severity, 0)
    packed = weight * _RANKS + (_RANKS - 1 - competing.matter_rank.cast("int64"))
    by_cell = (
        competing.mutate(packed=packed, cost=look_up(costs, competing.cell))
        .group_by("case_id", "matter", "cell")
        .agg(packed=lambda c: c.packed.max(), cost=lambda c: c.cost.max())
    )
    by_cell = by_cell.mutate(matter_rank=_RANKS - 1 - by_cell.packed % _RANKS)
    # The costliest first: it is taken where an enterprise has more matters than are weighed together.
    costliest = [by_cell.cost.desc(), by_cell.matter_rank]
    in_matter = ibis.window(group_by=[by_cell.case_id, by_cell.matter], order_by=costliest)
    placed = by_cell.mutate(place=ibis.row_number().over(in_matter))
    return placed.filter(placed.place < MOST_CHOICES).select("case_id", "matter", "matter_rank", "place")


def of_choices(competing: ir.Table, by_choice: ir.Table) -> ir.Table:
    """The records that each choice takes, with ``j``."""
    same = [
        competing.case_id == by_choice.case_id,
        competing.matter == by_choice.matter,
        competing.matter_rank == by_choice.matter_rank,
    ]
    return competing.inner_join(by_choice, same).select(
        *(competing[column] for column in competing.columns), by_choice.j
    )


def worst_choices(
    taken: ir.Table,
    taken_parts: Sequence[Measurement],
    base: ir.Table,
    base_parts: Sequence[Measurement],
    policy: Policy,
) -> ir.Table:
    """(worst_case, worst_j): the choice of each case that gives the worst points.

    Args:
        taken: ``grouped`` by case and ``j``, with the prefix ``TAKEN``.
        taken_parts: Its parts.
        base: ``grouped`` by case over all records, with the prefix ``BASE``.
        base_parts: Its parts.
        policy: The policy.
    """
    # In this order: the result joins the other way round, and by that Ibis sees that both read one table.
    both = base.inner_join(taken, base[f"{BASE}case"] == taken[f"{TAKEN}case"])
    parts = unpacked(both, base_parts, BASE)
    chosen = unpacked(both, taken_parts, TAKEN)
    for part in taken_parts:
        parts[part.name] = together(part, parts[part.name], chosen[part.name])
    values = {
        f"v__{indicator.id}": indicators.value(parts, indicator, looked_for=True)
        for indicator in taking(policy)
    }
    valued = both.select(case_id=both[f"{TAKEN}case"], j=both[f"{TAKEN}j"], **values)
    points = [decision.points(valued, indicator).cast("int64") for indicator in taking(policy)]
    total = reduce(add, points, _int(0))
    cost = total if policy.higher_is_better else -total
    # By the number of the choice it is 64 bits wide also where nothing costs: a literal is as wide as it needs.
    keyed = valued.select("case_id", key=valued.j + cost * _CHOICES + _SHIFT)
    least = keyed.group_by(worst_case="case_id").agg(key=lambda k: k.key.min())
    return least.select("worst_case", worst_j=least.key % _CHOICES)


def chosen_records(by_choice: ir.Table, worst: ir.Table) -> ir.Table:
    """(chosen_case, chosen_matter, chosen_rank) of the records that count of their matters."""
    same = [by_choice.case_id == worst.worst_case, by_choice.j == worst.worst_j]
    return by_choice.inner_join(worst, same).select(
        chosen_case=by_choice.case_id, chosen_matter=by_choice.matter, chosen_rank=by_choice.matter_rank
    )


def _int(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, type="int64")
