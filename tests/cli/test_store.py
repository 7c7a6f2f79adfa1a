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
        given = ("--source", "canonical:data/sample", "--rejects", store.parent / "r.csv", "--by", "mia")
        done = sise("db", "import", *given, "--database", store, lang=lang, today=TODAY)
        assert (0, True) == (done.returncode, words in done.stderr)


TODAY = "2026-09-30"


def test_a_fact_its_proposal_and_its_review(sise: Any, store: Path, tmp_path: Path) -> None:
    """A serious listing is entered, told as proposed, served by a receipt, confirmed by others; the explanation shows what waits."""
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        who = connection.execute(query).fetchone()[0]

    def run(*arguments: object) -> str:
        done = sise(*arguments, "--database", store, today=TODAY)
        assert 0 == done.returncode, done.stderr
        return str(done.stdout)

    fact = ("kind=serious_violation_listing", "severity=serious", "decided_on=2026-09-28")
    entered = run("record", "add", who, *fact, "--ground", "filed", "--by", "mia", "--format", "json")
    change = json.loads(entered)["changed"][0]
    assert ("red", "proposed", 2) == (change["colour"], change["state"], change["reviewers"])
    run("notice", "export", "--out", tmp_path / "notices.csv")
    with (tmp_path / "notices.csv").open(encoding="utf-8-sig", newline="") as stream:
        notice = next(row for row in csv.DictReader(stream) if row["enterprise_id"] == who)
    receipt = tmp_path / "receipts.csv"
    head = "enterprise_id,proposal,how,served_on,proof\n"
    receipt.write_text(f"{head}{who},{notice['proposal']},post,{TODAY},receipt 7\n", encoding="utf-8")
    run("notice", "served", receipt, "--by", "mia")
    own = sise("review", "confirm", who, "--ground", "x", "--by", "mia", "--database", store, today=TODAY)
    assert (4, True) == (own.returncode, "recorder_reviews" in own.stderr)
    confirmed = run("review", "confirm", who, "--ground", "checked", "--by", "Anna ")
    assert "statements can be made until 2026-10-13, confirmed by 1 of 2 reviewers" in confirmed
    table = sise("review", "list", "--database", store, COLUMNS="80", today=TODAY).stdout
    assert all(word in table for word in ("(rank 2)", "(rank 4)", "1/2", "2026-10-13"))
    waiting = json.loads(run("review", "list", "--format", "json"))
    assert [(who, ["anna"])] == [(row["enterprise_id"], row["confirmed_by"]) for row in waiting]
    assert ["2026-10-13"] == [row["answer"]["last_day"] for row in waiting]
    assert ["new_record"] == [cause["code"] for cause in waiting[0]["causes"]]
    assert "28 September 2026" in notice["text"] and notice["points"] != notice["points_before"]
    told = json.loads(run("explain", who, "--format", "json"))
    assert "green" == told["band"]["colour"] and told["pending"]
    assert "red" == told["proposed"]["band"]["colour"]
    assert waiting[0]["causes"] == told["proposal"]["causes"]
    scored = sise("db", "score", "--as-of", TODAY, "--by", "mia", "--database", store, today=TODAY)
    assert "Proposed, not in effect" in scored.stdout and "Red (rank 4)" in scored.stdout


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nobody,1,post,2026-09-30,7", "proposal_not_open"),
        ("WHO,0,post,2026-09-30,7", "proposal_not_open"),
        ("WHO,NUMBER,bird,2026-09-30,7", "bird"),
        ("WHO,NUMBER,post,30.9.2026,7", "30.9.2026"),
        ("WHO,NUMBER,post,2027-01-01,7", "2027-01-01"),
        ("WHO,NUMBER,post,2026-09-30,", "ground"),
    ],
)
def test_a_receipt_that_does_not_fit_serves_nothing(
    sise: Any, city: Path, tmp_path: Path, line: str, why: str
) -> None:
    """A file with one bad line is refused whole, with its line and why."""
    store = Path(shutil.copy(city, tmp_path / "sise.db"))
    with sqlite3.connect(store) as connection:
        ids = connection.execute("SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1")
        first, second = [row[0] for row in ids][:2]
    numbers = []
    for who in (first, second):
        fact = ("kind=serious_violation_listing", "severity=serious", "decided_on=2026-09-28")
        sise("record", "add", who, *fact, "--ground", "x", "--by", "mia", "--database", store, today=TODAY)
        with sqlite3.connect(store) as connection:
            row = connection.execute("SELECT proposal FROM assessment ORDER BY number DESC").fetchone()
            numbers.append(row[0])
    good = f"{first},{numbers[0]},post,{TODAY},7"
    bad = line.replace("WHO", second).replace("NUMBER", str(numbers[1]))
    file = tmp_path / "receipts.csv"
    file.write_text(f"enterprise_id,proposal,how,served_on,proof\n{good}\n{bad}\n", encoding="utf-8")
    done = sise("notice", "served", file, "--by", "mia", "--database", store, today=TODAY)
    assert (4, True, True) == (done.returncode, why in done.stderr, "line 3" in done.stderr), done.stderr
    with sqlite3.connect(store) as connection:
        assert (0,) == connection.execute("SELECT count(*) FROM step").fetchone()


