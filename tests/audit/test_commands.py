"""``sise audit`` as people use it: keys, checkpoints, a witness, proofs,
and what verification says.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scoring.cli import app
from scoring.errors import SiseError
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import import_source
from scoring.store.log import verify_proof
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import create

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
Run = Callable[..., Result]


def clock() -> datetime:
    """The time of writing."""
    return datetime.now(UTC)


def score(path: str, day: date) -> None:
    """Scores the store as of a day."""
    database = Database(path)
    score_store(database, load_policy("quzhou-demo", day), day, "tester", clock)
    database.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has been scored once."""
    path = tmp_path_factory.mktemp("made") / "sise.db"
    database = Database(str(path))
    create(database)
    import_source(database, SourceSpec("canonical", SAMPLE), "tester", clock)
    database.close()
    score(str(path), date(2026, 1, 31))
    return path


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an empty folder that holds a copy of the store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SISE_LANG", "en")
    shutil.copy(made, tmp_path / "sise.db")

    def call(*arguments: str, code: int = 0) -> Result:
        """Runs it and expects its exit code."""
        result = CliRunner().invoke(app, ["audit", *arguments])
        refused = result.exception.exit_code if isinstance(result.exception, SiseError) else result.exit_code
        assert refused == code, result.output + repr(result.exception)
        return result

    return call


@pytest.fixture
def log(run: Run) -> str:
    """The public key of the log, whose first checkpoint is signed."""
    key = run("key", "--name", "audit.example.gov.cn").stdout.strip()
    run("checkpoint", "--key", "audit.key")
    return key


def size(checkpoint: str) -> int:
    """Entries of a checkpoint."""
    return int(Path(checkpoint).read_text(encoding="utf-8").split("\n")[1])


def rewrite(statement: str) -> None:
    """Something done to the database behind the programme's back."""
    with sqlite3.connect("sise.db") as raw:
        raw.execute(statement)
    raw.close()


def test_a_private_key_is_for_its_owner_alone(run: Run, tmp_path: Path) -> None:
    """The private key is readable by its owner alone and is never overwritten;
    the public one goes to stdout.
    """
    key = run("key", "--name", "audit.example.gov.cn").stdout.strip()
    assert verify_proof.Key.read(key).name == "audit.example.gov.cn"
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    assert isinstance(CliRunner().invoke(app, ["audit", "key", "--name", "other"]).exception, FileExistsError)


def test_a_sound_store(run: Run, log: str) -> None:
    """Nothing is found in a store that nobody touched; without a checkpoint the command says what it
    cannot see, and ends with a code of its own.
    """
    assert "No checkpoint" in run("verify", code=7).stderr
    result = run("verify", "--checkpoint", "audit.checkpoint", "--log", log)
    assert result.stdout == ""
    assert f"Sound: {size('audit.checkpoint')} entries" in result.stderr.replace("\n", " ")


def test_what_was_changed_is_named(run: Run, log: str) -> None:
    """A changed record is named in both languages and as JSON, the exit code is 6,
    and nothing is signed any more.
    """
    rewrite("UPDATE record_version SET severity = 'minor' WHERE seq = 400")
    assert run("verify", code=6).stdout == "record_version 400: does not match its digest, it was changed\n"
    assert "record_version 400：内容与摘要不符" in run("verify", "--lang", "zh", code=6).stdout
    findings = json.loads(run("verify", "--format", "json", code=6).stdout)["findings"]
    assert [(finding["what"], finding["table"], finding["key"]) for finding in findings] == [
        ("changed", "record_version", "400")
    ]
    run("checkpoint", "--key", "audit.key", code=4)


@pytest.mark.parametrize(
    ("command", "cell"),
    [
        (("replay",), "UPDATE assessment SET as_of = 'abc' WHERE number = 3"),
        (("replay",), "UPDATE record_version SET severity = CAST(x'ff' AS TEXT) WHERE seq = 900"),
        (("replay",), "UPDATE source_map SET covers = '['"),
        (
            ("proof", "2", "--log", "LOG"),
            "UPDATE audit_event SET payload_hash = 7, payload = NULL WHERE seq = 2",
        ),
    ],
)
def test_what_computes_with_rows_refuses_what_none_can_hold(
    run: Run, log: str, command: tuple[str, ...], cell: str
) -> None:
    """A row that nobody can compute with is a sentence that says how it is found, in every command."""
    rewrite(cell)
    refused = run(*(log if word == "LOG" else word for word in command), code=4).exception
    assert "audit verify" in str(refused)


def test_an_older_backup_is_found(run: Run, log: str, made: Path) -> None:
    """A backup from before the published checkpoint is found by it,
    and no new checkpoint is signed over it.
    """
    score("sise.db", date(2026, 6, 30))
    run("checkpoint", "--key", "audit.key")
    Path("sise.db-wal").unlink(missing_ok=True)
    shutil.copy(made, "sise.db")
    assert "older backup" in run("verify", "--checkpoint", "audit.checkpoint", "--log", log, code=6).stdout
    assert "an older backup was restored" in str(run("checkpoint", "--key", "audit.key", code=4).exception)


