"""Entries that a key signs outside the database's reach: whoever writes to the database alone writes in
nobody's name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from forging import EVENTS, Forger
from sqlalchemy import Connection
from stores import ready
from typer.testing import CliRunner

from scoring.administration.keys.key_store import KeyStore
from scoring.cli import app
from scoring.errors import InputError
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.store.audit.proof import proof
from scoring.store.audit.verify import SignedEntries, verify
from scoring.store.facts.importing import import_source
from scoring.store.keep.restoring import prepared
from scoring.store.keep.transfer import backup
from scoring.store.log.entry_signature import sign_entry
from scoring.store.log.note import Checkpoint, Signer, sign
from scoring.store.log.verify_proof import Key, ProofError, check
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
SIGNER = Signer.generate("entries.example.gov.cn")
OTHER = Signer.generate("other.example.gov.cn")
SIGNED = SignedEntries([SIGNER.key])


def clock() -> datetime:
    """The time of writing."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store whose entries are signed."""
    database = Database(str(tmp_path_factory.mktemp("signing") / "sise.db"))
    database.signer = SIGNER
    ready(database, clock)
    import_source(database, SourceSpec("canonical", SAMPLE), "tester", clock)
    for day in (date(2026, 1, 31), date(2026, 6, 30)):
        score_store(database, load_policy("quzhou-demo", day), day, "tester", clock)
    yield database
    database.close()


def actor(forger: Forger) -> None:
    """Another name in an entry, and all hashes made again."""
    forger.put_entry({**forger.rows(EVENTS)[1], "actor": "somebody else"})


def stripped(forger: Forger) -> None:
    """No key and no signature any more, and all hashes made again."""
    forger.put_entry({**forger.rows(EVENTS)[1], "signer": None, "signature": None})


def resigned(forger: Forger) -> None:
    """Another key, with its signature and all hashes made again."""
    entry = {**forger.rows(EVENTS)[1], "actor": "somebody else", "signer": OTHER.key.text()}
    forger.put_entry(entry)
    forger.put_entry({**entry, "signature": sign_entry(OTHER, 2, entry["leaf_hash"])})


def borrowed(forger: Forger) -> None:
    """The signature of another entry, which is of the same key."""
    other = forger.rows(EVENTS)[0]["signature"]
    forger.connection.execute(EVENTS.update().where(EVENTS.c.seq == 2).values(signature=other))


def added(forger: Forger) -> None:
    """A well-formed entry at the end."""
    forger.append("replayed", {"purpose": "none"})


FORGERIES: list[tuple[Callable[[Forger], None], str, str]] = [
    (actor, "changed", "changed"),
    (borrowed, "changed", "changed"),
    (stripped, "", "unsigned"),
    (resigned, "", "unsigned"),
    (added, "", "unsigned"),
]


@pytest.mark.parametrize(
    ("forge", "alone", "by_key"), FORGERIES, ids=[forge.__name__ for forge, *_ in FORGERIES]
)
def test_what_the_key_has_not_signed_is_named(
    store: Database, forge: Callable[[Forger], None], alone: str, by_key: str
) -> None:
    """An entry that was rewritten with everything that follows from it, or added well formed, is named by
    itself, without any checkpoint: at the latest by whoever knows the key.
    """
    with store.write() as connection:
        forge(Forger(connection))
        number = "2" if forge is not added else str(len(Forger(connection).rows(EVENTS)))
        without, with_key = verify(connection).findings, verify(connection, signed=SIGNED).findings
        connection.rollback()
    assert [(finding.what, finding.key) for finding in without] == ([(alone, number)] if alone else [])
    assert [(finding.what, finding.key) for finding in with_key] == [(by_key, number)]


def found(connection: Connection, signed: SignedEntries) -> list[str]:
    """Which entries are not signed."""
    return [finding.key for finding in verify(connection, signed=signed).findings]


def test_signed_entries_are_sound(store: Database) -> None:
    """With the right key nothing is found; with another every entry, and from which entry on is asked."""
    other = Signer.generate("other.example.gov.cn").key
    with store.read() as connection:
        count = len(Forger(connection).rows(EVENTS))
        assert found(connection, SIGNED) == []
        assert found(connection, SignedEntries([other, SIGNER.key])) == []
        assert len(found(connection, SignedEntries([other]))) == count > 2
        assert found(connection, SignedEntries([other], first=count)) == [str(count)]


def test_a_backup_is_put_back_signed(store: Database, tmp_path: Path) -> None:
    """What a restoration writes is signed like everything else."""
    backup(store, tmp_path / "b.db")
    with prepared(tmp_path / "b.db", store) as restoration:
        restoration.put_in_place(0, "tester", clock, tmp_path / "kept.db")
    with store.read() as connection:
        assert found(connection, SIGNED) == []


def test_a_key_is_taken_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key made into the folder that ``SISE_KEYS`` names signs what the commands write, and only its
    owner may read it.
    """

    def run(*arguments: str) -> str:
        """Runs a command and gives what it prints."""
        done = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
        return done.stdout

    (tmp_path / "keys").mkdir()
    key_file = tmp_path / "keys" / "entries.key"
    monkeypatch.setenv("SISE_LANG", "en")
    monkeypatch.setenv("SISE_KEYS", str(tmp_path / "keys"))
    key = Key.read(run("audit", "key", "--name", "entries.example.gov.cn", "--out", str(key_file)))
    place = str(tmp_path / "sise.db")
    run("db", "init", "--database", place)
    run("user", "add", "w", "--by", "w", "--database", place)
    run("db", "import", "--source", f"canonical:{SAMPLE}", "--by", "w", "--database", place)
    assert run("audit", "verify", "--entries", key.text(), "--database", place) == ""
    other = Signer.generate("other.example.gov.cn").key.text()
    assert "audit_event 1: the key of entries" in run(
        "audit", "verify", "--entries", other, "--database", place
    )
    today = clock().date()
    assert KeyStore(tmp_path / "keys").code_key("codes", today) is None
    key_file.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        KeyStore(tmp_path / "keys").note_signer("entries", today)


def test_a_signed_entry_is_proven_offline(store: Database) -> None:
    """The script that is shipped alone follows an entry that names its key into the tree, and none that
    names another.
    """
    log = Signer.generate("audit.example.gov.cn")
    with store.read() as connection:
        report = verify(connection)
        checkpoint = Checkpoint(log.name, report.events, report.root)
        text = proof(connection, "2", sign(checkpoint, log), checkpoint).text
    assert check(text, [log.key])["event"] == 2
    head, _, rest = text.partition("\nextra ")
    encoded, _, tail = rest.partition("\n")
    other = base64.b64decode(encoded).replace(SIGNER.key.text().encode(), OTHER.key.text().encode())
    with pytest.raises(ProofError):
        check(f"{head}\nextra {base64.b64encode(other).decode()}\n{tail}", [log.key])
