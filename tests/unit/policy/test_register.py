"""A released version against its folder and register."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from reviews import reviews

from scoring.errors import PolicyError
from scoring.policy import load
from scoring.policy.check.checks import check_folder
from scoring.policy.load import read_policy_file
from scoring.policy.pin import pin

GOOD = Path(__file__).resolve().parents[2] / "bad_rules" / "good.toml"
ROW = '[[versions]]\nvalid_from = {day}\nstatus = "demonstration"\nchecked_on = 2026-06-30\n{more}\n'


def _folder(
    tmp_path: Path, name: str = "small", file: str = "2026-04-01", register: str | None = None
) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(GOOD, folder / f"{file}.toml")
    text = ROW.format(day="2026-04-01", more="") if register is None else register
    (folder / "register.toml").write_text(text, encoding="utf-8")
    return folder


def _codes(folder: Path) -> list[str]:
    return [finding.code for finding in check_folder(folder)]


def test_released_version_passes(tmp_path: Path) -> None:
    """A version in its folder, under its name, in its register has no fault."""
    assert [] == _codes(_folder(tmp_path))


def test_folder_bears_the_id(tmp_path: Path) -> None:
    """A folder of another name is reported."""
    assert ["folder_name"] == _codes(_folder(tmp_path, name="large"))


def test_file_is_named_after_its_first_day(tmp_path: Path) -> None:
    """A file of another date is reported, and its entry has no file."""
    assert ["file_missing", "file_name"] == _codes(_folder(tmp_path, file="2026-05-01"))


@pytest.mark.parametrize(
    ("register", "expected"),
    [
        (ROW.format(day="2025-01-01", more=""), ["file_missing", "not_registered"]),
        (ROW.format(day="2026-04-01", more="") * 2, ["versions_order"]),
        (ROW.format(day="2026-04-01", more="repealed_on = 2026-01-01"), ["register_dates"]),
        (ROW.format(day="2026-04-01", more="suspended_on = 2026-03-31"), ["register_dates"]),
        ("", ["missing_key"]),
        ("[[versions]]\nvalid_from = 2026-04-01\n", ["missing_key", "missing_key"]),
        (ROW.format(day="2026-04-01", more="") + 'colour = "red"\n', ["unknown_key"]),
    ],
)
def test_register_faults(tmp_path: Path, register: str, expected: list[str]) -> None:
    """Each fault of a register has its code."""
    assert expected == _codes(_folder(tmp_path, register=register))


def test_folder_without_register(tmp_path: Path) -> None:
    """A released policy needs its register."""
    folder = _folder(tmp_path)
    (folder / "register.toml").unlink()
    assert ["unreadable"] == _codes(folder)


def test_law_repealed_meanwhile_is_a_warning(tmp_path: Path) -> None:
    """A citation repealed while its version is in force is pointed out."""
    folder = _folder(tmp_path)
    path = folder / "2026-04-01.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("effective_on = 2018-01-01", "effective_on = 2018-01-01\nrepealed_on = 2026-05-01"),
        encoding="utf-8",
    )
    findings = check_folder(folder)
    assert [("repealed_meanwhile", "warning")] == [(each.code, each.severity) for each in findings]


REVIEWS = reviews(date(2026, 3, 1))


def _in_force(*reviews: str) -> str:
    return ROW.format(day="2026-04-01", more="\n".join(reviews)).replace('"demonstration"', '"in force"')


def test_in_force_needs_its_reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put in force without one of the three reviews, a version is refused, by the check and by loading; with them it passes."""
    assert [] == _codes(_folder(tmp_path, register=_in_force(*REVIEWS.values())))
    for missing in REVIEWS:
        (tmp_path / missing).mkdir()
        others = [text for kind, text in REVIEWS.items() if kind != missing]
        folder = _folder(tmp_path / missing, register=_in_force(*others))
        findings = check_folder(folder)
        naming = [finding for finding in findings if missing in finding.zh and missing in finding.en]
        assert ["form"] == [finding.code for finding in naming]
        monkeypatch.setattr(load, "POLICIES", folder.parent)
        with pytest.raises(PolicyError, match=missing):
            read_policy_file(folder / "2026-04-01.toml")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("date = 2026-03-01", "date = 2026-04-02", "reviews come first"),
        ("opinions = ", "# opinions = ", "heard"),
    ],
)
def test_reviews_come_first_and_hear_people(tmp_path: Path, old: str, new: str, word: str) -> None:
    """A review after the first day of force, or a fair-competition review that heard nobody, is refused."""
    texts = {**REVIEWS, "fair_competition": REVIEWS["fair_competition"].replace(old, new)}
    findings = check_folder(_folder(tmp_path, register=_in_force(*texts.values())))
    assert [True] == [word in finding.en for finding in findings if finding.code == "form"]


def test_pinning_writes_what_is_missing_and_no_more(tmp_path: Path) -> None:
    """A version without a pin gets it, a second run writes nothing; another pin is replaced when it is asked for."""
    folder = _folder(tmp_path)
    register = folder / "register.toml"
    assert ["2026-04-01"] == pin(folder)
    text = register.read_text(encoding="utf-8")
    assert read_policy_file(folder / "2026-04-01.toml").rules_sha256 in text
    assert [] == pin(folder) == _codes(folder)
    edited = folder / "2026-04-01.toml"
    edited.write_text(
        edited.read_text(encoding="utf-8").replace("base = 80", "base = 81", 1), encoding="utf-8"
    )
    assert ["pin_differs"] == _codes(folder)
    assert ([], ["2026-04-01"]) == (pin(folder), pin(folder, anew=True))
    assert [] == _codes(folder)


@pytest.mark.parametrize(("tag", "expected"), [("found", []), ("recalled", ["in_force_unverified"])])
def test_rules_in_force_rest_on_what_was_looked_up(tmp_path: Path, tag: str, expected: list[str]) -> None:
    """A version in force that cites what was only recalled is an error; what was found passes."""
    passed = "".join(reviews(date(2026, 4, 1)).values())
    entry = ROW.format(day="2026-04-01", more="").replace("demonstration", "in force")
    folder = _folder(tmp_path, register=f"{entry}{passed}")
    path = folder / "2026-04-01.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('tag = "found"', f'tag = "{tag}"'))
    assert expected == _codes(folder)