def test_what_lies_behind_the_checkpoint_is_said(run: Run, log: str) -> None:
    """How many entries a published checkpoint covers, since when, and how many it does not."""
    covered = size("audit.checkpoint")
    score("sise.db", date(2026, 6, 30))
    arguments = ("verify", "--checkpoint", "audit.checkpoint", "--log", log)
    report = json.loads(run(*arguments, "--format", "json").stdout)
    assert report["anchored"] == covered < report["events"]
    said = run(*arguments).stderr.replace("\n", " ")
    assert f"{covered} of {report['events']} entries anchored, last on {report['anchored_at'][:10]}" in said
    assert f"for the {report['events'] - covered} behind them" in said


def test_a_schema_that_says_it_is_another(run: Run, log: str) -> None:
    """A number of the schema that somebody rewrote is found instead of being believed; and nothing is
    raised over it.
    """
    rewrite("UPDATE sise_schema SET version_num = '0001'")
    assert "sise_schema: says schema 0001" in run("verify", code=6).stdout
    refused = CliRunner().invoke(app, ["db", "upgrade", "--database", "sise.db"]).exception
    assert "the schema says that it is 0001 and is not" in str(refused)


def grown(database: str, days: list[date], log: str) -> str:
    """The request to a witness after scoring as of the first day and then as of the second."""
    for number, day in enumerate(days):
        score(database, day)
        run_checkpoint(database, f"{database}.{number}")
    arguments = ["audit", "growth", f"{database}.0", f"{database}.1", "--log", log, "--database", database]
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def run_checkpoint(database: str, to: str) -> None:
    """Signs a checkpoint of a database."""
    arguments = ["audit", "checkpoint", "--key", "audit.key", "--database", database, "--out", to]
    assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0


def test_a_witness_signs_what_continues(run: Run, log: str, made: Path) -> None:
    """The witness countersigns what continues the checkpoint seen last, once, and refuses a log
    that was forked before it.
    """
    witness = run(
        "key", "--name", "witness.example.gov.cn", "--witness", "--out", "witness.key"
    ).stdout.strip()
    signing = ("--key", "witness.key", "--log", log)
    shutil.copy(made, "fork.db")
    Path("next").write_text(grown("sise.db", [date(2026, 2, 28), date(2026, 6, 30)], log), encoding="utf-8")
    Path("fork").write_text(grown("fork.db", [date(2026, 3, 31), date(2026, 6, 30)], log), encoding="utf-8")
    shutil.copy("sise.db.0", "seen.checkpoint")
    signing = (*signing, "--seen", "seen.checkpoint")
    assert "does not continue" in str(run("witness", "fork", *signing, code=4).exception)
    Path("both.checkpoint").write_text(run("witness", "next", *signing).stdout, encoding="utf-8")
    run("verify", "--checkpoint", "both.checkpoint", "--log", log, "--witness", witness)
    assert "the request starts at" in str(run("witness", "next", *signing, code=4).exception)


def test_a_witness_begins_with_the_first_checkpoint(run: Run, log: str) -> None:
    """A witness that has seen nothing yet says so and takes the first checkpoint as it is; one that has
    lost its memory, or only looks for it in another folder, signs nothing.
    """
    run("key", "--name", "witness.example.gov.cn", "--witness", "--out", "witness.key")
    Path("first").write_text(
        "old 0\n\n" + Path("audit.checkpoint").read_text(encoding="utf-8"), encoding="utf-8"
    )
    signing = ("--key", "witness.key", "--log", log, "--seen", "seen.checkpoint")
    assert "add --first" in str(run("witness", "first", *signing, code=4).exception)
    run("witness", "first", *signing, "--first")
    assert "leave --first out" in str(run("witness", "first", *signing, "--first", code=2).exception)
    assert size("seen.checkpoint") == size("audit.checkpoint")


@pytest.mark.parametrize("ref", ["2", "record", "enterprise"])
def test_a_proof_is_checked_offline(run: Run, log: str, ref: str) -> None:
    """Proofs of an entry, of a record and of a colour in effect are accepted by the script that
    is shipped alone.
    """
    with sqlite3.connect("sise.db") as raw:
        record, enterprise = raw.execute(
            "SELECT record_id, enterprise_id FROM record_version WHERE seq = 900"
        ).fetchone()
    raw.close()
    name = {"2": "2", "record": record, "enterprise": enterprise}[ref]
    run("proof", name, "--log", log, "--out", "it.tlog-proof")
    command = [sys.executable, "-I", "-S", verify_proof.__file__, "it.tlog-proof", "--key", log]
    proven = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert proven.get("row", {}).get("record_id", "") == (record if ref == "record" else "")
    assert ("colour" in proven.get("row", {}) or "points" in proven.get("row", {})) == (ref == "enterprise")
    assert run("proof", "no-such-id", "--log", log, code=4)


def test_a_checkpoint_before_the_entry_proves_nothing(run: Run, log: str) -> None:
    """An entry that is later than the checkpoint is not proven by it,
    and the sentence says what to do.
    """
    score("sise.db", date(2026, 6, 30))
    assert "sign a new one" in str(
        run("proof", str(size("audit.checkpoint") + 1), "--log", log, code=4).exception
    )
