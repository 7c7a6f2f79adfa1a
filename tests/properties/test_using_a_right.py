"""Using a right never worsens a result: mending, appealing, restoring, joining, reporting; under relations between records.

Each property is asked of many generated enterprises in one query, and shown to fail where records are related by
their act alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from histories import DAY
from related_histories import Past, before, finding, past_of, penalty
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


Pair = tuple[Past, Past]
"""A history, and the same where a right was used (or nothing was): the second is to be no worse."""


def mended(chance: Random, past: Past) -> Pair:
    """The same finding mended, in any of four ways, against left open."""
    days = chance.randint(45, 360)
    found = finding(chance, past, "f", days, field="transport")
    way = chance.choice(("spot", "told", "visit", "papers"))
    after = past.copy()
    if way == "spot":
        after.rows["f"]["result"] = "corrected"
    elif way == "told":
        after.rows["f"]["mended_on"] = before(days - 5)
    else:
        kind = "inspection" if way == "visit" else "mending_check"
        _check(after, found, kind, days - chance.randint(1, 40))
    return past, after


def _check(past: Past, found: dict[str, Any], kind: str, days: int) -> None:
    past.add(
        "c",
        kind=kind,
        result="no_problem",
        occasion="followup" if kind == "inspection" else None,
        field=found["field"],
        authority=found["authority"],
        occurred_on=before(days),
    )


def mended_earlier(chance: Random, past: Past) -> Pair:
    """The same finding mended earlier against later."""
    days = chance.randint(80, 360)
    found = finding(chance, past, "f", days, field="transport")
    late, early = past.copy(), past.copy()
    last = chance.randint(0, days - 2)
    _check(late, found, "mending_check", last)
    _check(early, found, "mending_check", chance.randint(last, days - 1))
    return late, early


def appealed(chance: Random, past: Past) -> Pair:
    """A penalty that was appealed against in vain, against one that nobody appealed against."""
    days = chance.randint(0, 400)
    penalty(chance, past, "p", days, final_on=None, contest="none")
    lost = before(max(0, days - chance.randint(30, 120)))
    return past, past.changed("p", contest="upheld", final_on=lost, known_on=before(days))


def ended(chance: Random, past: Past) -> Pair:
    """A record that is restored, withdrawn, annulled or masked, against the same that stands."""
    name = _adverse(chance, past)
    day = before(chance.randint(0, 20))
    change: dict[str, object] = chance.choice(
        (
            {"restored_on": day},
            {"withdrawn_on": day},
            {"masked_from": day},
            {"contest": "annulled", "known_on": past.rows[name]["known_on"]},
        )
    )
    return past, past.changed(name, **change)


def _adverse(chance: Random, past: Past) -> str:
    """Some record that speaks against the enterprise; a penalty is added where there is none."""
    names = [
        name
        for name, row in past.rows.items()
        if row["kind"] in ("administrative_penalty", "rectification_order", "inspection", "sampling_test")
        and row.get("result") in (None, "problem", "violation", "unqualified")
        and row.get("occasion") is None
        and row.get("contest") in (None, "none")
    ]
    if not names:
        penalty(chance, past, "p", chance.randint(0, 300))
        names = ["p"]
    return chance.choice(names)


def never_been(chance: Random, past: Past) -> Pair:
    """A restored penalty, against a history without it and without every adverse grade that contained it."""
    days = chance.randint(30, 400)
    own = penalty(chance, past, "p", days, restored_on=before(chance.randint(0, 20)), authority="fire")
    contained = [
        name
        for name, row in past.rows.items()
        if row["kind"] in ("public_credit_score", "industry_grade")
        and row.get("result") in ("grade_c", "grade_d")
        and own["decided_on"] <= row["decided_on"] < own["restored_on"]
    ]
    return past.without("p", *contained), past


def joined(chance: Random, past: Past) -> Pair:
    """Two records joined into one matter, against the same apart."""
    first = penalty(chance, past, "p", chance.randint(0, 300))
    finding(chance, past, "v", chance.randint(0, 300), field=first["field"])
    after = past.changed("p", matter_id="M")
    return past, after.changed("v", matter_id="M")


def reported(chance: Random, past: Past) -> Pair:
    """A self-inspection, whatever it found, against none."""
    after = past.copy()
    after.add(
        "self",
        kind="self_inspection",
        result=chance.choice(("no_problem", "corrected", "problem")),
        severity=chance.choice(("minor", "general", "serious")),
        field="food",
        occurred_on=before(chance.randint(0, 400)),
    )
    return past, after


def objected(chance: Random, past: Past) -> Pair:
    """A record under review, against the same undisputed."""
    return past, past.changed(_adverse(chance, past), contest="review")


def newer_grade(chance: Random, past: Past) -> Pair:
    """A better grade after a worse one, against the better one alone."""
    past.add("better", kind="tax_grade", field="tax", authority="t", result="grade_b", decided_on=before(20))
    after = past.copy()
    after.add("worse", kind="tax_grade", field="tax", authority="t", result="grade_d", decided_on=before(200))
    return past, after


def spelled(chance: Random, past: Past) -> Pair:
    """One decision under two names of its bureau, against it once; neither may be worse than the other."""
    once = penalty(
        chance, past, "p", chance.randint(0, 300), document_no="虚柯罚〔2026〕88号", authority="甲局"
    )
    twice = past.copy()
    twice.add("q", **{**once, "record_id": "q", "act_id": "q", "authority": "乙局"})
    return past, twice


def run_out(chance: Random, past: Past) -> Pair:
    """A record of which the publicity has ended, against the same in use."""
    return past, past.changed(_adverse(chance, past), publish_until=before(1))


def added(chance: Random, past: Past) -> Pair:
    """One more record that speaks against the enterprise, against none: the first is to be no worse."""
    after = past.copy()
    kind = chance.choice(("penalty", "finding", "order", "failed", "grade"))
    days = chance.randint(0, 300)
    if kind == "penalty":
        penalty(chance, after, "x", days)
    elif kind == "grade":
        after.add(
            "x",
            kind="industry_grade",
            field="credit",
            authority="fire",
            result="grade_d",
            decided_on=before(days),
        )
    elif kind == "order":
        after.add(
            "x",
            kind="rectification_order",
            severity="serious",
            field="food",
            authority="t",
            decided_on=before(days),
        )
    else:
        found = next((row for row in past.rows.values() if row["kind"] == "inspection"), {})
        finding(
            chance,
            after,
            "x",
            days,
            field=found.get("field") or "food",
            occasion="followup" if kind == "failed" else None,
        )
    return after, past


Made = Callable[[Random, Past], Pair]
PROPERTIES: tuple[Made, ...] = (
    mended,
    mended_earlier,
    appealed,
    ended,
    never_been,
    joined,
    reported,
    objected,
    newer_grade,
    spelled,
    run_out,
    added,
)


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


def pieces(chance: Random, past: Past) -> tuple[Past, Past, Past]:
    """A penalty and the order that it rests on: both, and each of them alone."""
    given = {"authority": "甲局", "field": "food", "decided_on": before(chance.randint(0, 200))}
    penalty(chance, past, "p", 0, document_no="虚柯罚〔2026〕88号", **given)
    severity = chance.choice(("minor", "general", "serious"))
    past.rows["p"]["basis_document_no"] = "虚柯改〔2026〕99号"
    past.add("q", kind="rectification_order", severity=severity, document_no="虚柯改〔2026〕99号", **given)
    return past, past.without("q"), past.without("p")


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
