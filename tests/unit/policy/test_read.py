"""Hostile and damaged rule files are refused with a place and a sentence."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from reviews import reviews

from scoring.errors import PolicyError
from scoring.policy import load
from scoring.policy.check.checks import check_file
from scoring.policy.load import read_policy_file
from scoring.policy.read.document import MAX_BYTES, policy_sha256
from scoring.rules import POLICIES

DEMO = POLICIES / "quzhou-demo" / "2023-05-01.toml"


def _refusal(path: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        read_policy_file(path)
    return caught.value


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "missing"),
        (b"id = \xff\xfe", "UTF-8"),
        (b"x = " + b"[" * 5_000 + b"]" * 5_000, "nested"),
        (b"x = " + b"[" * 50 + b"]" * 50, "nested"),
        (b"x = " + b"9" * 5_000, "TOML"),
        (b"#" * (MAX_BYTES + 1), "bytes"),
        (b"id = nan\nvalid_from = inf", "expected"),
        (b"id = 'x'\nvalid_from = 2026-04-01T10:00:00Z", "expected"),
        (b"\x00", "TOML"),
    ],
)
def test_hostile_file_is_refused(tmp_path: Path, content: bytes, word: str) -> None:
    """Empty, binary, deep, huge and strange content gives a PolicyError that says what is wrong."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    error = _refusal(path)
    assert (True, True, True) == (word in error.en, str(path) in error.place, error.zh != error.en)


def test_absent_file_and_folder_are_refused(tmp_path: Path) -> None:
    """A path that is no readable file is named in the error."""
    assert [str(tmp_path), str(tmp_path / "none.toml")] == [
        _refusal(p).place for p in (tmp_path, tmp_path / "none.toml")
    ]


def test_errors_beyond_the_first_are_counted(tmp_path: Path) -> None:
    """Loading names the first fault and how many more there are."""
    path = tmp_path / "bad.toml"
    path.write_text('id = "x"\n', encoding="utf-8")
    assert True is ("more, see `sise policy check`" in _refusal(path).en)


def codes(path: Path) -> list[str]:
    """What the check finds in a file."""
    return [finding.code for finding in check_file(path)]


def decided(path: Path) -> str:
    """Hash of what a policy decides, its labels left out."""
    return policy_sha256(read_policy_file(path).policy)


def test_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    """A file saved by a Windows editor reads the same."""
    path, plain = tmp_path / "windows.toml", tmp_path / "plain.toml"
    shutil.copy(DEMO, plain)
    path.write_bytes(b"\xef\xbb\xbf" + DEMO.read_bytes().replace(b"\n", b"\r\n"))
    assert (codes(plain), decided(plain)) == (codes(path), decided(path))


def test_hash_ignores_labels_comments_and_order(tmp_path: Path) -> None:
    """A better translation or a comment keeps the hash."""
    path = tmp_path / "draft.toml"
    text = DEMO.read_text(encoding="utf-8").replace(
        "Refused a food inspection", "Turned a food inspection away"
    )
    assert text != DEMO.read_text(encoding="utf-8")
    path.write_text("# another comment\n" + text, encoding="utf-8")
    assert decided(DEMO) == decided(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("base = 850", "base = 851"),
        ("points = -60 }", "points = -61 }"),
        ("sampling_bp = 300", "sampling_bp = 301"),
        ("upto = 60,", "upto = 61,"),
    ],
)
def test_hash_follows_every_number(tmp_path: Path, old: str, new: str) -> None:
    """Whatever decides anything moves the hash."""
    path = tmp_path / "draft.toml"
    path.write_text(DEMO.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert decided(DEMO) != decided(path)


def test_hash_is_64_hexadecimal_digits() -> None:
    """The hash has the form that results store."""
    digest = decided(DEMO)
    assert (64, set()) == (len(digest), set(digest) - set("0123456789abcdef"))


def test_only_a_released_file_takes_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy under another name, or in a folder from elsewhere, is a demonstration whatever the register beside it says."""
    folder = tmp_path / "quzhou-demo"
    folder.mkdir()
    shutil.copy(DEMO, folder / "2023-05-01.toml")
    shutil.copy(DEMO, folder / "copy.toml")
    entry = '[[versions]]\nvalid_from = 2023-05-01\nstatus = "in force"\nchecked_on = 2023-06-30\n'
    entry += f'rules_sha256 = "{read_policy_file(DEMO).rules_sha256}"\n'
    entry += "".join(reviews(date(2023, 1, 5)).values())
    (folder / "register.toml").write_text(entry, encoding="utf-8")
    names = ("2023-05-01.toml", "copy.toml")
    assert ["demonstration"] * 2 == [read_policy_file(folder / name).status for name in names]
    monkeypatch.setattr(load, "POLICIES", tmp_path)
    versions = [read_policy_file(folder / name) for name in names]
    assert [("in force", False), ("demonstration", True)] == [(v.status, v.demonstration) for v in versions]
