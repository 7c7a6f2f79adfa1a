"""Cases from the command line: a whole story on paper at the window, and what is refused there."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TODAY, OVER = "2026-09-30", "2026-10-14"
LISTED = (
    "kind=abnormal_operations_listing",
    "decided_on=2026-09-28",
    "record_id=own:1",
    "document_no=虚列〔2026〕1号",
    "authority=柯城区虚构市场监管局",
)
CAME = ("--at-window", "张三", "--seen", "identity_card", "--seen", "letter_of_authority")
Told = Callable[..., Any]


@pytest.fixture(scope="module")
def store(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scored store, to write to."""
    return Path(shutil.copy(city, tmp_path_factory.mktemp("case") / "sise.db"))


def green(store: Path) -> str:
    """A green enterprise."""
    with sqlite3.connect(store) as connection:
        query = "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        return str(connection.execute(query).fetchone()[0])


def test_a_whole_story_on_paper(sise: Any, store: Path, tmp_path: Path) -> None:
    """Nobody of the firm has an account or a phone: notice, statement, fall, objection and answer go by the window."""
    who, scan = green(store), tmp_path / "statement.pdf"
    scan.write_bytes(b"a scanned paper")

    def run(*arguments: object, today: str = TODAY, code: int = 0) -> str:
        done = sise(*arguments, "--database", store, today=today)
        assert code == done.returncode, done.stderr
        return str(done.stdout or done.stderr)

    def paper(name: str, *arguments: object, today: str = TODAY) -> None:
        run(*arguments, "--out", tmp_path / name, today=today)
        assert (tmp_path / name).read_bytes().startswith(b"%PDF")

    entered = run("record", "add", who, *LISTED, "--ground", "filed", "--by", "mia", "--format", "json")
    assert "proposed" == json.loads(entered)["changed"][0]["state"]
    paper("notice.pdf", "notice", "print", who)
    run("notice", "serve", who, "--how", "handed_over", "--proof", "signed", "--by", "anna")
    said = ("case", "open", "statement", who, "--ground", "we moved back")
    assert "presence_missing" in run(*said, "--at-window", "张三", "--by", "anna", code=2)
    opened = json.loads(run(*said, *CAME, "--paper", scan, "--by", "anna", "--format", "json"))
    number = opened["case"]
    kept = opened["steps"][0]["presence"]
    assert ("张三", "statement.pdf", 64) == (kept["person"], kept["paper"], len(kept["paper_sha256"]))
    paper("receipt.pdf", "case", "receipt", number)
    answer = ("case", "answer", number, "--outcome", "not_adopted", "--ground", "looked at")
    assert "case_opener_answers" in run(*answer, "--by", "anna", code=4)
    run("clock", "confirm", "--by", "mia", today=OVER)
    assert "reported above" in run("case", "day", "--by", "mia", today=OVER)
    assert "closed on 14 October 2026" in run(*answer, "--by", "bert", today=OVER)
    run("db", "score", "--as-of", OVER, "--by", "mia", today=OVER)
    with sqlite3.connect(store) as connection:
        query = "SELECT colour, proposed FROM standing WHERE enterprise_id = ?"
        assert ("yellow", 0) == connection.execute(query, (who,)).fetchone()
    objection = (
        "case",
        "open",
        "objection",
        who,
        "--record",
        "own:1",
        "--reason",
        "undone",
        "--ground",
        "lifted",
    )
    told = run(*objection, *CAME, "--by", "anna", today=OVER)
    assert all(word in told for word in ("21 October 2026", "marked as disputed", "from Yellow"))
    listed = run("case", "list", today=OVER)
    assert "Objection" in listed and "2026-10-21" in listed
    case = json.loads(run("case", "list", "--format", "json", today=OVER))[0]["case"]
    paper("letter.pdf", "case", "letter", case, today=OVER)
    decided = ("case", "answer", case, "--outcome", "rejected", "--ground", "still listed", "--by", "bert")
    assert "case_office_missing" in run(*decided, today=OVER, code=2)
    assert "counts again" in run(*decided, "--authority", "330802-market", today=OVER)
    shown = run("case", "show", case, today=OVER)
    assert all(word in shown for word in ("Zhejiang", "who came: 张三", "identity card", "second instance"))
    assert "no case is open" in run("case", "list", today=OVER)
    assert sise("audit", "verify", "--database", store, today=OVER).returncode in (0, 7)


def test_what_is_refused_says_what_there_is(sise: Any, store: Path) -> None:
    """An unknown procedure, case or outcome names what is known."""
    wrong = (
        (("open", "wish", green(store), "--ground", "x"), "objection", 2),
        (("show", 999), "case list", 4),
        (("answer", 999, "--outcome", "x", "--ground", "x"), "case list", 4),
    )
    for arguments, words, code in wrong:
        by = () if arguments[0] == "show" else ("--by", "mia")
        done = sise("case", *arguments, *by, "--database", store, today=OVER)
        assert (code, True) == (done.returncode, words in done.stderr), done.stderr