def test_accounts_are_needed(sise: Any, tmp_path: Path) -> None:
    """A store without accounts takes nothing; the first adds itself, unknown and disabled ones write nothing."""
    store = ("--database", tmp_path / "sise.db")
    assert 0 == sise("db", "init", *store).returncode
    given = ("--source", "canonical:data/sample", "--rejects", tmp_path / "r.csv")
    refused = sise("db", "import", *given, "--by", "mia", *store)
    assert (4, True) == (refused.returncode, "sise user add mia" in refused.stderr)
    assert 0 == sise("user", "add", "Mia", "--title", "Bureau", "--by", "whoever", *store).returncode
    assert 4 == sise("user", "add", "bert", "--by", "nobody", *store).returncode
    assert 0 == sise("user", "add", "bert", "--by", "mia", *store).returncode
    assert 0 == sise("user", "disable", "bert", "--by", "mia", *store).returncode
    listed = json.loads(sise("user", "list", "--format", "json", *store).stdout)
    states = {account["name"]: account["state"] for account in listed}
    assert {"mia": "active", "bert": "disabled"} == states
    disabled = sise("db", "import", *given, "--by", "bert", *store)
    assert (4, True) == (disabled.returncode, "account_disabled" in disabled.stderr)
    assert 0 == sise("db", "import", *given, "--by", " MIA ", *store).returncode


def test_subjects_of_providers_are_linked(sise: Any, tmp_path: Path) -> None:
    """By an administrator, for another one, with a provider that is configured; listed, and taken back."""
    store = ("--database", tmp_path / "sise.db")
    sise("db", "init", *store)
    for name in ("mia", "bert"):
        sise("user", "add", name, "--by", "mia", *store)
    sise("user", "grant", "bert", "admin", "--ground", "x", "--by", "mia", *store)
    link = ("mia", "--provider", "sso", "--subject", "s-1", *store)
    assert 4 == sise("user", "link", *link, "--by", "mia").returncode
    assert 0 == sise("user", "link", *link, "--by", "bert").returncode
    file = tmp_path / "providers.toml"
    file.write_text('[[providers]]\nid = "zlb"\n', encoding="utf-8")
    other = sise("user", "link", *link, "--by", "bert", SISE_PROVIDERS=str(file))
    assert (2, True) == (other.returncode, "zlb" in other.stderr)
    listed = json.loads(sise("user", "links", "--format", "json", *store).stdout)
    assert [{"provider": "sso", "subject": "s-1", "account": "mia"}] == listed
    assert "s-1" in sise("user", "links", *store).stdout
    assert 0 == sise("user", "unlink", *link, "--by", "bert").returncode
    assert "no subject is linked" in sise("user", "links", *store).stderr


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
        "statements can be made within 5 working days",
    ),
}
FACT = (
    "kind=administrative_penalty",
    "severity=general",
    "decided_on=2026-01-10",
    "final_on=2026-09-01",
    "procedure=ordinary",
    "amount_fen=200000000",
)


