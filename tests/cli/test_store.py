"""The store from the command line: made, filled, scored, asked, and what a person is told."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from scoring.cli.store import list_beside
from scoring.errors import UsageError
from scoring.records.map.sources import SourceSpec
from scoring.store.tables.database import Database

ROOT = Path(__file__).resolve().parents[2]


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
    done = sise("record", "add", who, *fact, "--ground", "filed", *day, "--format", "json")
    change = json.loads(done.stdout)["changed"][0]
    assert ("red", "proposed", 2) == (change["colour"], change["state"], change["reviewers"])
    confirmed = sise("review", "confirm", who, "--ground", "checked", "--by", "a", *day)
    said = f"statements can be made until {change['notice_until']}, confirmed by 1 of 2 reviewers"
    assert (0, True) == (confirmed.returncode, said in confirmed.stdout)
    table = sise("review", "list", *day, COLUMNS="80").stdout
    assert all(word in table for word in ("(rank 2)", "(rank 4)", "1/2", change["notice_until"]))
    waiting = json.loads(sise("review", "list", "--format", "json", *day).stdout)
    assert [(who, ["a"])] == [(row["enterprise_id"], row["confirmed_by"]) for row in waiting]
    told = json.loads(sise("explain", who, "--database", store, "--format", "json").stdout)
    assert "green" == told["band"]["colour"] and told["pending"]


def test_due_check_and_export(sise: Any, store: Path, tmp_path: Path) -> None:
    """What falls due is data on stdout, the check has no findings, and an export names its files."""
    listed = json.loads(
        sise("db", "due", "--until", "2027-03-31", "--format", "json", "--database", store).stdout
    )
    assert {"colour"} <= {row["kind"] for row in listed}
    assert 0 == sise("db", "check", "--database", store).returncode
    done = sise("db", "export", tmp_path / "out", "--database", store)
    assert 0 == done.returncode and (tmp_path / "out" / "records.parquet").is_file()


SAID = {
    "zh": ("已新增记录", "（行政处罚）", "拟由绿码（第2级）降为黄码（第3级）", "可以陈述、申辩"),
    "en": (
        "was added (Administrative penalty)",
        "a fall from Green (rank 2) to Yellow (rank 3)",
        "statements can be made until",
    ),
}
FACT = ("kind=administrative_penalty", "severity=general", "decided_on=2026-10-01", "amount_fen=200000000")


@pytest.mark.parametrize("lang", SAID)
def test_a_fact_speaks_to_a_person(sise: Any, city: Path, tmp_path: Path, lang: str) -> None:
    """What was recorded, which colour stays and which is proposed, and until when a statement can be made, in two sentences."""
    store = Path(shutil.copy(city, tmp_path / "sise.db"))
    day = ("--as-of", "2026-11-30", "--database", store, "--lang", lang)
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        ids = [row[0] for row in connection.execute(query)]
    for who in ids:
        done = sise("record", "add", who, *FACT, "--ground", "filed", *day)
        if "until" in done.stdout or "陈述" in done.stdout:
            break
    assert (0, "") == (done.returncode, done.stderr)
    assert [] == [words for words in SAID[lang] if words not in done.stdout]
    assert 2 == len(done.stdout.splitlines())
    record = next(word for word in done.stdout.split() if word.startswith("single:"))
    again = sise("record", "withdraw", record.partition("（")[0], "--ground", "an error", *day)
    assert (0, 2) == (again.returncode, len(again.stdout.splitlines())), again.stderr
    assert {"zh": "已撤回记录", "en": "was withdrawn"}[lang] in again.stdout


def test_rejected_rows_go_beside_the_store(sise: Any, tmp_path: Path) -> None:
    """Without ``--rejects`` rejected rows are beside the store and never in the present folder, and the place is told."""
    store = tmp_path / "city.db"
    assert 0 == sise("db", "init", "--database", store).returncode
    done = sise("db", "import", "--source", "canonical:data/sample", "--database", store)
    file = tmp_path / "city.db.rejects-canonical-data-sample.csv"
    assert (0, True, False) == (done.returncode, str(file) in done.stderr, (ROOT / "rejects.csv").exists())
    assert b"\xef\xbb\xbf" == file.read_bytes()[:3]


def test_rejected_rows_of_all_sources_are_in_the_named_file(sise: Any, tmp_path: Path) -> None:
    """``--rejects`` holds the rows of every source that was imported, each with its source, under one head."""
    store, file = tmp_path / "city.db", tmp_path / "rejects.csv"
    shutil.copytree("data/sample", tmp_path / "again")
    table = tmp_path / "again" / "records.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("r-0", "s-0"), encoding="utf-8")
    sources = ("--source", "canonical:data/sample", "--source", f"canonical:{tmp_path / 'again'}")
    assert 0 == sise("db", "init", "--database", store).returncode
    assert 0 == sise("db", "import", *sources, "--rejects", file, "--database", store).returncode
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"canonical:data/sample", f"canonical:{tmp_path / 'again'}"} == {row["source"] for row in rows}
    assert all(row["row"].isdigit() for row in rows)


def test_postgres_needs_a_place_for_rejected_rows() -> None:
    """A server has no place beside it: the file is to be named, and nothing is imported before."""
    with pytest.raises(UsageError, match="--rejects rejects"):
        list_beside(Database("postgresql://x@localhost/s"), SourceSpec("canonical", Path("d")), "rejects")
