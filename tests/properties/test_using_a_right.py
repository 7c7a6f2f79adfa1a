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
from itertools import count
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from histories import DAY
from related_histories import Past, past_of
from rights import PROPERTIES, Made, Pair, appealed, mended, never_been, newer_grade, pieces, spelled
from worlds import ALL_KINDS, World, bands, indicator, make_policy, per_unit, version_of

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import cluster_versions

ENTERPRISES = int(os.environ.get("SISE_RIGHTS", "400"))
"""Histories of each property; a campaign sets a greater number."""
TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
Totals = list[int | None]
"""Points before they are clipped, by history; ``None``: not rated."""


def related_policies() -> list[ResolvedPolicy]:
    """Shipped policies with a set of relations."""
    return [version for version in list_policies() if version.law.relations is not None]


def played(world: World, version: ResolvedPolicy, pasts: Sequence[Past], day: date = DAY) -> Totals:
    """Total points of each history on a day, of all in one query."""
    numbers = count(1)
    ids = [f"e{number:06}" for number in range(len(pasts))]
    firm = {"entity_type": version.policy.subjects[0], "status": "active", "created": False}
    firms = [{"enterprise_id": e, "name": e, "seq": next(numbers), **firm} for e in ids]
    rows: list[dict[str, Any]] = []
    for enterprise_id, past in zip(ids, pasts, strict=True):
        for row in past.rows.values():
            names = {name: f"{enterprise_id}.{row[name]}" for name in ("record_id", "act_id")}
            if row.get("refers_to"):
                names["refers_to"] = f"{enterprise_id}.{row['refers_to']}"
            rows.append({**row, **names, "enterprise_id": enterprise_id, "seq": next(numbers)})
    tables = [
        pa.Table.from_pylist(given, schema=_schema(columns, more))
        for given, columns, more in (
            (firms, dict(ENTERPRISE_COLUMNS), {"created": pa.bool_()}),
            (rows, dict(RECORD_COLUMNS), {}),
        )
    ]
    cluster_versions([tables[0]], [tables[1]], ALL_KINDS, world.folder, relations=version.law.relations)
    wide = next(iter(world.engine.batch(version, day, ALL_KINDS, world.tables, [("", "\U0010ffff")])))
    totals = {
        row["enterprise_id"]: row for row in wide.select(["enterprise_id", "total", "gate"]).to_pylist()
    }
    return [totals[e]["total"] if totals[e]["gate"] is None else None for e in ids]


def _schema(columns: dict[str, Any], more: dict[str, pa.DataType]) -> pa.Schema:
    return pa.schema([("seq", pa.int64()), *((n, TYPES[k]) for n, k in columns.items()), *more.items()])


def pairs_of(made: Made, number: int) -> list[Pair]:
    """So many pairs of histories."""
    return [made(Random(seed), past_of(seed)) for seed in range(number)]


def worse(world: World, version: ResolvedPolicy, pairs: Sequence[Pair]) -> list[int]:
    """Numbers of the pairs of which the second is worse; results that are not rated are not compared."""
    sign = 1 if version.policy.higher_is_better else -1
    first = played(world, version, [pair[0] for pair in pairs])
    second = played(world, version, [pair[1] for pair in pairs])
    return [
        number
        for number, (one, other) in enumerate(zip(first, second, strict=True))
        if one is not None and other is not None and sign * other < sign * one
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
    pairs = pairs_of(made, ENTERPRISES)
    assert [] == worse(stage, some_policy(), pairs)
    for version in related_policies():
        assert [] == worse(stage, version, pairs), version.policy.id


@pytest.mark.parametrize("made", [mended, never_been, newer_grade, spelled])
def test_by_the_act_alone_it_costs(stage: World, made: Made) -> None:
    """A demonstration that relates records by their act alone fails: the property can fail at all."""
    by_act = load_policy("quzhou-demo@2026-07-01", None)
    assert worse(stage, by_act, pairs_of(made, ENTERPRISES))


def test_appealing_in_vain_costs_where_finality_does_not_wait(stage: World) -> None:
    """Without the waiting of the profile of finality, who appeals in vain is worse off in some history."""
    version = some_policy()
    hasty = version.law.finality.model_copy(update={"no_sooner_contests": ()})
    before_mending = replace(version, law=replace(version.law, finality=hasty))
    assert worse(stage, before_mending, pairs_of(appealed, ENTERPRISES))


def test_a_matter_in_pieces_is_its_costliest_piece(stage: World) -> None:
    """A matter that is reported in two pieces gives the points of the one that costs more, reported once."""
    histories = [pieces(Random(seed), past_of(seed)) for seed in range(ENTERPRISES)]
    for version in (some_policy(), *related_policies()):
        together, first, second = (
            played(stage, version, list(pasts)) for pasts in zip(*histories, strict=True)
        )
        lowest = [None if None in pair else min(pair) for pair in zip(first, second, strict=True)]
        assert lowest == together


def test_every_relation_is_in_the_histories() -> None:
    """Each relation is in at least one in twenty of the histories."""
    relations = Counter(name for seed in range(ENTERPRISES) for name in past_of(seed).relations)
    print({name: f"{100 * n / ENTERPRISES:.1f} %" for name, n in sorted(relations.items())})
    assert {"rechecked", "matter", "twice", "graded", "voiding", "reported"} == set(relations)
    assert all(20 * n >= ENTERPRISES for n in relations.values())
