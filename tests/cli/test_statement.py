"""Statements from the command line: made once, shown and written alike each time, refused where they cannot be."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

DAY = "2026-09-30"


@pytest.fixture(scope="module")
def store(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scored store, to write to."""
    return Path(shutil.copy(city, tmp_path_factory.mktemp("statement") / "sise.db"))


def test_a_statement_from_the_command_line(sise: Any, store: Path, tmp_path: Path) -> None:
    """Made, frozen, listed, shown, and written as a page and as a file, the same bytes twice."""
    make = ("statement", "make", "2026-08", "330802", "--by", "mia", "--database", store)
    none = sise("statement", "list", "--database", store, today=DAY)
    assert "no statement yet" in none.stderr and none.returncode == 0
    assert "is made: no. 1" in sise(*make, today=DAY).stderr
    assert "have not changed" in sise(*make, today=DAY).stderr
    for language, word in (("zh", "检查与信用"), ("en", "No. 1")):
        shown = sise("statement", "show", 1, "--database", store, lang=language)
        assert shown.returncode == 0 and (word in shown.stdout or "第 1 号" in shown.stdout)
    written = []
    for name in ("a", "b"):
        files = (tmp_path / f"{name}.pdf", tmp_path / f"{name}.csv")
        done = sise("statement", "show", 1, "--pdf", files[0], "--csv", files[1], "--database", store)
        assert (0, "") == (done.returncode, done.stdout)
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1] and written[0][0].startswith(b"%PDF")
    listed = json.loads(sise("statement", "list", "--format", "json", "--database", store).stdout)
    assert [(1, "2026-08", "330802", None)] == [
        (s["number"], s["month"], s["area"], s["revises"]) for s in listed
    ]


def test_a_late_fact_makes_a_revision(sise: Any, store: Path) -> None:
    """A visit of the month that is entered later gives the next number, which names the one before."""
    make = ("statement", "make", "2026-07", "330802", "--by", "mia", "--database", store)
    assert sise(*make, today=DAY).returncode == 0
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM directory WHERE area LIKE '330802%' ORDER BY 1"
        first = connection.execute(query).fetchone()[0]
    visit = ("kind=inspection", "result=no_problem", "occurred_on=2026-07-09", "field=food")
    added = sise(
        *("record", "add", first, *visit, "--ground", "late", "--by", "mia"),
        *("--database", store),
        today=DAY,
    )
    assert added.returncode == 0, added.stderr
    assert "it revises no." in sise(*make, today=DAY).stderr


def test_what_is_refused(sise: Any, store: Path) -> None:
    """A month that is not over, an unknown area and an unknown number are a sentence each."""
    for arguments, code in (
        (("make", "2026-09", "330802", "--by", "mia"), "statement_month_open"),
        (("make", "2026-08", "nowhere", "--by", "mia"), "grant_area_unknown"),
        (("make", "2026-08", "330802", "--by", "nobody"), "account_unknown"),
        (("show", "99"), "statement_unknown"),
    ):
        done = sise("statement", *arguments, "--database", store, today=DAY)
        assert done.returncode in (2, 4) and code in done.stderr


def test_counting_anew_changes_nothing(sise: Any, store: Path) -> None:
    """`db recount` leaves a sound store as it was."""
    assert "made anew" in sise("db", "recount", "--database", store).stderr
    make = ("statement", "make", "2026-08", "330802", "--by", "mia", "--database", store)
    assert "have not changed" in sise(*make, today=DAY).stderr
