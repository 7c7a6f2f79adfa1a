"""Comparing, trying out and tuning policies, fairness and history, as people run them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from rich.cells import cell_len

OLD, NEW = "quzhou-demo@2023-05-01", "quzhou-demo@2026-04-01"
SOURCE = ("--source", "canonical:data/sample", "--as-of", "2026-09-30")


DRAFT = f"""
id = "quzhou-demo"
valid_from = 2026-08-01
extends = "{NEW}"

[[indicators]]
id = "food_refusals"
window_days = 89
bins = [{{ upto = 0, points = 0 }}, {{ points = -25 }}]
"""
"""What the law changed from the older version to the newer one, and the window and the points of one indicator."""
HEADINGS = {
    "zh": ["影响分数（2 处）", "影响等级及后果（2 处）", "只是归类与文字（41 处）"],
    "en": ["Effect on points (2)", "Effect on grades and what follows (2)", "Only grouping and wording (41)"],
}
FOLDED = {"zh": "· 7 条规则改了所引依据", "en": "· rules that cite other law: 7"}
WINDOW = {"zh": "    回看期 365 天 → 89 天", "en": "    window 365 days → 89 days"}


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """The draft as a file."""
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", HEADINGS)
def test_diff(sise: Any, draft: Path, lang: str) -> None:
    """``policy diff`` sorts changes under three headings and counts what only reads differently; 80 columns suffice."""
    done = sise("policy", "diff", OLD, draft, "--lang", lang, COLUMNS="80")
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert HEADINGS[lang] == [line for line in lines if line in HEADINGS[lang]]
    assert {FOLDED[lang], WINDOW[lang]} <= set(lines)
    assert [] == [line for line in lines if cell_len(line) > 80 or line != line.rstrip()]
    assert [] == re.findall(r"window_days|ndrc36|select[.]|work_safety_listings", done.stdout)


@pytest.mark.parametrize("lang", HEADINGS)
def test_diff_in_full(sise: Any, draft: Path, lang: str) -> None:
    """With ``--all`` every change is written out, as in the JSON."""
    done = sise("policy", "diff", OLD, draft, "--all", "--lang", lang)
    changes = json.loads(sise("policy", "diff", OLD, draft, "--format", "json").stdout)["changes"]
    shown = "".join(done.stdout.split())
    assert [] == [change["path"] for change in changes if "".join(change["what"][lang].split()) not in shown]
    assert FOLDED[lang] not in done.stdout.splitlines()


def test_diff_of_labels_alone(sise: Any, tmp_path: Path) -> None:
    """Where only a label changed it is said that nothing that decides changed."""
    text = Path("scoring/rules/policies/quzhou-demo/2026-04-01.toml").read_text(encoding="utf-8")
    draft = tmp_path / "draft.toml"
    draft.write_text(text.replace("On the work-safety list", "Listed for work safety"), encoding="utf-8")
    done = sise("policy", "diff", NEW, draft)
    assert 0 == done.returncode
    assert "Nothing that decides changed" in done.stdout
    found = json.loads(sise("policy", "diff", NEW, draft, "--format", "json").stdout)
    assert (False, 1) == (found["decides"], len(found["changes"]))


def test_diff_of_the_law_alone(sise: Any) -> None:
    """Between the shipped versions the law alone changed: under the first heading stands that no points move."""
    done = sise("policy", "diff", OLD, NEW, "--lang", "en")
    assert (0, True) == (done.returncode, "Effect on points: none" in done.stdout.splitlines())


def test_simulate(sise: Any, tmp_path: Path) -> None:
    """``policy simulate`` writes its four files, prints the matrix, and its numbers are those of two scorings."""
    done = sise("policy", "simulate", OLD, NEW, *SOURCE, "--out", tmp_path / "sim")
    assert 0 == done.returncode, done.stderr
    assert {"simulation.json", "simulation.xlsx", "moves.csv", "migration.svg"} == {
        path.name for path in (tmp_path / "sim").iterdir()
    }
    found = json.loads((tmp_path / "sim" / "simulation.json").read_text(encoding="utf-8"))
    assert 300 == sum(map(sum, found["matrix"])) == found["enterprises"]
    with (tmp_path / "sim" / "moves.csv").open(encoding="utf-8-sig", newline="") as file:
        assert sum(found["moved"].values()) == len(list(csv.DictReader(file)))
    assert f"{sum(found['moved'].values())} of 300 enterprises move" in done.stdout
    assert "Veto On the work-safety list" in done.stdout


def test_simulate_leaves_foreign_folders_alone(sise: Any, tmp_path: Path) -> None:
    """A folder with somebody's files is refused with exit code 4 and stays as it is; so does an unknown policy, with 3."""
    (tmp_path / "letter.txt").write_text("mine")
    assert 4 == sise("policy", "simulate", OLD, NEW, *SOURCE, "--out", tmp_path).returncode
    assert ["letter.txt"] == [path.name for path in tmp_path.iterdir()]
    assert 3 == sise("policy", "simulate", OLD, "quzhou-dem", *SOURCE, "--out", tmp_path / "new").returncode
    assert 2 == sise("policy", "simulate", OLD, NEW, "--out", tmp_path / "new").returncode


