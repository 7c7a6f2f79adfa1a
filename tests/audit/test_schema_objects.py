"""The schema is part of what is verified: whatever the migrations do not make, or make otherwise, is
named, and an index that hides rows as well.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from crashing import stored

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.schema_objects import schema_findings
from scoring.store.audit.sound import check
from scoring.store.audit.verify import AuditReport, verify_store
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import newest

INDEX = "ix_record_version_enterprise_id"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has been scored."""
    return stored(tmp_path_factory.mktemp("schema") / "sise.db")


def changed(made: Path, folder: Path, *statements: str) -> Path:
    """A copy of the store on which something was done behind the programme's back."""
    place = Path(shutil.copy(made, folder / "sise.db"))
    raw = sqlite3.connect(place)
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()
    return place


def verified(place: Path) -> AuditReport:
    """What an audit says of a file."""
    database = Database(str(place))
    try:
        return verify_store(database)
    finally:
        database.close()


def test_the_migrations_make_what_they_make(made: Path) -> None:
    """A store that nobody touched has the schema of the migrations, of the newest number."""
    database = Database(str(made))
    with database.read() as connection:
        assert schema_findings(connection, newest()) == []
    database.close()


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (f"DROP INDEX {INDEX}", AuditFinding("lacking", "record_version", INDEX, "index")),
        ("CREATE INDEX extra ON step (kind)", AuditFinding("foreign", "step", "extra", "index")),
        ("CREATE TABLE extra (id INTEGER)", AuditFinding("foreign", "extra", "extra", "table")),
        ("CREATE VIEW extra AS SELECT 1 AS one", AuditFinding("foreign", "extra", "extra", "view")),
        ("ALTER TABLE step ADD COLUMN extra TEXT", AuditFinding("foreign", "step", "extra", "column")),
        ("ALTER TABLE step RENAME COLUMN ground TO why", AuditFinding("lacking", "step", "ground", "column")),
        ("DROP TABLE model", AuditFinding("lacking", "model", "model", "table")),
        (
            "CREATE TRIGGER extra AFTER INSERT ON step BEGIN DELETE FROM step; END",
            AuditFinding("foreign", "step", "extra", "trigger"),
        ),
        (
            "UPDATE sise_schema SET version_num = '0002'",
            AuditFinding("revision", "sise_schema", "0002", newest()),
        ),
        ("DELETE FROM sise_schema", AuditFinding("revision", "sise_schema", "—", newest())),
        ("DROP TABLE sise_schema", AuditFinding("lacking", "sise_schema", "sise_schema", "table")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_object_is_named(made: Path, tmp_path: Path, statement: str, finding: AuditFinding) -> None:
    """An object that was dropped, added or changed is named with its kind and its table."""
    assert finding in verified(changed(made, tmp_path, statement)).findings


def test_an_index_that_hides_rows_is_found(made: Path, tmp_path: Path) -> None:
    """An index that leaves out one enterprise, under the definition of the one that leaves out none, is
    found by the database's own check, here and by `db check`.
    """
    place = changed(
        made,
        tmp_path,
        f"DROP INDEX {INDEX}",
        f"CREATE INDEX {INDEX} ON record_version (enterprise_id) WHERE seq <> 1000",
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = 'CREATE INDEX {INDEX} ON record_version (enterprise_id)'"
        f" WHERE name = '{INDEX}'",
    )
    findings = verified(place).findings
    assert {"damaged"} == {finding.what for finding in findings}
    assert any(INDEX in finding.key for finding in findings)
    database = Database(str(place))
    assert any(INDEX in finding.key for finding in check(database))
    database.close()


@pytest.mark.parametrize(
    "damage", ["UPDATE sqlite_master SET sql = 'nonsense'", "DELETE FROM sqlite_master WHERE name = 'head'"]
)
def test_a_file_that_does_not_open_is_a_finding(made: Path, tmp_path: Path, damage: str) -> None:
    """A schema that SQLite itself cannot read any more is found, and stops nobody with a traceback."""
    place = changed(made, tmp_path, "PRAGMA writable_schema = ON", damage)
    assert verified(place).findings


def test_damaged_pages_are_found(made: Path, tmp_path: Path) -> None:
    """Pages in the middle of the file that hold something else are found."""
    place = Path(shutil.copy(made, tmp_path / "sise.db"))
    with place.open("r+b") as file:
        file.seek(place.stat().st_size // 2)
        file.write(b"\xff" * 20_000)
    assert verified(place).findings
