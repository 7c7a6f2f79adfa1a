"""The newest version of the demonstration policy, the tiers by sector, and other people's schemes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, product

import pytest

from scoring.entities import codes
from scoring.policy.language.schema import Indicator
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy

FIRST = load_policy("quzhou-demo@2023-05-01", None)
FULL = load_policy("quzhou-demo@2026-04-01", None)
TIERS = load_policy("quzhou-sectors@2026-07-01", None)
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
FINDINGS = {"problem", "violation", "corrected", "not_published", "concealed"}
FAVOURABLE = {"annual_report_recency", "honours", "self_inspections", "fulfilments", "clean_visits"}
NAMED_GROUPS = {"合规经营", "治理信息", "资本能力", "市场表现", "自治能力"}


def test_full_policy_has_as_many_as_published() -> None:
    """8 first-level groups, 19 second-level ones and 61 indicators, each in a second-level group, five groups as published."""
    groups = FULL.policy.groups
    tops = [group for group in groups if group.within is None]
    inner = [group for group in groups if group.within is not None]
    assert (8, 19, 61) == (len(tops), len(inner), len(FULL.policy.indicators))
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


def test_no_finding_counts_twice() -> None:
    """Each finding of a visit costs in the indicator of its field and no other; there is no share of visits besides."""
    of_visits = [
        given
        for given in FULL.policy.indicators
        if given.direction == "adverse" and "inspection" in given.select.kind
    ]
    assert {"weighted_count"} == {given.aggregate for given in of_visits}
    for result, field in product(FINDINGS, [*codes()["fields"], None]):
        assert 1 == len(_seeing(of_visits, result=result, field=field)), (result, field)
    for result in set(codes()["results"]) - FINDINGS:
        assert [] == _seeing(of_visits, result=result), result


def _seeing(indicators: Iterable[Indicator], **codes_by_column: str | None) -> list[str]:
    """Indicators that look at a record with these codes."""
    return [
        given.id
        for given in indicators
        if all(given.select.takes(column, code) for column, code in codes_by_column.items())  # type: ignore[arg-type]
    ]


def test_every_penalty_counts_in_one_field() -> None:
    """A penalty counts by its gravity in the indicator of related fields that its own is of, and in no other."""
    counted = [given for given in FULL.policy.indicators if given.weights and given.id.endswith("_penalties")]
    assert 5 == len(counted)
    for field in (*codes()["fields"], None):
        assert 1 == len(_seeing(counted, field=field)), field
    for indicator in counted:
        assert indicator.weights is not None
        by_gravity = {
            code: row.percent for row in indicator.weights for code in row.severity or () if not row.state
        }
        assert {"serious": 100, "general": 40, "unknown": 40, "minor": 10} == by_gravity


def test_a_version_says_only_what_the_law_changed() -> None:
    """Of the first version no indicator counts or gives points otherwise in the next, so that both can be compared."""
    cited = {"label", "remedy", "legal"}
    first = [indicator.model_dump(exclude=cited) for indicator in FIRST.policy.indicators]
    assert first == [indicator.model_dump(exclude=cited) for indicator in FULL.policy.indicators]
    assert FIRST.policy.bands == FULL.policy.bands
    assert len(FULL.text) < len(FIRST.text) / 10


def test_derived_grades_give_no_points() -> None:
    """Grades that are made of other records are shown and neither give points nor decide anything."""
    kinds = {"tax_grade", "environment_grade", "industry_grade", "public_credit_score"}
    rules = (*FULL.policy.gates, *FULL.policy.caps, *FULL.policy.vetoes)
    tested = {condition.indicator for rule in rules for condition in (*rule.all, *rule.any)}
    derived = [given for given in FULL.policy.indicators if kinds & set(given.select.kind)]
    counting = [given.id for given in derived if any(given.points_by_value)]
    deciding = [given.id for given in derived if given.id in tested and given.aggregate == "latest"]
    assert ([], []) == (counting, deciding)
    assert kinds == set(chain.from_iterable(given.select.kind for given in derived)) & kinds


def test_favourable_indicators_say_how_to_keep_them() -> None:
    """Whoever may lose points when a good record lapses is told what prevents it."""
    favourable = [given for given in FULL.policy.indicators if given.direction == "favourable"]
    silent = [indicator.id for indicator in favourable if indicator.remedy is None]
    assert (FAVOURABLE, []) == ({indicator.id for indicator in favourable}, silent)


@pytest.mark.parametrize("version", SECTORS, ids=lambda v: v.policy.id)
def test_sectors_say_only_whom_they_are_about(version: ResolvedPolicy) -> None:
    """A sector's policy is the table of tiers but for its name and one gate, which leaves other trades out."""
    differing = {
        name
        for name in type(version.policy).model_fields
        if getattr(version.policy, name) != getattr(TIERS.policy, name)
    }
    assert {"id", "title", "note", "gates"} == differing
    *others, gate = version.policy.gates
    assert list(TIERS.policy.gates) == others
    assert ("other_industry", True) == (gate.id, bool(gate.any[0].outside))


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
