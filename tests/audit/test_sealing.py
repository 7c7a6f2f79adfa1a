"""Salts and digests of rows: nobody finds a row from its digest, and the salt is one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from crashing import opened, stored

from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.log.sealing import SALT_BYTES, RowSealer, new_salts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import RecordVersion, table_of

ROW = ("91310000MA1FL0000X", 1)


def test_no_two_salts_are_the_same() -> None:
    """Salts have 16 bytes, and of a hundred thousand none is there twice."""
    salts = new_salts(100_000)
    assert {SALT_BYTES} == set(map(len, salts))
    assert len(salts) == len(set(salts))


def test_the_same_row_has_another_digest_each_time() -> None:
    """Two rows of one content cannot be told to be the same by their digests."""
    salts, digests = RowSealer(["enterprise_id", "seq"]).seal([ROW, ROW])
    assert salts[0] != salts[1]
    assert digests[0] != digests[1]


def test_a_digest_is_that_of_salt_and_content() -> None:
    """A row's digest is SHA-256 over its salt and then its content."""
    sealer = RowSealer(["enterprise_id", "seq"])
    content = b"enterprise_id=18:91310000MA1FL0000X\nseq=1\n"
    assert sealer.content(ROW) == content
    assert sealer.digest(b"\x07" * SALT_BYTES, ROW) == sha256(b"\x07" * SALT_BYTES + content).digest()


def test_one_part_opens_without_the_other() -> None:
    """A digest of two parts is checked with one of them opened, and from its salt nothing is learned
    of the other.
    """
    sealer = RowSealer(["enterprise_id", "seq"], ("seq",))
    ((salt,), (digest,)) = sealer.seal([ROW])
    opening = sealer.opening(salt, ROW)
    assert (opening.content, opening.digest) == (b"seq=1\n", digest)
    assert salt[SALT_BYTES:] not in opening.salt + opening.closed
    assert opening._replace(content=b"seq=2\n").digest != digest


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store that has been scored."""
    with opened(stored(tmp_path_factory.mktemp("sealing") / "sise.db")) as database:
        yield database


@pytest.mark.parametrize("table", ["record_version", "enterprise_version", "assessment", "audit_event"])
def test_every_stored_row_has_a_salt_of_its_own(store: Database, table: str) -> None:
    """However rows come in, in bulk or one by one, no salt is used twice."""
    with store.read() as connection:
        salts = connection.exec_driver_sql(f"SELECT salt FROM {table}").scalars().all()
    assert len(salts) == len(set(salts)) > 1


def test_stored_digests_are_one_digest(store: Database) -> None:
    """What the bulk has written is what a row's digest is, cell by cell."""
    table = table_of(RecordVersion)
    with store.read() as connection:
        rows = connection.execute(table.select().limit(200)).mappings().all()
    for row in rows:
        cells = [row[column] for column in sealed_columns(table)]
        assert sealer_of(table).digest(row["salt"], cells) == row["digest"]
