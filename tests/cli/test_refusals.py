"""Whatever a person gets wrong is one sentence and an exit code; nothing is half-written and nothing is a traceback."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scoring import cli

SAMPLE = Path("data/sample")
DAY = ("--as-of", "2026-09-30")


def _empty(folder: Path) -> None:
    (folder / "records.csv").write_bytes(b"")


def _wrong_column(folder: Path) -> None:
    text = (folder / "records.csv").read_text(encoding="utf-8-sig")
    (folder / "records.csv").write_text(text.replace("decided_on", "decided_date", 1), encoding="utf-8")


def _no_records(folder: Path) -> None:
    for name in ("records.csv", "enterprises.csv"):
        (folder / name).rename(folder / f"old-{name}")


def _truncated(folder: Path) -> None:
    (folder / "records.csv").unlink()
    whole = (folder.parent / "whole.parquet").read_bytes()
    (folder / "records.parquet").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_empty, "records.csv"),
        (_wrong_column, "decided_on"),
        (_no_records, "enterprises"),
        (_truncated, "records.parquet"),
    ],
)
def test_bad_folders(
    sise: Any, scored: Path, tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    """An empty file, a misspelt column, a folder of another kind and a truncated Parquet are each refused, and out stays away."""
    shutil.copytree(SAMPLE, tmp_path / "in")
    shutil.copy(scored / "records.parquet", tmp_path / "whole.parquet")
    spoil(tmp_path / "in")
    done = sise("score", "--source", f"canonical:{tmp_path / 'in'}", *DAY, "--out", tmp_path / "out")
    _refused(done, 4, words)
    assert {"in", "whole.parquet"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("score", *DAY), 2, "--source"),
        (("score", "--source", "canonical", *DAY), 2, "canonical:"),
        (("score", "--source", "nowhere:data/sample", *DAY), 4, "nowhere"),
        (("score", "--source", "canonical:no/such/folder", *DAY), 4, "no/such/folder"),
        (("score", "--source", "beijing-culture:data/sample", *DAY), 4, "inspections"),
        (("score", "--source", "canonical:data/sample", "--as-of", "30.6.2026"), 2, "YYYY-MM-DD"),
        (("score", "--source", "canonical:data/sample", "--as-of", "2020-01-01"), 3, "2023-05-01"),
        (("score", "--source", "canonical:data/sample", "--policy", "quzhou-dem", *DAY), 3, "quzhou-demo"),
        (("score", "--source", "canonical:data/sample", *DAY, "--engine", "spark"), 2, "sc://"),
        (("score", "--source", "canonical:data/sample", *DAY, "--prior", "data/README.md"), 4, "band"),
        (("explain", "x", "--database", "data/none.db"), 4, "sise db init"),
        (("explain", "x", *DAY), 2, "--source"),
        (("policy", "show", "quzhou-demo@1999-01-01"), 3, "2026-04-01"),
        (("policy", "check", "data/README.md"), 3, "README.md"),
        (("policy", "check", "no-such.toml"), 4, "no-such.toml"),
        (("policy", "list", "--bogus"), 2, "Usage: sise policy list"),
        (("serve", "--database", "data/none.db"), 4, "sise db init"),
        (("score", "--db", *DAY, "--by", "w", "--database", "c.db"), 2, "sise db score"),
        (("score", "--db=true"), 2, "sise db score"),
        (("score", "--source", "canonical:data/sample", "--database", "c.db"), 2, "No such option"),
        (("db", "due", "--by", "2026-12-31"), 2, "sise db due --until 2026-12-31"),
        (("db", "due", "--by=2026-12-31"), 2, "--until"),
        (("explain", "x", "--policy", "quzhou-demo"), 2, "--source"),
        (
            ("explain", "x", "--source", "canonical:data/sample", "--database", "c.db"),
            2,
            "sise explain ID --database",
        ),
        (("explain", "x", "--source", "canonical:no/such/folder", *DAY), 4, "no/such/folder"),
        (
            ("model", "rank", "district-demo", "--source", "canonical:data/sample", "--database", "c.db"),
            2,
            "--db",
        ),
        (
            ("model", "rank", "district-demo", "--db", "--source", "canonical:data/sample"),
            2,
            "sise db import",
        ),
        (("audit", "verify", "--witness", "w+1+x"), 2, "--checkpoint"),
        (("audit", "verify", "--log", "l+1+x"), 2, "--checkpoint"),
        (("history", "x", "--prior", "scores.parquet"), 2, "No such option"),
        (("db", "check", "--database", "mysql://x"), 2, "SISE_DATABASE_URL"),
        (("db", "restore", "data/none.db", "--database", "data/none.db"), 4, "no such backup"),
        (("record", "add", "x", "kind", "--ground", "g"), 2, "kind=inspection"),
    ],
)
def test_bad_calls(sise: Any, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    """Each wrong call gets its exit code and a sentence that names what to write instead."""
    out = ("--out", str(tmp_path / "out")) if arguments[0] == "score" else ()
    _refused(sise(*arguments, *out), code, words)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("lang", "command"), [("zh", "sise db score"), ("en", "sise db score"), ("zh", "due"), ("en", "due")]
)
def test_old_spellings_are_refused_in_the_language_that_was_typed(sise: Any, lang: str, command: str) -> None:
    """The sentence that names the new spelling is in the language of ``--lang``, though nobody reads the rest of the call."""
    typed = ("db", "due", "--by", "2026-12-31") if command == "due" else ("score", "--db")
    done = sise(*typed, "--lang", lang, lang="en" if lang == "zh" else "zh")
    assert (2, lang == "zh") == (
        done.returncode,
        any("\u4e00" <= letter <= "\u9fff" for letter in done.stderr),
    )


def test_other_folders_are_left_alone(sise: Any, tmp_path: Path) -> None:
    """A folder that holds something else is refused as ``--out``, keeps what it holds, and is not proposed as another one."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    done = sise("score", "--source", "canonical:data/sample", *DAY, "--out", folder)
    _refused(done, 4, f"--out {folder}-2")
    assert ["letter.txt"] == [path.name for path in folder.iterdir()]


