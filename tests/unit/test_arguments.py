"""What a person types, as values: languages, days, origins, policies to check, addresses."""

from __future__ import annotations

import errno
import socket
from datetime import date
from pathlib import Path

import pytest

from scoring.cli import arguments
from scoring.cli.demo import LEDGER
from scoring.disk import refuse_foreign
from scoring.errors import EnvironmentRefusedError, InputError, PolicyError, UsageError


@pytest.mark.parametrize(
    ("chosen", "environment", "expected"),
    [
        (None, {}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "zh"),
        (None, {"LC_ALL": "POSIX", "LANG": "en_GB.UTF-8"}, "zh"),
        (None, {"LANG": "en_GB.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "en_US", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"SISE_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ("en", {"SISE_LANG": "zh"}, "en"),
    ],
)
def test_language(chosen: str | None, environment: dict[str, str], expected: str) -> None:
    """The option decides, then ``SISE_LANG``, then an explicitly English locale; everything else is Chinese."""
    assert expected == arguments.language(chosen, environment)


def test_day() -> None:
    """No day is today, as the caller says; what is no date is refused."""
    assert (date(2026, 6, 30), date(2026, 1, 2)) == (
        arguments.day("2026-06-30", date(2026, 1, 2)),
        arguments.day("", date(2026, 1, 2)),
    )
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        arguments.day("30.6.2026", date(2026, 1, 2))
    for far in ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"):
        with pytest.raises(UsageError, match="1900-01-01 to 2199-12-31"):
            arguments.day(far, date(2026, 1, 2))


@pytest.mark.parametrize(("policy", "as_of"), [("quzhou-demo", ""), (None, "2026-06-30")])
def test_options_of_files_are_refused_for_the_store(policy: str | None, as_of: str) -> None:
    """A policy or a day for what the store holds would be ignored: each is refused."""
    arguments.refuse_files_options(None, "")
    with pytest.raises(UsageError, match=r"--source"):
        arguments.refuse_files_options(policy, as_of)


def test_a_store_that_nobody_would_read_is_refused() -> None:
    """``--database`` beside ``--source`` or without ``--db`` is refused; a variable of the environment is no such request."""
    arguments.refuse_database(None)
    arguments.refuse_database_without_db(None)
    with pytest.raises(UsageError, match="leave one out"):
        arguments.refuse_database("sise.db")
    with pytest.raises(UsageError, match="goes with --db"):
        arguments.refuse_database_without_db("sise.db")
    environment = {"SISE_DATABASE_URL": "city.db"}
    assert ["typed.db", "city.db", "sise.db"] == [
        arguments.store_address("typed.db", environment),
        arguments.store_address(None, environment),
        arguments.store_address(None, {}),
    ]


def test_sources_are_there() -> None:
    """A source has a map that there is and a path that is there; the first that has not is named."""
    assert ["canonical:data/sample"] == [str(spec) for spec in arguments.specs(["canonical:data/sample"])]
    for typed, error, words in (
        (None, UsageError, "--source is missing"),
        (["canonical:data/sample", "canonical:nope"], InputError, "nope"),
        (["canonica:data/sample"], InputError, "canonical"),
    ):
        with pytest.raises(error, match=words):
            arguments.specs(typed)


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """An absent folder, a file in the place of one, and what the machine does not let anybody write are refused; nothing is left."""
    arguments.refuse_unusable(tmp_path / "list.csv")
    (tmp_path / "older.csv").write_text("older")
    arguments.refuse_unusable(tmp_path / "older.csv")
    with pytest.raises(InputError, match="mkdir -p"):
        arguments.refuse_unusable(tmp_path / "absent" / "list.csv")
    with pytest.raises(EnvironmentRefusedError, match="the system refused"):
        arguments.refuse_unusable(Path("/proc/list.csv"))
    assert ("older", ["older.csv"]) == (
        (tmp_path / "older.csv").read_text(),
        [path.name for path in tmp_path.iterdir()],
    )


def test_findings_by_id_version_and_file(tmp_path: Path) -> None:
    """A policy is checked by id, by version or as a file; what cannot be read is refused, an unknown id named."""
    assert {"warning"} >= {
        f.severity
        for f in (*arguments.findings("quzhou-demo"), *arguments.findings("quzhou-demo@2026-04-01"))
    }
    with pytest.raises(InputError, match="cannot read the file"):
        arguments.findings("missing.toml")
    with pytest.raises(InputError):
        arguments.findings(str(tmp_path))
    with pytest.raises(PolicyError, match="quzhou-demo"):
        arguments.findings("quzhou-dem")


def test_a_silent_address_is_refused() -> None:
    """An address at which nothing answers is refused before anything is read, and so is one for the wrong engine."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(EnvironmentRefusedError, match="Spark Connect"):
            arguments.reachable("spark", f"sc://127.0.0.1:{port}/;user_id=x")
    with pytest.raises(UsageError, match="--engine spark"):
        arguments.reachable("duckdb", "sc://spark.local:15002")
    assert arguments.reachable("duckdb", None) is None


def test_without_the_client_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no Spark client is told the exact command that installs it from the lock."""
    monkeypatch.setattr(arguments, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentRefusedError, match=r"--require-hashes -r requirements/dev\.txt"):
        arguments.reachable("spark", "sc://spark.local:15002")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("http://127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("http://[::1]:80", True),
        ("https://code.example.org", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    """An address of this machine is told from one that a phone can open."""
    assert expected == arguments.is_loopback(host)


def test_foreign_district(tmp_path: Path) -> None:
    """A folder with somebody's files is refused; an absent, empty or older district is not."""
    refuse_foreign(tmp_path / "absent", LEDGER)
    refuse_foreign(tmp_path, LEDGER)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="left alone"):
        refuse_foreign(tmp_path, LEDGER)
    (tmp_path / "ledger.csv").write_text("")
    refuse_foreign(tmp_path, LEDGER)


def test_what_the_machine_refuses_is_a_sentence() -> None:
    """Any fault of the machine becomes a sentence with its file, in both languages, and exit code 4."""
    refusal = arguments.environment_refusal(OSError(errno.ENOSPC, "No space left on device", "out/code.png"))
    assert (4, "out/code.png") == (refusal.exit_code, refusal.place)
    assert all("No space left on device" in refusal.text(lang) for lang in ("zh", "en"))


def test_salt_is_long_or_of_this_run_alone() -> None:
    """A short salt, with which ids could be tried out, is refused; without one the run's own is taken."""
    with pytest.raises(UsageError, match="could be tried out"):
        arguments.salt({arguments.SALT: "short"}, "0" * 64)
    assert "0" * 64 == arguments.salt({}, "0" * 64)
    assert "0123456789abcdef" == arguments.salt({arguments.SALT: "0123456789abcdef"}, "0" * 64)
