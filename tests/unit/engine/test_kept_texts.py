"""Texts of SQL that are kept from one process to the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from scoring.engine import kept_texts
from scoring.engine.kept_texts import MOST_KEPT, kept_text
from scoring.policy.load import load_policy

RULES = load_policy("quzhou-demo", None)
OTHER_RULES = load_policy("food-demo", None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test, which is not there yet."""
    path = tmp_path / "cache" / "sise"
    monkeypatch.setenv("SISE_CACHE", str(path))
    return path


@pytest.fixture
def numbered() -> Iterator[str]:
    """Another text each time one is written."""
    return (f"SELECT {number}" for number in count())


def test_it_is_written_once(folder: Path, numbered: Iterator[str]) -> None:
    """The same text of the same rules is read, one of another name or of other rules is written."""
    asked = [
        (RULES, "result"),
        (RULES, "result"),
        (RULES, "trace"),
        (OTHER_RULES, "result"),
        (RULES, "trace"),
    ]
    texts = [kept_text(rules, name, numbered.__next__) for rules, name in asked]
    assert ["SELECT 0", "SELECT 0", "SELECT 1", "SELECT 2", "SELECT 1"] == texts
    assert 0o700 == folder.stat().st_mode & 0o777


@pytest.mark.usefixtures("folder")
def test_changed_code_writes_anew(numbered: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of code, a version of a library or a closed list that changed finds no text of before."""
    texts = [kept_text(RULES, "result", numbered.__next__)]
    for name, changed in (("CODE_SHA256", "changed"), ("lists_content", lambda: "changed")):
        monkeypatch.setattr(kept_texts, name, changed)
        texts.append(kept_text(RULES, "result", numbered.__next__))
    assert ["SELECT 0", "SELECT 1", "SELECT 2"] == texts


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_what_others_may_write_is_not_run(folder: Path, numbered: Iterator[str], mode: int) -> None:
    """A folder that another account may write to is neither read nor written."""
    kept_text(RULES, "result", numbered.__next__)
    kept = {path: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    folder.chmod(mode)
    assert "SELECT 1" == kept_text(RULES, "result", numbered.__next__)
    assert kept == {path: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.mark.parametrize("damage", [b"", b"SELECT 7", b"\xff\xfe"])
def test_what_was_damaged_is_written_anew(folder: Path, numbered: Iterator[str], damage: bytes) -> None:
    """A file that is not what was written is not run, and replaced."""
    kept_text(RULES, "result", numbered.__next__)
    (kept,) = folder.iterdir()
    kept.write_bytes(damage)
    assert ["SELECT 1", "SELECT 1"] == [kept_text(RULES, "result", numbered.__next__) for _ in range(2)]


def test_without_a_folder_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbered: Iterator[str]
) -> None:
    """Where no folder can be made, each process writes its own."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SISE_CACHE", str(tmp_path / "file" / "sise"))
    texts = [kept_text(RULES, "result", numbered.__next__) for _ in range(2)]
    assert ["SELECT 0", "SELECT 1"] == texts


def test_those_read_last_are_kept(folder: Path, numbered: Iterator[str]) -> None:
    """No more than so many are kept, and what is read stays."""
    first = kept_text(RULES, "first", numbered.__next__)
    for number in range(MOST_KEPT + 10):
        kept_text(RULES, f"text {number}", numbered.__next__)
        assert first == kept_text(RULES, "first", numbered.__next__)
    assert MOST_KEPT == len(list(folder.iterdir()))