def test_a_missing_source_is_named_before_the_folder(sise: Any, tmp_path: Path) -> None:
    """Who mistypes a source and has a foreign folder hears of the source first."""
    (tmp_path / "letter.txt").write_text("mine")
    done = sise("score", "--source", "canonical:nope", *DAY, "--out", tmp_path)
    _refused(done, 4, "nope")
    assert "left alone" not in done.stderr


@pytest.mark.parametrize(
    ("place", "words"),
    [("missing/list.csv", "mkdir -p"), ("file/list.csv", "folder"), ("/proc/list.csv", "the system refused")],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    sise: Any, tmp_path: Path, place: str, words: str
) -> None:
    """A list is refused before anything is read where its folder is missing, is no folder, or cannot be written to."""
    (tmp_path / "file").write_text("")
    out = tmp_path / place
    for command in (
        ("model", "rank", "district-demo-order", "--source", "canonical:data/sample", *DAY, "--out", out),
        ("db", "colours", "--out", out, "--database", tmp_path / "none.db"),
        ("report", "fairness", "--out", out, "--database", tmp_path / "none.db"),
        ("history", "x", "--svg", out, "--database", tmp_path / "none.db"),
        (
            "db",
            "import",
            "--source",
            "canonical:data/sample",
            "--rejects",
            out,
            "--database",
            tmp_path / "s.db",
        ),
    ):
        if command[1] == "import":
            assert 0 == sise("db", "init", "--database", tmp_path / "s.db").returncode
        _refused(sise(*command), 4, words)
    assert ["file"] == sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("s.db"))


def test_strict_reports_rejections(sise: Any, tmp_path: Path) -> None:
    """Rejections are reported and the result is written; ``--strict`` makes them exit code 5."""
    done = sise("score", "--source", "canonical:data/sample", *DAY, "--out", tmp_path / "out", "--strict")
    assert (5, True) == (done.returncode, (tmp_path / "out" / "scores.parquet").is_file())


def test_unknown_enterprise(sise: Any, city: Path) -> None:
    """An id that is not in the results is named, and the sentence says how to find one."""
    _refused(sise("explain", "91330802YY00000000", "--database", city), 4, "91330802YY00000000")


def test_taken_port(sise: Any, scored: Path) -> None:
    """A taken port is said before any work is done, with another way."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        _refused(sise("serve", "--database", scored / "none.db", "--port", port), 4, "--port")
        _refused(sise("demo", "--port", port), 4, "--port")


def test_what_the_machine_refuses(sise: Any, scored: Path, city: Path, tmp_path: Path) -> None:
    """A folder where a file should be written is one sentence, in the language of the call, not a traceback."""
    (folder := tmp_path / "code.png").mkdir()
    command = ("code", "render", _any(scored), "--database", city, "--out", folder, "--lang", "zh")
    done = sise(*command)
    _refused(done, 4, "系统拒绝")
    assert [folder] == list(tmp_path.rglob("*"))


@pytest.mark.parametrize(("cause", "expected"), [(KeyboardInterrupt(), SystemExit), (None, RuntimeError)])
def test_interrupted_query(
    monkeypatch: pytest.MonkeyPatch, cause: BaseException | None, expected: type[BaseException]
) -> None:
    """Ctrl-C in the midst of a query ends the run without a traceback; a fault that nobody foresaw stays visible."""

    def broken_off(**_: str) -> None:
        raise RuntimeError("Query interrupted") from cause

    monkeypatch.setattr(cli, "app", broken_off)
    with pytest.raises(expected) as ended:
        cli.main()
    assert getattr(ended.value, "code", None) == (130 if cause else None)


def test_a_foreign_district_is_left_alone(sise: Any, tmp_path: Path) -> None:
    """``demo`` writes its district only where nothing or an older district is; brackets in a path are no markup."""
    foreign = tmp_path / "[/b]out-district"
    foreign.mkdir(parents=True)
    (foreign / "records.csv").write_text("mine")
    _refused(
        sise("demo", "--no-serve", "--enterprises", 200, "--out", tmp_path / "[/b]out"), 4, "[/b]out-district"
    )
    assert ("mine", 1) == ((foreign / "records.csv").read_text(), len(list(tmp_path.iterdir())))


def test_sentences_in_chinese(sise: Any) -> None:
    """The same refusal is a Chinese sentence for who reads Chinese."""
    done = sise("score", *DAY, lang="zh")
    assert (2, True) == (done.returncode, "缺少 --source" in done.stderr)


def _any(scored: Path) -> str:
    return str(pd.read_parquet(scored / "scores.parquet")["enterprise_id"].iloc[0])


def _refused(done: Any, code: int, words: str) -> None:
    said = done.stderr + done.stdout
    assert (code, True, False) == (done.returncode, words in said, "Traceback" in said), said