@pytest.mark.parametrize("lang", SAID)
def test_a_fact_speaks_to_a_person(sise: Any, city: Path, tmp_path: Path, lang: str) -> None:
    """What was recorded, which colour stays and which is proposed, and until when a statement can be made, in two sentences."""
    store = Path(shutil.copy(city, tmp_path / "sise.db"))
    day = ("--by", "mia", "--database", store, "--lang", lang)
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        ids = [row[0] for row in connection.execute(query)]
    for who in ids:
        done = sise("record", "add", who, *FACT, "--ground", "filed", *day, today=TODAY)
        if "working days" in done.stdout or "陈述" in done.stdout:
            break
    assert (0, "") == (done.returncode, done.stderr)
    assert [] == [words for words in SAID[lang] if words not in done.stdout]
    assert 2 == len(done.stdout.splitlines())
    record = next(word for word in done.stdout.split() if word.startswith("single:"))
    again = sise("record", "withdraw", record.partition("（")[0], "--ground", "an error", *day, today=TODAY)
    assert (0, 2) == (again.returncode, len(again.stdout.splitlines())), again.stderr
    assert {"zh": "须另一个账号确认", "en": "another account must say so"}[lang] in again.stdout
    second = ("--ground", "checked", "--by", "bert", "--database", store, "--lang", lang)
    ended = sise("record", "second", record.partition("（")[0], *second, today=TODAY)
    assert {"zh": "第二人已确认", "en": "A second account has said so"}[lang] in ended.stdout, ended.stderr


def test_rejected_rows_go_beside_the_store(sise: Any, tmp_path: Path) -> None:
    """Without ``--rejects`` rejected rows are beside the store and never in the present folder, and the place is told."""
    store = tmp_path / "city.db"
    assert 0 == sise("db", "init", "--database", store).returncode
    assert 0 == sise("user", "add", "mia", "--by", "mia", "--database", store).returncode
    done = sise("db", "import", "--source", "canonical:data/sample", "--by", "mia", "--database", store)
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
    assert 0 == sise("user", "add", "mia", "--by", "mia", "--database", store).returncode
    given = ("--rejects", file, "--by", "mia", "--database", store)
    assert 0 == sise("db", "import", *sources, *given).returncode
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {"canonical:data/sample", f"canonical:{tmp_path / 'again'}"} == {row["source"] for row in rows}
    assert all(row["row"].isdigit() for row in rows)


def test_postgres_needs_a_place_for_rejected_rows() -> None:
    """A server has no place beside it: the file is to be named, and nothing is imported before."""
    with pytest.raises(UsageError, match="--rejects rejects"):
        list_beside(Database("postgresql://x@localhost/s"), SourceSpec("canonical", Path("d")), "rejects")


def test_what_is_known_of_a_model_is_said_before_it_decides(sise: Any, city: Path, tmp_path: Path) -> None:
    """A batch of the store says on stderr, as one of files does, that the verdict on the model is old."""
    store, policy, day = Path(shutil.copy(city, tmp_path / "sise.db")), tmp_path / "policy.toml", "2026-12-02"
    draft = (ROOT / "tests" / "drafts" / "with-model.toml").read_text(encoding="utf-8")
    policy.write_text(draft.replace("\nsha256 = ", "\nverdict_days = 1\nsha256 = "), encoding="utf-8")
    for account in ("mia", "anna"):
        sise("clock", "confirm", "--by", account, "--database", store, today="2026-11-20")
        done = sise("policy", "register", policy, "--by", account, "--database", store, today="2026-11-20")
        assert 0 == done.returncode, done.stderr
    sise("clock", "confirm", "--by", "mia", "--database", store, today=day)
    under = ("--policy", policy, "--as-of", day)
    of_files = sise(
        "score", "--source", "canonical:data/sample", *under, "--out", tmp_path / "out", today=day
    )
    of_store = sise("db", "score", *under, "--by", "mia", "--database", store, today=day)
    for done in (of_files, of_store):
        assert (0, True) == (done.returncode, "and 1 are allowed" in " ".join(done.stderr.split())), (
            done.stderr
        )
