"""The store from the command line: made, filled, scored, asked, and what a person is told."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def store(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scored store, to write to."""
    return Path(shutil.copy(city, tmp_path_factory.mktemp("store") / "sise.db"))


def test_importing_again_says_so(sise: Any, store: Path) -> None:
    """The same folder a second time is nothing new, in both languages."""
    for lang, words in (("en", "nothing new"), ("zh", "没有新内容")):
        given = (
            "--source",
            "canonical:data/sample",
            "--rejects",
            store.parent / "r.csv",
            "--database",
            store,
        )
        done = sise("db", "import", *given, lang=lang)
        assert (0, True) == (done.returncode, words in done.stderr)


def test_a_fact_its_proposal_and_its_review(sise: Any, store: Path) -> None:
    """A serious listing is entered, told as proposed, listed, confirmed; the explanation shows the colour in effect and what waits."""
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        who = connection.execute(query).fetchone()[0]
    day = ("--as-of", "2026-10-08", "--database", store)
    fact = ("kind=serious_violation_listing", "severity=serious", "decided_on=2026-10-01")
    done = sise("record", "add", who, *fact, "--ground", "filed", *day)
    change = json.loads(done.stdout)["changed"][0]
    assert ("red", "proposed", 2) == (change["colour"], change["state"], change["reviewers"])
    assert change["notice_until"] in done.stderr
    assert 0 == sise("review", "confirm", who, "--ground", "checked", "--by", "a", *day).returncode
    waiting = json.loads(sise("review", "list", "--format", "json", *day).stdout)
    assert [(who, ["a"])] == [(row["enterprise_id"], row["confirmed_by"]) for row in waiting]
    told = json.loads(sise("explain", who, "--database", store, "--format", "json").stdout)
    assert "green" == told["band"]["colour"] and told["pending"]


def test_due_check_and_export(sise: Any, store: Path, tmp_path: Path) -> None:
    """What falls due is data on stdout, the check has no findings, and an export names its files."""
    listed = json.loads(
        sise("db", "due", "--by", "2027-03-31", "--format", "json", "--database", store).stdout
    )
    assert {"colour"} <= {row["kind"] for row in listed}
    assert 0 == sise("db", "check", "--database", store).returncode
    done = sise("db", "export", tmp_path / "out", "--database", store)
    assert 0 == done.returncode and (tmp_path / "out" / "records.parquet").is_file()
