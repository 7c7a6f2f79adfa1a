"""The shipped policies keep what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import get_args

import pytest

from scoring.entities import Colour, codes
from scoring.policy.check.checks import check_all
from scoring.policy.language.schema import MODEL, Aggregate, Limit, Select
from scoring.policy.law.applied import load_law
from scoring.policy.law.finality import FinalityProfile, finality_ids, load_finality
from scoring.policy.law.retention import longest_use, read_instrument, retention_ids
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy

QUZHOU = [load_policy(f"quzhou-demo@{day}", None) for day in ("2023-05-01", "2026-04-01")]
NAMED_GROUPS = {"合规经营", "治理信息", "资本能力", "市场表现", "自治能力"}


def test_shipped_policies_have_no_errors() -> None:
    """Every shipped policy passes its own check; warned of are the tax measure repealed in 2025, and honours."""
    assert {("repealed_meanwhile", "warning"), ("fair_competition", "warning")} == {
        (finding.code, finding.severity) for finding in check_all()
    }


def _ids(rules: Sequence[Limit]) -> list[str]:
    return [rule.id for rule in rules]


@pytest.mark.parametrize("version", QUZHOU, ids=lambda v: v.policy.version)
def test_quzhou_has_what_the_plan_asks(version: ResolvedPolicy) -> None:
    """At least 24 indicators in eight groups, five of them as published, with gates, caps, vetoes and all four colours."""
    policy = version.policy
    giving = [indicator for indicator in policy.indicators if any(indicator.points_by_value)]
    first_level = [group.label.zh for group in policy.groups if group.within is None]
    assert (True, 8, True) == (len(giving) >= 24, len(first_level), set(first_level) >= NAMED_GROUPS)
    assert (True, True, True) == (bool(policy.gates), bool(policy.caps), bool(policy.vetoes))
    assert list(Colour) == [band.colour for band in policy.bands]
    assert set(policy.supervision) == {band.id for band in policy.bands}


@pytest.mark.parametrize("version", QUZHOU, ids=lambda v: v.policy.version)
def test_quzhou_names_its_origin(version: ResolvedPolicy) -> None:
    """Both versions name the plan of 2021-04-12, marked as not law, and say that they demonstrate."""
    policy = version.policy
    origin = policy.cited((str(policy.origin),))[0]
    assert ("衢政办发〔2021〕7号", date(2021, 4, 12), "not_law") == (
        origin.document,
        origin.issued_on,
        origin.tag,
    )
    assert policy.note is not None
    assert [True, True] == [words in policy.note.zh for words in ("演示", "本演示自定")]


@pytest.mark.parametrize("version", QUZHOU, ids=lambda v: v.policy.version)
def test_public_sees_the_colour_alone(version: ResolvedPolicy) -> None:
    """The least is shown by default: the public sees no points, reasons or records."""
    public = version.policy.audiences["public"]
    assert (True, False, False, False) == (public.colour, public.points, public.reasons, public.records)


@pytest.mark.parametrize("version", QUZHOU, ids=lambda v: v.policy.version)
def test_every_aggregate_is_used(version: ResolvedPolicy) -> None:
    """The demonstration exercises the closed set of aggregates over records, and branches; shares are for policies without relations.

    Means, least and last but one values are for models: none may be adverse.
    """
    indicators = version.policy.indicators
    assert set(get_args(Aggregate)) - {MODEL, "share", "previous", "min", "mean"} == {
        indicator.aggregate for indicator in indicators
    }
    assert True is any(indicator.select.scope == ("branch",) for indicator in indicators)


def test_the_change_of_law_shows() -> None:
    """Order 58 let penalties count for three years; Order 36 ends minor ones at three months and general ones at one year."""
    uses, cited = [], []
    for version in QUZHOU:
        policy = version.policy
        uses.append([_days_of_use(version, gravity) for gravity in ("minor", "general", "serious")])
        cited.append({entry.instrument for entry in policy.legal} & {"ndrc58", "ndrc36", "mem11"})
        by_field = [given for given in policy.indicators if given.id.endswith("_penalties") and given.weights]
        # how long a penalty counts is for the law alone: no indicator looks back less
        assert [1095] * 5 == [given.window_days for given in by_field]
    assert [[1095, 1095, 1095], [89, 365, 1095]] == uses
    assert [{"ndrc58"}, {"ndrc36", "mem11"}] == cited


def _days_of_use(version: ResolvedPolicy, gravity: str) -> int | None:
    """For how long a penalty may be used on the first day of a version."""
    select = Select(kind=("administrative_penalty",), severity=(gravity,))
    longest = longest_use(select, version.policy.valid_from, load_law(version.policy.finality).instruments)
    return longest.days if longest else None


def test_each_version_would_be_refused_in_the_other_s_time() -> None:
    """Neither version cites only documents that were in force on the other's first day."""
    days = [date(2026, 4, 1), date(2023, 5, 1)]
    stale = []
    for version, day in zip(QUZHOU, days, strict=True):
        entries = [
            (entry.effective_on or entry.issued_on, entry.repealed_on) for entry in version.policy.legal
        ]
        stale.append(any(begins > day or (ends or date.max) <= day for begins, ends in entries))
    assert [True, True] == stale