def test_tune(sise: Any) -> None:
    """``policy tune`` proposes edges in the bands' order and changes no file; shares that make no 100 are refused."""
    shipped = Path("scoring/rules/policies/quzhou-demo/2026-04-01.toml").read_bytes()
    done = sise(
        "policy", "tune", "quzhou-demo", *SOURCE, "--shares", "A=15,B=70,C=13,D=2", "--format", "json"
    )
    edges = [band["proposed"] for band in json.loads(done.stdout)["bands"]]
    assert (0, sorted(edges, reverse=True)) == (done.returncode, edges)
    shown = sise("policy", "tune", "quzhou-demo", *SOURCE, "--shares", "A=15,B=70,C=13,D=2", "--lang", "zh")
    assert all(str(edge) in shown.stdout for edge in edges)
    assert shipped == Path("scoring/rules/policies/quzhou-demo/2026-04-01.toml").read_bytes()
    refused = sise("policy", "tune", "quzhou-demo", *SOURCE, "--shares", "A=15,B=70")
    assert (2, True) == (refused.returncode, "e.g. --shares" in refused.stderr)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_fairness(sise: Any, city: Path, tmp_path: Path, lang: str) -> None:
    """``report fairness`` prints a table for each dimension, what must be known to read it, and a CSV on request."""
    done = sise("report", "fairness", "--database", city, "--out", tmp_path / "f.csv", "--lang", lang)
    assert 0 == done.returncode, done.stderr
    expected = {
        "zh": ("规模", "区划", "成立年限", "非任何机关的评价"),
        "en": ("Size", "District", "Years since", "not an evaluation"),
    }
    assert [] == [words for words in (*expected[lang], "730", "1.25") if words not in done.stdout]
    found = json.loads(sise("report", "fairness", "--database", city, "--format", "json").stdout)
    frame = pd.read_csv(tmp_path / "f.csv", dtype=str)
    assert sum(len(d["groups"]) for d in found["dimensions"]) == len(frame)


def test_history(sise: Any, scored: Path, city: Path, tmp_path: Path) -> None:
    """``history`` prints the line and the changes, draws the chart, and ends at the points of the results."""
    scores = pd.read_parquet(scored / "scores.parquet")
    row = scores[scores["colour"] == "yellow"].sort_values("n_records").iloc[-1]
    done = sise(
        "history", row["enterprise_id"], "--database", city, "--svg", tmp_path / "h.svg", "--lang", "en"
    )
    assert 0 == done.returncode, done.stderr
    assert "policy version changed from 2023-05-01 to 2026-04-01" in " ".join(done.stdout.split())
    assert ElementTree.parse(tmp_path / "h.svg").getroot().tag.endswith("svg")  # noqa: S314 — our own picture
    told = json.loads(sise("history", row["enterprise_id"], "--database", city, "--format", "json").stdout)
    assert str(int(row["points"])) == told["changes"][0]["after"]["points"]
    short = json.loads(
        sise(
            "history", row["enterprise_id"], "--database", city, "--from", "2026-04-02", "--format", "json"
        ).stdout
    )
    assert [c["day"] for c in told["changes"] if c["day"] > "2026-04-02"] == [
        c["day"] for c in short["changes"]
    ]


def test_history_refuses(sise: Any, city: Path) -> None:
    """A span that ends before it begins and an unknown enterprise are refused with what to type."""
    refused = sise("history", "x", "--database", city, "--from", "2026-05-01", "--to", "2026-04-01")
    assert (2, True) == (refused.returncode, "--from" in refused.stderr)
    assert 4 == sise("history", "x", "--database", city).returncode
