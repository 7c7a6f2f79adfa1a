"""Using a right never worsens a result: mending, appealing, restoring, joining, reporting; under relations between records.

Each property is asked of many generated enterprises in one query, and shown to fail where records are related by
their act alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from histories import DAY
from linked_pasts import link_pasts
from related_histories import Past, past_of
from rights import PROPERTIES, Made, Pair, appealed, mended, never_been, newer_grade, pieces, spelled
from worlds import ALL_KINDS, World, bands, indicator, make_policy, per_unit, version_of

from benchmarks.peers import JULY
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy

ENTERPRISES = int(os.environ.get("SISE_RIGHTS", "400"))
"""Histories of each property; a campaign sets a greater number."""
SAMPLE = 1_000
"""Up to so many histories the policies asked are a sample too."""
MOST_OF_A_MATTER = 4
"""Pasts of one matter: together, and each of up to three records alone."""
Totals = list[tuple[int, int] | None]
"""Points before they are clipped and number of the band (0 is best), by history; ``None``: not rated."""


def related_policies() -> list[ResolvedPolicy]:
    """Shipped policies with a set of relations; of a small sample the newest of each way to score alone."""
    if ENTERPRISES <= SAMPLE:
        return [load_policy("quzhou-demo", None), load_policy("quzhou-sectors", None)]
    return [version for version in list_policies() if version.law.relations is not None]


def played(
    world: World, versions: Sequence[ResolvedPolicy], pasts: Sequence[Past], day: date = DAY
) -> list[Totals]:
    """By policy the total points of each history on a day; records are linked once, as all relate them alike."""
    assert 1 == len({version.policy.relations for version in versions})
    ids = link_pasts(world, versions[0].law.relations, pasts)
    return [_totals(world, version, ids, day) for version in versions]


def _totals(world: World, version: ResolvedPolicy, ids: Sequence[str], day: date) -> Totals:
    """Points of each enterprise; a band below the one of its points counts as points below those of the band."""
    columns = ("enterprise_id", "total", "gate", "band_no")
    wide = next(
        iter(world.engine.batch(version, day, ALL_KINDS, world.tables, [("", "\U0010ffff")], columns))
    )
    rows = {row["enterprise_id"]: row for row in wide.to_pylist()}
    return [(rows[e]["total"], rows[e]["band_no"]) if rows[e]["gate"] is None else None for e in ids]


def pairs_of(made: Made, number: int) -> list[Pair]:
    """So many pairs of histories."""
    return [made(Random(seed), past_of(seed)) for seed in range(number)]


def worse(world: World, versions: Sequence[ResolvedPolicy], pairs: Sequence[Pair]) -> list[list[int]]:
    """By policy the numbers of the pairs of which the second is worse, in points or in its band.

    Results that are not rated are not compared.
    """
    firsts = played(world, versions, [pair[0] for pair in pairs])
    seconds = played(world, versions, [pair[1] for pair in pairs])
    return [_worse(*of_version) for of_version in zip(versions, firsts, seconds, strict=True)]


def worst_of(version: ResolvedPolicy, totals: Sequence[tuple[int, int]]) -> int:
    """The worst points."""
    return (min if version.policy.higher_is_better else max)(points for points, _band in totals)


def _worse(version: ResolvedPolicy, firsts: Totals, seconds: Totals) -> list[int]:
    sign = 1 if version.policy.higher_is_better else -1
    rated = enumerate(zip(firsts, seconds, strict=True))
    return [
        number
        for number, (one, other) in rated
        if one is not None and other is not None and (sign * other[0] < sign * one[0] or other[1] > one[1])
    ]


def some_policy(relations: str | None = "enforcement-2026") -> ResolvedPolicy:
    """A policy of some indicators, which tell open from mended findings where it has relations."""
    state = {"state": ["open"]} if relations else {}
    problems = {"result": ["problem", "violation", "unqualified"]}
    weighed = {"aggregate": "weighted_count", "age_weights": [[180, 100], [365, 60]]}
    final = {"finality": "zhejiang-11", "relations": relations}
    return version_of(
        make_policy(
            adverse("open", ["inspection", "sampling_test"], 25, select={**problems, **state}),
            adverse("orders", ["rectification_order"], 15, aggregate="max", of="severity"),
            adverse("minor", ["administrative_penalty"], 10, select={"severity": ["minor"]}, window_days=89),
            adverse("general", ["administrative_penalty"], 60, select={"severity": ["general"]}, **weighed),
            adverse("serious", ["administrative_penalty"], 90, select={"severity": ["serious"]}),
            adverse("bad_grade", ["tax_grade", "environment_grade"], 20, select={"result": ["grade_d"]}),
            adverse(
                "bad_score",
                ["public_credit_score", "industry_grade"],
                30,
                select={"result": ["grade_c", "grade_d"]},
            ),
            adverse("complaints", ["complaint"], 10, select={"result": ["substantiated"]}),
            indicator(
                "clean",
                kind="inspection",
                select={"result": ["no_problem"]},
                direction="favourable",
                bins=per_unit(0, 5),
            ),
            scale={"base": 0, "low": -100_000, "high": 100_000},
            bands=bands(("A", 1), ("B", 0), ("C", -100), ("D", -100_000)),
            **final,
        )
    )


def adverse(name: str, kinds: list[str], points: int, **changes: Any) -> dict[str, Any]:
    """An indicator that takes points for one and more for two."""
    of_severity = changes.get("aggregate") == "max"
    steps = (
        per_unit(0, -points, -points * 3 // 2)
        if not of_severity
        else per_unit(0, -points, -2 * points, -3 * points)
    )
    hundred = changes.get("aggregate") == "weighted_count"
    bins = [{**step, "upto": step["upto"] * 100} if hundred and "upto" in step else step for step in steps]
    return indicator(name, kind=kinds, direction="adverse", bins=bins, **changes)


@pytest.mark.parametrize("made", PROPERTIES)
def test_using_a_right_never_costs(stage: World, made: Made) -> None:
    """Of no pair is the second worse."""
    versions = [some_policy(), *related_policies()]
    of_versions = worse(stage, versions, pairs_of(made, ENTERPRISES))
    named = [f"{version.policy.id}@{version.policy.version}" for version in versions]
    assert {name: [] for name in named} == dict(zip(named, of_versions, strict=True))


@pytest.mark.parametrize("made", [mended, never_been, newer_grade, spelled])
def test_by_the_act_alone_it_costs(stage: World, made: Made) -> None:
    """A demonstration that relates records by their act alone fails: the property can fail at all."""
    by_act = load_policy(JULY, None)
    assert worse(stage, [by_act], pairs_of(made, ENTERPRISES))[0]


def test_appealing_in_vain_costs_where_finality_does_not_wait(stage: World) -> None:
    """Without the waiting of the profile of finality, who appeals in vain is worse off in some history."""
    version = some_policy()
    hasty = version.law.finality.model_copy(update={"no_sooner_contests": ()})
    before_mending = replace(version, law=replace(version.law, finality=hasty))
    assert worse(stage, [before_mending], pairs_of(appealed, ENTERPRISES))[0]


@pytest.mark.parametrize("standing", [True, False])
def test_a_matter_in_pieces_is_its_costliest_piece(stage: World, standing: bool) -> None:
    """A matter that is reported in two or three pieces gives the points of the one that costs most, reported once.

    Where one of them has ended or was carried out, what rests on the same facts ends with it: it never costs more.
    """
    histories = [pieces(Random(seed), past_of(seed), standing=standing) for seed in range(ENTERPRISES)]
    versions = [some_policy(), *related_policies()]
    # Of two pieces the last one stands twice, so that all histories are equally long.
    columns = zip(*((*history, history[-1])[:MOST_OF_A_MATTER] for history in histories), strict=True)
    of_columns = [played(stage, versions, pasts) for pasts in columns]
    for version, *totals in zip(versions, *of_columns, strict=True):
        of_histories = enumerate(zip(*totals, strict=True))
        rated = {number: row for number, row in of_histories if None not in row}
        assert len(rated) > ENTERPRISES // 100
        sign = 1 if version.policy.higher_is_better else -1
        more = {number: sign * (row[0][0] - worst_of(version, row[1:])) for number, row in rated.items()}
        wrong = {number: (change, rated[number]) for number, change in more.items() if change < 0}
        assert {} == wrong, version.policy.id
        if standing:
            assert {} == {n: (change, rated[n]) for n, change in more.items() if change}, version.policy.id


def test_every_relation_is_in_the_histories() -> None:
    """Each relation is in at least one in twenty of the histories."""
    relations = Counter(name for seed in range(ENTERPRISES) for name in past_of(seed).relations)
    print({name: f"{100 * n / ENTERPRISES:.1f} %" for name, n in sorted(relations.items())})
    assert {"rechecked", "matter", "twice", "graded", "voiding", "reported"} == set(relations)
    assert all(20 * n >= ENTERPRISES for n in relations.values())
