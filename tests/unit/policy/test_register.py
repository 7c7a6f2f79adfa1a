"""A released version against its folder and register."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scoring.policy.check import check_folder

GOOD = Path(__file__).resolve().parents[2] / "bad_rules" / "good.toml"
ROW = '[[versions]]\nvalid_from = {day}\nstatus = "demonstration"\nchecked_on = 2026-06-30\n{more}\n'


def _folder(tmp_path: Path, name: str = "small", file: str = "2026-04-01", register: str | None = None) -> Path:
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
    path.write_text(text.replace("effective_on = 2018-01-01", "effective_on = 2018-01-01\nrepealed_on = 2026-05-01"), encoding="utf-8")
    assert [("repealed_meanwhile", "warning")] == [(f.code, f.severity) for f in check_folder(folder)]
