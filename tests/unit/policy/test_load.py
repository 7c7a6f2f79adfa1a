"""Which version of a policy is loaded on which day."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from reviews import reviews

from scoring.errors import PolicyError, PolicyNotInForceError
from scoring.policy import load
from scoring.policy.law.finality import load_finality
from scoring.policy.law.register import Register, RegisteredVersion, Reviewed
from scoring.policy.load import list_policies, load_policy
from scoring.rules import POLICIES

STRICTER = Path(__file__).resolve().parents[2] / "drafts" / "stricter.toml"


@pytest.mark.parametrize(
    ("ref", "as_of", "version"),
    [
        ("quzhou-demo", date(2023, 5, 1), "2023-05-01"),
        ("quzhou-demo", date(2026, 3, 31), "2023-05-01"),
        ("quzhou-demo", date(2026, 4, 1), "2026-04-01"),
        ("quzhou-demo", date(2026, 6, 30), "2026-04-01"),
        ("quzhou-demo", None, "2026-04-01"),
        ("quzhou-sectors", date(2026, 7, 1), "2026-07-01"),
        (str(STRICTER), date(2026, 7, 1), "2026-07-01"),
        ("quzhou-demo@2023-05-01", date(2026, 6, 30), "2023-05-01"),
        ("quzhou-demo@2026-04-01", None, "2026-04-01"),
        (str(POLICIES / "quzhou-demo" / "2023-05-01.toml"), date(2024, 1, 1), "2023-05-01"),
        ("food-demo", date(2014, 12, 31), "2010-01-01"),
    ],
)
def test_version_of_a_day(ref: str, as_of: date | None, version: str) -> None:
    """A policy's newest version of the day is taken, or the one that is named."""
    assert version == load_policy(ref, as_of).policy.version


@pytest.mark.parametrize(
    ("ref", "as_of", "named"),
    [
        ("quzhou-demo", date(2023, 4, 30), ["2023-05-01"]),
        ("quzhou-demo@2026-04-01", date(2024, 1, 1), ["2023-05-01", "2026-04-01"]),
        (str(POLICIES / "food-demo" / "2010-01-01.toml"), date(2009, 12, 31), ["2010-01-01"]),
    ],
)
def test_not_in_force_names_the_nearest(ref: str, as_of: date, named: list[str]) -> None:
    """A day without a version in force gives an error that names the nearest ones."""
    with pytest.raises(PolicyNotInForceError) as caught:
        load_policy(ref, as_of)
    for day in named:
        assert day in caught.value.zh
        assert day in caught.value.en


@pytest.mark.parametrize(
    ("ref", "word"),
    [
        ("quzhou-dmo", "quzhou-demo"),
        ("", "food-demo"),
        ("../quzhou-demo", "quzhou-demo"),
        ("quzhou-demo@2025-01-01", "quzhou-demo@2026-04-01"),
    ],
)
def test_unknown_name_suggests_one(ref: str, word: str) -> None:
    """A misspelt policy or version is answered with the known ones."""
    with pytest.raises(PolicyError) as caught:
        load_policy(ref, date(2026, 6, 30))
    assert word in caught.value.en


def test_unsound_draft_is_refused() -> None:
    """A draft whose bands leave a gap is refused before it scores anybody, with its line."""
    path = Path(__file__).resolve().parents[2] / "bad_rules" / "bands-gap.toml"
    with pytest.raises(PolicyError) as caught:
        load_policy(str(path), date(2026, 6, 30))
    assert (f"{path}:70", 3) == (caught.value.place, caught.value.exit_code)


def _entry(
    valid_from: date, *, suspended_on: date | None = None, repealed_on: date | None = None
) -> RegisteredVersion:
    passed = [
        Reviewed.model_validate(row)
        for row in tomllib.loads("".join(reviews(valid_from).values()))["versions"]["reviews"]
    ]
    dates = {
        "valid_from": valid_from,
        "checked_on": valid_from,
        "suspended_on": suspended_on,
        "repealed_on": repealed_on,
    }
    return RegisteredVersion(status="in force", reviews=tuple(passed), **dates)  # type: ignore[arg-type]


def test_suspended_and_repealed_versions_do_not_apply() -> None:
    """From the day of suspension or repeal the version before applies, or none."""
    old = _entry(date(2023, 1, 1), repealed_on=date(2026, 1, 1))
    new = _entry(date(2025, 1, 1), suspended_on=date(2025, 7, 1))
    register = Register(versions=(old, new))
    days = [date(2022, 12, 31), date(2024, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2026, 1, 1)]
    assert [None, old, new, old, None] == [register.at(day) for day in days]


def test_suspended_version_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A version that is suspended on the day is not applied even when it is named."""
    folder = tmp_path / "food-demo"
    folder.mkdir()
    (folder / "2010-01-01.toml").write_bytes((POLICIES / "food-demo" / "2010-01-01.toml").read_bytes())
    row = '[[versions]]\nvalid_from = 2010-01-01\nstatus = "in force"\nchecked_on = 2010-01-01\nsuspended_on = 2012-01-01\n'
    row += "".join(reviews(date(2009, 1, 5)).values())
    (folder / "register.toml").write_text(row, encoding="utf-8")
    monkeypatch.setattr(load, "POLICIES", tmp_path)
    assert "2010-01-01" == load_policy("food-demo@2010-01-01", date(2011, 12, 31)).policy.version
    with pytest.raises(PolicyNotInForceError, match="suspended on 2012-01-01"):
        load_policy("food-demo@2010-01-01", date(2012, 1, 1))


def test_all_versions_are_listed_as_demonstrations() -> None:
    """Nothing that is shipped claims to be in force."""
    listed = list_policies()
    days = ("2023-05-01", "2026-04-01")
    assert list(days) == [each.policy.version for each in listed if each.policy.id == "quzhou-demo"]
    assert [True] * 12 == [each.demonstration for each in listed]


def test_zhejiang_finality() -> None:
    """Article 11(2): six months, penalties only, summary procedure never, contested ones held."""
    profile = load_finality("zhejiang-11")
    assert (6, ("administrative_penalty",), False, 300_000) == (
        profile.months,
        profile.kinds,
        profile.summary_counts,
        profile.small_fine_fen,
    )
    assert (("none", "unknown", "upheld"), ("review", "lawsuit", "altered", "disputed"), ("annulled",)) == (
        profile.presumed_contests,
        profile.held_contests,
        profile.void_contests,
    )


def test_unknown_finality_names_the_known() -> None:
    """A misspelt finality profile is answered with the known ones."""
    with pytest.raises(PolicyError, match="zhejiang-11"):
        load_finality("zhejiang-12")