def test_vetoes_rest_on_lists() -> None:
    """Work-safety listings fix a band only since Order 11 is in force; before, they cap."""
    before, after = (_ids(version.policy.vetoes) for version in QUZHOU)
    assert ["serious_violation", "wage_arrears"] == before
    assert [*before, "work_safety"] == after


@pytest.mark.parametrize("version", list_policies(), ids=lambda v: f"{v.policy.id}@{v.policy.version}")
def test_remedies_are_in_both_languages(version: ResolvedPolicy) -> None:
    """Every adverse indicator tells the enterprise what it can do."""
    adverse = [given for given in version.policy.indicators if given.direction == "adverse"]
    assert [] == [indicator.id for indicator in adverse if indicator.remedy is None]


@pytest.mark.parametrize("profile", list(map(load_finality, finality_ids())), ids=lambda profile: profile.id)
def test_finality_profiles_use_the_closed_lists(profile: FinalityProfile) -> None:
    """A profile places every state of contest exactly once and names kinds that exist."""
    states = [*profile.presumed_contests, *profile.held_contests, *profile.void_contests]
    assert sorted(codes()["contests"]) == sorted(states)
    assert set() == set(profile.kinds) - set(codes()["kinds"])


@pytest.mark.parametrize(
    ("select", "day", "days"),
    [
        ({"kind": ("administrative_penalty",), "severity": ("minor",)}, date(2026, 4, 1), 89),
        ({"kind": ("administrative_penalty",), "severity": ("minor",)}, date(2026, 3, 31), 1095),
        (
            {"kind": ("administrative_penalty",), "severity": ("minor",), "field": ("food",)},
            date(2026, 3, 31),
            89,
        ),
        ({"kind": ("administrative_penalty",)}, date(2026, 4, 1), 1095),
        ({"kind": ("administrative_penalty",), "info_class": ("general",)}, date(2026, 4, 1), 365),
        ({"kind": ("judgment_default",)}, date(2026, 4, 1), 730),
        ({"kind": ("complaint",)}, date(2026, 4, 1), 1826),
        ({"kind": ("complaint",)}, date(2010, 1, 1), None),
    ],
)
def test_longest_use(select: dict[str, tuple[str, ...]], day: date, days: int | None) -> None:
    """The longest lawful use follows the kind, the class and the law of the day."""
    longest = longest_use(Select.model_validate(select), day, load_law("zhejiang-11").instruments)
    assert days == (longest.days if longest else None)


@pytest.mark.parametrize("name", retention_ids())
def test_instruments_use_the_closed_lists(name: str) -> None:
    """Rules of use and restoration speak of kinds and fields that exist, and say how sure each figure is."""
    rules = [*read_instrument(name).use, *read_instrument(name).exit]
    for rule in rules:
        assert set(codes()["kinds"]) >= set(rule.kinds)
        assert set(codes()["fields"]) >= set(rule.fields or ())
    ids = [rule.id for rule in rules]
    assert len(set(ids)) == len(ids)


def test_every_instrument_is_applied() -> None:
    """No file of law lies idle: the Zhejiang profile applies them all, and the schemes of others apply none."""
    assert set(retention_ids()) == set(load_finality("zhejiang-11").retention)
    assert () == load_finality("at-once").retention
