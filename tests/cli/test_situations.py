"""``sise policy test``: situations of any policy, by band and by colour, and what is said where they differ."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scoring.cli import app

ROOT = Path(__file__).resolve().parents[2]
STRICTER = ROOT / "tests" / "drafts" / "stricter.toml"
"""A draft under which green begins higher."""
PAGE = (ROOT / "docs" / "en" / "policies.md").read_text(encoding="utf-8")
PRINTED = re.findall(r"situations\.toml <<'END'\n(.*?)END\n", PAGE, re.DOTALL)[0]
"""The file that the page on policies shows."""
COLOURED = """policy = "quzhou-demo@2026-04-01"

[[situation]]
id = "penalty"
title = { zh = "一般处罚", en = "A general penalty" }
ground = ["x"]
records = [
    { id = "fine", kind = "administrative_penalty", severity = "general", decided_on = 2026-05-06, final_on = 2026-05-06 },
]
expect = [{ on = 2026-09-30, colour = "green", band = "B", reasons = { market_penalties = -70 }, caps = ["recent_penalty"] }]
"""


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide terminal; the language that a run sets for itself ends with the test."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("SISE_LANG", "en")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of situations that is not written yet."""
    return tmp_path / "situations.toml"


def run(file: Path, text: str, *options: str, lang: str = "en") -> tuple[int, str]:
    """Exit code and output of a run over a file of this text."""
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["policy", "test", str(file), *options, "--lang", lang])
    return result.exit_code, " ".join(result.output.split())


def test_the_printed_file_passes(file: Path) -> None:
    """The file of the documents passes by band alone, under a policy without colours."""
    code, output = run(file, PRINTED)
    assert (0, True) == (code, "Situations: 2; passed: 2; different: 0" in output)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", 'band: expected "B", got "A"; find out first who is right'),
        ("zh", "band：期望 "),
    ],
)
def test_what_differs_is_said(file: Path, lang: str, said: str) -> None:
    """A band that is not the one expected fails, with what was got and what to write, and exit code 3."""
    code, output = run(file, PRINTED.replace('band = "A"', 'band = "B"'), lang=lang)
    assert (3, True) == (code, said in output)


def test_colour_and_band_together(file: Path) -> None:
    """Where bands have colours either may be named, or both; a reason that is left out is a difference."""
    code, output = run(file, COLOURED)
    assert (0, True) == (code, "passed: 1" in output), output
    code, output = run(file, COLOURED.replace("reasons = { market_penalties = -70 }, ", ""))
    assert (3, True) == (code, "reasons: expected { clean_visits = 10 }" in output), output


def test_another_policy_in_place_of_the_file_s(file: Path) -> None:
    """The option takes the place of the policy at the head, so that a draft is tried on the same situations."""
    code, output = run(file, COLOURED, "--policy", str(STRICTER))
    assert (3, True) == (code, "penalty-2026-09-30" in output)
    assert 'colour: expected "green", got "yellow"' in output


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ('band = "A"', 'band = "Q"', "situation_band_unknown"),
        ("visit = false", "visits = false", "situation_key_unknown"),
        ('policy = "nyc-grades@2010-07-27"', "", "situation_without_policy"),
        ("violation_score", "violation", "situation_code_unknown"),
        ("score = 13", 'score = "13"', "situation_form"),
        ('"nyc-grades@2010-07-27"', '"nyc@2010-07-27"', "policy_unknown"),
    ],
)
def test_a_slip_is_refused(file: Path, good: str, bad: str, said: str) -> None:
    """A key, a code, a form or a policy that there is not is refused by name."""
    file.write_text(PRINTED.replace(good, bad, 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["policy", "test", str(file)])
    assert said in f"{result.exception!r}{result.output}"


def test_a_folder_is_all_of_its_files(tmp_path: Path) -> None:
    """A folder stands for its files, and one without any is refused."""
    (tmp_path / "inside").mkdir()
    code, output = run(tmp_path / "inside" / "one.toml", PRINTED)
    result = CliRunner().invoke(app, ["policy", "test", str(tmp_path / "inside"), "--lang", "en"])
    assert (code, 0) == (0, result.exit_code)
    assert "passed: 2" in output
    refused = CliRunner().invoke(app, ["policy", "test", str(tmp_path), "--lang", "en"])
    assert "situation_folder_empty" in f"{refused.exception!r}"
