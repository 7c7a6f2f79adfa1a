"""Every fault a policy can have, one small file each under ``tests/bad_rules``: its code, its line, its sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from scoring.errors import PolicyError
from scoring.policy.check.checks import check_file
from scoring.policy.load import read_policy_file

BAD_RULES = Path(__file__).resolve().parents[2] / "bad_rules"
EXPECTED = tomllib.loads((BAD_RULES / "expected" / "findings.toml").read_text(encoding="utf-8"))
GOOD = ("good", "good-tiers")
FORM = {"not_toml", "missing_key", "unknown_key", "bad_value", "form"}


@pytest.mark.parametrize("name", GOOD)
def test_good_file_has_no_findings(name: str) -> None:
    """The policies from which the bad ones were made are themselves without fault."""
    assert [] == check_file(BAD_RULES / f"{name}.toml")


def test_every_file_is_expected() -> None:
    """No bad file lacks its row in the table and no row lacks its file."""
    files = {path.stem for path in BAD_RULES.glob("*.toml")} - {*GOOD}
    assert set(EXPECTED) == files


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_bad_file_is_found(name: str) -> None:
    """A fault is reported under its code, at its line, in both languages."""
    path = BAD_RULES / f"{name}.toml"
    row = EXPECTED[name]
    findings = [(each.code, each.place, each.severity, each.zh, each.en) for each in check_file(path)]
    assert (row["code"], f"{path}:{row['line']}", row["severity"], row["zh"], row["en"]) in findings


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_sentence_teaches(name: str) -> None:
    """Every sentence ends with an example or a suggestion, in both languages."""
    for finding in check_file(BAD_RULES / f"{name}.toml"):
        assert (True, True) == (
            any(mark in finding.zh for mark in ("例如", "应为", "是否想写")),
            any(mark in finding.en for mark in ("e.g.", "expected", "did you mean", "looks like")),
        )


@pytest.mark.parametrize("name", sorted(name for name, row in EXPECTED.items() if row["code"] in FORM))
def test_loading_bad_form_raises(name: str) -> None:
    """A file of bad form is refused when loaded, with its place, and never with a traceback of a library."""
    with pytest.raises(PolicyError) as caught:
        read_policy_file(BAD_RULES / f"{name}.toml")
    assert (f"{BAD_RULES / name}.toml:{EXPECTED[name]['line']}", 3) == (
        caught.value.place,
        caught.value.exit_code,
    )
