"""``sise record join | part | confirm | mask | restore`` as people run them, and who is told what after a mask."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from city import SCORED_ON as TODAY

PENALTY = ("kind=administrative_penalty", "severity=general", "decided_on=2026-03-10", "authority=虚构甲局")
NUMBER = "document_no=虚罚〔2026〕401号"
SAID = {
    "join": {"zh": "另一个账号确认", "en": "another account must say so"},
    "part": {"zh": "已分案", "en": "Parted"},
    "confirm": {"zh": "已确认", "en": "Confirmed"},
    "mask": {"zh": "已屏蔽", "en": "Masked"},
}
MORE = {"join": ("M-1",), "part": (), "confirm": (), "mask": ("--document", "（2026）浙08破1号")}


@pytest.fixture
def store(city: Path, tmp_path: Path) -> Path:
    """A copy of the scored store, to write to."""
    return Path(shutil.copy(city, tmp_path / "sise.db"))


def green(store: Path) -> str:
    """An enterprise with a green code."""
    with sqlite3.connect(store) as connection:
        row = connection.execute(
            "SELECT enterprise_id FROM standing WHERE colour = 'green' ORDER BY 1"
        ).fetchone()
        return str(row[0])


def add(sise: Any, store: Path, who: str, record_id: str, *columns: str) -> None:
    """Enters a penalty."""
    fact = (*PENALTY, NUMBER, f"record_id={record_id}", *columns)
    done = sise("record", "add", who, *fact, "--ground", "x", "--by", "mia", "--database", store, today=TODAY)
    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", SAID)
def test_each_command_says_what_it_did(sise: Any, store: Path, command: str, lang: str) -> None:
    """A record is entered, and the command says in the reader's language what became of it."""
    add(sise, store, green(store), "own:1")
    how = ("--ground", "案卷", "--by", "mia", "--database", store, "--lang", lang)
    done = sise("record", command, "own:1", *MORE[command], *how, today=TODAY)
    assert (0, True) == (done.returncode, SAID[command][lang] in done.stdout), done.stderr + done.stdout


def test_a_mask_without_a_ruling_is_refused(sise: Any, store: Path) -> None:
    """Without the number of the court's ruling nothing is hidden."""
    add(sise, store, green(store), "own:1")
    how = ("--ground", "重整", "--by", "mia", "--database", store)
    done = sise("record", "mask", "own:1", *how, today=TODAY)
    assert (2, True) == (done.returncode, "mask_without_ruling" in done.stderr)


def test_a_masked_record_is_told_to_firm_and_authority(sise: Any, store: Path) -> None:
    """``explain`` and ``history`` name it to the enterprise and to the recording authority, to no other officer."""
    who = green(store)
    add(sise, store, who, "own:1")
    how = ("--ground", "重整", "--by", "mia", "--database", store)
    assert 0 == sise("record", "mask", "own:1", *MORE["mask"], *how, today=TODAY).returncode

    def named(command: str, *reader: str) -> bool:
        """Whether the answer names the record."""
        answer = sise(command, who, "--database", store, "--format", "json", *reader, today=TODAY)
        assert 0 == answer.returncode, answer.stderr
        return "虚罚〔2026〕401号" in answer.stdout

    officer = ("--audience", "officer")
    readers = ((), (*officer, "--authority", "虚构甲局"), officer, (*officer, "--authority", "虚构乙局"))
    assert [True, True, False, False] == [named("explain", *reader) for reader in readers]
    assert not named("history", *officer)


def test_a_restoration_ends_every_copy_of_the_act(sise: Any, store: Path) -> None:
    """The same decision under another authority's name and another writing of its number is restored with it."""
    who = green(store)
    add(sise, store, who, "own:1")
    add(sise, store, who, "own:2", "authority=虚构乙局", "document_no=虚罚（2026）401号")
    how = ("--ground", "修复", "--document", "修1号", "--by", "mia", "--database", store, "--format", "json")
    told = json.loads(sise("record", "restore", "own:1", *how, today=TODAY).stdout)
    assert ("own:1", ["own:2"]) == (told["record_id"], [copy["record_id"] for copy in told["copies"]])
    with sqlite3.connect(store) as connection:
        query = (
            "SELECT record_id FROM record_version WHERE restored_on IS NOT NULL AND record_id LIKE 'own:%'"
        )
        assert {("own:1",), ("own:2",)} == set(connection.execute(query))
