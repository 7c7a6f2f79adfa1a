"""Whoever knows how digests are made is found out too: by the entry,
and by the checkpoint that was published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update
from stores import ACCOUNTS, ready

from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.verify import verify
from scoring.store.facts.importing import import_source
from scoring.store.log.canonical_json import dumps
from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.log.merkle import Frontier, leaf_hash
from scoring.store.log.note import Checkpoint
from scoring.store.log.verify_proof import leaf_data
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database
from scoring.store.tables.orm import AuditEvent, RecordVersion, table_of

IMPORT = len(ACCOUNTS) + 1
"""The entry of the import: before it stand those of the accounts."""
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def clock() -> datetime:
    """The time of writing."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store with some of everything."""
    database = Database(str(tmp_path_factory.mktemp("tampering") / "sise.db"))
    ready(database, clock)
    import_source(database, SourceSpec("canonical", SAMPLE), "tester", clock)
    version = load_policy("quzhou-demo", date(2026, 6, 30))
    for as_of in (date(2026, 1, 31), date(2026, 6, 30)):
        score_store(database, version, as_of, "tester", clock)
    yield database
    database.close()


def test_the_untouched_store_is_sound(store: Database) -> None:
    """What nobody touched gives no finding, and every row was looked at."""
    with store.read() as connection:
        report = verify(connection)
        row_count = sum(
            connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar_one()
            for table in ("enterprise_version", "record_version")
        )
    assert report.findings == []
    assert report.rows > row_count > 3000


def forged(connection: Connection, seq: int) -> None:
    """Rewrites a record together with its digest,
    as somebody would who knows how digests are made.
    """
    table = table_of(RecordVersion)
    record = connection.execute(select(table).where(table.c.seq == seq)).mappings().one()
    cells = [{**record, "severity": "serious"}[column] for column in sealed_columns(table)]
    digest = sealer_of(table).digest(record["salt"], cells)
    connection.execute(update(table).where(table.c.seq == seq).values(severity="serious", digest=digest))


def test_a_row_rewritten_with_its_digest_is_found(store: Database) -> None:
    """A digest that fits its row does not fit the entry: the rows of the entry are named."""
    with store.write() as connection:
        forged(connection, 1000)
        findings = verify(connection).findings
        connection.rollback()
    assert [(finding.what, finding.table, finding.more) for finding in findings] == [
        ("rewritten", "record_version", str(IMPORT))
    ]


def test_a_history_rewritten_whole_is_found_by_a_checkpoint(store: Database) -> None:
    """Whoever rewrites row, digest, entry and leaf contradicts the checkpoint that was published
    before.
    """
    with store.write() as connection:
        before = verify(connection)
        forged(connection, 1000)
        digests = connection.exec_driver_sql(
            f"SELECT digest FROM record_version WHERE event = {IMPORT} ORDER BY seq"
        ).scalars()
        tree = Frontier().extend(leaf_hash(digest) for digest in digests)
        events = table_of(AuditEvent)
        entry = connection.execute(select(events).where(events.c.seq == IMPORT)).mappings().one()
        sealed = dumps(
            {**json.loads(entry["sealed"]), "record_version": {"count": tree.size, "root": tree.root().hex()}}
        ).decode()
        leaf = leaf_hash(
            leaf_data(IMPORT, entry["kind"], entry["actor"], entry["at"], sealed, entry["payload_hash"])
        )
        connection.execute(update(events).where(events.c.seq == IMPORT).values(sealed=sealed, leaf_hash=leaf))
        without_checkpoint, against_checkpoint = (
            verify(connection),
            verify(connection, [Checkpoint("audit.example.gov.cn", before.events, before.root)]),
        )
        connection.rollback()
    assert without_checkpoint.findings == []
    assert [finding.what for finding in against_checkpoint.findings] == ["forked"]


@pytest.mark.parametrize(
    ("table", "key", "cell"),
    [
        ("record_version", 1000, "severity = CAST(x'ff' AS TEXT)"),
        ("record_version", 1000, "amount_fen = 1.5"),
        ("record_version", 1000, "event = 'one'"),
        ("record_version", 1000, "salt = ''"),
        ("audit_event", IMPORT + 1, "at = x'32303236'"),
        ("audit_event", IMPORT + 1, "actor = CAST(x'fffe' AS TEXT)"),
        ("audit_event", IMPORT + 1, "sealed = '[]'"),
        ("audit_event", IMPORT + 1, "payload = x'00'"),
        ("assessment", 3, "points = 'many'"),
        ("audit_event", IMPORT + 1, "sealed = replace(hex(zeroblob(200000)), '0', '[')"),
        ("audit_event", IMPORT + 1, "payload = replace(hex(zeroblob(200000)), '0', '[')"),
        ("audit_event", IMPORT + 1, 'sealed = \'{"record_version": {"count": "x", "root": 5}}\''),
        ("audit_event", IMPORT + 1, 'sealed = \'{"record_version": {"count": [1], "root": null}}\''),
        ("audit_event", IMPORT + 1, "payload_hash = 'abc'"),
        ("audit_event", IMPORT + 1, "leaf_hash = 7"),
        ("audit_event", IMPORT + 1, "signer = 'me'"),
        ("audit_event", IMPORT + 1, "signature = x'00'"),
        ("record_version", 1000, "digest = 'abc'"),
        ("record_version", 1000, "first_seq = 'abc'"),
        ("record_version", 1000, "officer_note = char(27, 91, 50, 74)"),
    ],
)
def test_cells_that_no_row_of_ours_holds(store: Database, table: str, key: int, cell: str) -> None:
    """Texts that are none, fractions, bytes for texts: SQLite takes them, and the row is named
    instead of stopping the search.
    """
    column = "number" if table == "assessment" else "seq"
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET {cell} WHERE {column} = {key}")
        findings = verify(connection).findings
        connection.rollback()
    assert AuditFinding("changed", table, str(key)) in findings


@pytest.mark.parametrize("cell", ["event = 'abc'", "event = x'00'", "seq = 1.5", "at = 7"])
def test_a_head_that_nobody_can_read(store: Database, cell: str) -> None:
    """The numbers that writers believe may hold anything as well: it is a finding."""
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE head SET {cell}")
        findings = verify(connection).findings
        connection.rollback()
    assert [finding.what for finding in findings] == ["projection"]


def test_what_is_found_can_be_shown(store: Database) -> None:
    """A key that holds control characters and half letters, and a million of them, is shown as text that
    every terminal takes.
    """
    with store.write() as connection:
        connection.exec_driver_sql(
            "UPDATE policy SET sha256 = CAST(x'1b5b324aff' AS TEXT) || replace(hex(zeroblob(500000)), '0', '甲')"
        )
        findings = verify(connection).findings
        connection.rollback()
    texts = [finding.text(lang) for finding in findings for lang in ("zh", "en")]
    assert texts and all(text.isprintable() and len(text) < 500 and text.encode() for text in texts)
