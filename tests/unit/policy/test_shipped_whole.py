"""The July version of the demonstration policy, the sector policies that extend it, and other people's schemes."""

from __future__ import annotations

import pytest

from scoring.entities import codes
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy

APRIL = load_policy("quzhou-demo@2026-04-01", None)
FULL = load_policy("quzhou-demo@2026-07-01", None)
TRADES = ("food", "construction", "transport", "culture-tourism", "science-technology")
SECTORS = [load_policy(f"quzhou-{trade}@2026-07-01", None) for trade in TRADES]
SCHEMES = [load_policy(name, None) for name in ("food-risk-2016", "uk-fhrs", "nyc-grades")]
PLAN_FIELDS = {
    "food",
    "drugs",
    "medical_devices",
    "special_equipment",
    "public_health",
    "medical_insurance",
    "environment",
    "hazardous_chemicals",
    "work_safety",
    "labour",
    "transport",
    "ip",
    "finance",
}
PLAN_KINDS = {
    "inspection",
    "sampling_test",
    "administrative_penalty",
    "tax_grade",
    "tax_arrears",
    "social_insurance_arrears",
    "public_credit_score",
    "industry_grade",
    "commitment_breach",
    "self_inspection",
    "complaint",
    "monitoring_alarm",
    "honour",
    "fulfilment",
    "accident",
}
NAMED_GROUPS = {"合规经营", "治理信息", "资本能力", "市场表现", "自治能力"}


def test_full_policy_has_as_many_as_published() -> None:
    """8 first-level groups, 19 second-level ones and 49 indicators, each in a second-level group, five groups as published."""
    groups = FULL.policy.groups
    tops, subs = [g for g in groups if g.within is None], [g for g in groups if g.within is not None]
    assert (8, 19, 49) == (len(tops), len(subs), len(FULL.policy.indicators))
    assert {g.id for g in tops} == {g.within for g in subs}
    assert {g.id for g in subs} == {i.group for i in FULL.policy.indicators}
    assert {g.label.zh for g in tops} > NAMED_GROUPS


def test_full_policy_sees_what_the_plan_names() -> None:
    """Every supervision field and every kind of record that the plan names is selected; utilities are not."""
    selects = [i.select for i in FULL.policy.indicators]
    kinds = {kind for s in selects for kind in s.kind}
    assert set() == PLAN_FIELDS - {field for s in selects for field in s.field or ()}
    assert (set(), set()) == (PLAN_KINDS - kinds, kinds & {"utility_arrears", "commitment"})


@pytest.mark.parametrize("version", [FULL, *SECTORS], ids=lambda v: v.policy.id)
def test_no_visit_counts_twice(version: ResolvedPolicy) -> None:
    """Every problem of a visit, in every field, lowers points in at most one indicator."""
    adverse = [
        i.select
        for i in version.policy.indicators
        if i.direction == "adverse" and "inspection" in i.select.kind
    ]
    twice = [
        (result, field)
        for result in codes()["results"]
        for field in codes()["fields"]
        if sum(result in (s.result or (result,)) and field in (s.field or (field,)) for s in adverse) > 1
    ]
    assert [] == twice


def test_penalties_never_count_by_field() -> None:
    """A penalty counts by its gravity; no indicator takes it again for the field it was imposed in."""
    selects = [i.select for i in FULL.policy.indicators if "administrative_penalty" in i.select.kind]
    assert {None} == {s.field for s in selects}
    assert [("minor",), ("general",), ("serious",)] == [
        i.select.severity
        for i in FULL.policy.indicators
        if i.aggregate == "weighted_count" and "administrative_penalty" in i.select.kind
    ]


def test_weights_stay_where_indicators_stay() -> None:
    """Of the April version only honours give other points, so that moving to July can be simulated."""
    april = {i.id: i.bins for i in APRIL.policy.indicators}
    assert {"honours"} == {i.id for i in FULL.policy.indicators if i.id in april and i.bins != april[i.id]}


def test_favourable_indicators_say_how_to_keep_them() -> None:
    """Whoever may lose points when a good record lapses is told what prevents it."""
    favourable = [i for i in FULL.policy.indicators if i.direction == "favourable"]
    assert (True, []) == (len(favourable) >= 7, [i.id for i in favourable if i.remedy is None])


@pytest.mark.parametrize("version", SECTORS, ids=lambda v: v.policy.id)
def test_sectors_hold_only_what_differs(version: ResolvedPolicy) -> None:
    """A sector's file is less than a tenth of the whole, repeats nothing, and rates its own trades alone."""
    assert len(version.text) < len(FULL.text) / 10
    same = {i.id for i in FULL.policy.indicators} & {
        i.id for i in version.policy.indicators if i in FULL.policy.indicators
    }
    assert [] == [name for name in same if f'\nid = "{name}"' in version.text]
    gate = version.policy.gates[-1]
    assert ("other_industry", True) == (gate.id, bool(gate.any[0].outside))
    assert FULL.policy.bands == version.policy.bands


@pytest.mark.parametrize("version", SCHEMES, ids=lambda v: v.policy.id)
def test_schemes_say_what_is_not_confirmed(version: ResolvedPolicy) -> None:
    """A scheme counts at once, names its source with a tag, shows nothing to the public and says what was not read."""
    policy = version.policy
    public = policy.audiences["public"]
    assert ("at-once", False, True) == (
        policy.finality,
        public.colour or public.points,
        policy.origin is not None,
    )
    assert {"found", "recalled"} >= {entry.tag for entry in policy.legal}
    assert (True, True) == ("recalled" in version.text, policy.note is not None and "演示" in policy.note.zh)
