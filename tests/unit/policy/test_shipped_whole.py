"""The July version of the demonstration policy, the sector policies that extend it, and other people's schemes."""

from __future__ import annotations

from itertools import chain, product

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
    tops = [group for group in groups if group.within is None]
    inner = [group for group in groups if group.within is not None]
    assert (8, 19, 49) == (len(tops), len(inner), len(FULL.policy.indicators))
    assert {group.id for group in tops} == {group.within for group in inner}
    assert {group.id for group in inner} == {indicator.group for indicator in FULL.policy.indicators}
    assert {group.label.zh for group in tops} > NAMED_GROUPS


def test_full_policy_sees_what_the_plan_names() -> None:
    """Every supervision field and every kind of record that the plan names is selected; utilities are not."""
    selects = [indicator.select for indicator in FULL.policy.indicators]
    kinds = set(chain.from_iterable(select.kind for select in selects))
    fields = set(chain.from_iterable(select.field or () for select in selects))
    assert set() == PLAN_FIELDS - fields
    assert (set(), set()) == (PLAN_KINDS - kinds, kinds & {"utility_arrears", "commitment"})


@pytest.mark.parametrize("version", [FULL, *SECTORS], ids=lambda v: v.policy.id)
def test_no_visit_counts_twice(version: ResolvedPolicy) -> None:
    """Every problem of a visit, in every field, lowers points in at most one indicator."""
    adverse = [given.select for given in version.policy.indicators if given.direction == "adverse"]
    of_visits = [select for select in adverse if "inspection" in select.kind]
    twice = []
    for result, field in product(codes()["results"], codes()["fields"]):
        seeing = [
            select for select in of_visits if select.takes("result", result) and select.takes("field", field)
        ]
        if len(seeing) > 1:
            twice.append((result, field))
    assert [] == twice


def test_penalties_never_count_by_field() -> None:
    """A penalty counts by its gravity; no indicator takes it again for the field it was imposed in."""
    of_penalties = [
        given for given in FULL.policy.indicators if "administrative_penalty" in given.select.kind
    ]
    assert {None} == {indicator.select.field for indicator in of_penalties}
    counted = [indicator for indicator in of_penalties if indicator.aggregate == "weighted_count"]
    gravities = [indicator.select.severity for indicator in counted]
    assert [("minor",), ("general",), ("serious",)] == gravities


def test_weights_stay_where_indicators_stay() -> None:
    """Of the April version only honours give other points, so that moving to July can be simulated."""
    april = {indicator.id: indicator.bins for indicator in APRIL.policy.indicators}
    kept = [indicator for indicator in FULL.policy.indicators if indicator.id in april]
    assert {"honours"} == {indicator.id for indicator in kept if indicator.bins != april[indicator.id]}


def test_favourable_indicators_say_how_to_keep_them() -> None:
    """Whoever may lose points when a good record lapses is told what prevents it."""
    favourable = [given for given in FULL.policy.indicators if given.direction == "favourable"]
    silent = [indicator.id for indicator in favourable if indicator.remedy is None]
    assert (True, []) == (len(favourable) >= 7, silent)


@pytest.mark.parametrize("version", SECTORS, ids=lambda v: v.policy.id)
def test_sectors_hold_only_what_differs(version: ResolvedPolicy) -> None:
    """A sector's file is less than a tenth of the whole, repeats nothing, and rates its own trades alone."""
    assert len(version.text) < len(FULL.text) / 10
    same = [indicator.id for indicator in version.policy.indicators if indicator in FULL.policy.indicators]
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
