"""The script that is shipped alone: it proves an entry and a row of it,
and nothing that was altered.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from scoring.store.log import verify_proof
from scoring.store.log.canonical_json import dumps
from scoring.store.log.entry import event_row, sealer_of
from scoring.store.log.merkle import Frontier, inclusion, leaf_hash, root
from scoring.store.log.note import Checkpoint, Signer, countersign, sign

LOG = Signer.generate("audit.example.gov.cn")
WITNESS = Signer.generate("witness.example.gov.cn", witness=True)
FACTS = Table(
    "fact",
    MetaData(),
    *(Column(n, Integer) for n in ("seq", "event")),
    *(Column(n, Text) for n in ("enterprise_id", "name")),
    *(Column(n, LargeBinary) for n in ("salt", "digest")),
)
AT = "2026-11-25T10:00:00+08:00"


class SealedRow(NamedTuple):
    """A row as the log binds it."""

    content: bytes
    salt: bytes
    digest: bytes


def logged(count: int) -> tuple[list[dict], list[list[SealedRow]]]:
    """Events and, of each, the rows that it brought."""
    events, brought, sealer = [], [], sealer_of(FACTS)
    for number in range(1, count + 1):
        fact_rows = [
            (10 * number + place, number, "91310000MA1FL0000X", f"企业{place}")
            for place in range(number % 4 + 1)
        ]
        contents, (salts, digests) = map(sealer.content, fact_rows), sealer.seal(fact_rows)
        brought.append(list(map(SealedRow, contents, salts, digests)))
        trees = {"fact": Frontier().extend(map(leaf_hash, digests))}
        events.append(event_row(number, "record.add", "张三", AT, {"ground": "抽查"}, trees))
    return events, brought


EVENTS, ROWS = logged(11)


def proof_of(number: int, row: int) -> str:
    """Proof of a row of an event, as the store will write it."""
    event, rows = EVENTS[number - 1], ROWS[number - 1]
    leaves = [leaf_hash(sealed.digest) for sealed in rows]
    extra = {
        "event": number,
        "kind": event["kind"],
        "actor": event["actor"],
        "at": event["at"],
        "sealed": event["sealed"],
        "payload": event["payload"],
        "salt": event["salt"].hex(),
        "row": {
            "table": "fact",
            "index": row,
            "content": rows[row].content.decode(),
            "salt": rows[row].salt.hex(),
            "path": [digest.hex() for digest in inclusion(leaves, row)],
        },
    }
    return written(extra, number)


def written(extra: dict, number: int) -> str:
    """A proof file of the entry that ``extra`` describes."""
    leaves = [event["leaf_hash"] for event in EVENTS]
    note = countersign(
        sign(Checkpoint(LOG.name, len(leaves), root(leaves)), LOG), LOG.key, WITNESS, 1_790_000_000
    )
    path = "".join(base64.b64encode(digest).decode() + "\n" for digest in inclusion(leaves, number - 1))
    return f"{verify_proof.HEADER}\nextra {base64.b64encode(dumps(extra)).decode()}\nindex {number - 1}\n{path}\n{note}"


def run(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The script as people run it: apart from this project and from every package."""
    command = [sys.executable, "-I", "-S", verify_proof.__file__, str(file), "--key", LOG.key.text(), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_needs_nothing_but_python(tmp_path: Path) -> None:
    """Isolated and without site packages it proves a row,
    and prints the event and the row that are proven.
    """
    file = tmp_path / "row.tlog-proof"
    file.write_text(proof_of(7, 2), encoding="utf-8")
    done = run(file, "--witness", WITNESS.key.text())
    assert (done.returncode, done.stderr.strip()) == (0, f"已证明 · proven: 7/11, {LOG.name}")
    proven = json.loads(done.stdout)
    assert (proven["event"], proven["actor"], proven["payload"]["ground"]) == (7, "张三", "抽查")
    assert proven["row"] == {
        "table": "fact",
        "seq": 72,
        "event": 7,
        "enterprise_id": "91310000MA1FL0000X",
        "name": "企业2",
    }


def test_the_script_says_why_not(tmp_path: Path) -> None:
    """A proof of another key's log, a missing file and no proof at all end with code 6 and a
    sentence.
    """
    file = tmp_path / "row.tlog-proof"
    file.write_text(proof_of(1, 0).replace(LOG.name, "elsewhere.example.cn"), encoding="utf-8")
    for wrong in (run(file), run(tmp_path / "none"), run(Path(verify_proof.__file__))):
        assert (wrong.returncode, wrong.stdout) == (6, "")
        assert wrong.stderr.startswith("未能证明 · not proven: ")


def test_every_row_of_every_event_is_proven() -> None:
    """Each row's proof leads to the row as it was stored."""
    for number, rows in enumerate(ROWS, 1):
        for index, row in enumerate(rows):
            proven = verify_proof.check(proof_of(number, index), [LOG.key, WITNESS.key])
            assert proven["row"] == {"table": "fact", **verify_proof.read_cells(row.content)}


def test_a_deleted_payload_leaves_the_entry_provable() -> None:
    """Where payload and salt were lawfully deleted, the event's place is still proven,
    and the proof discloses neither.
    """
    event = EVENTS[4]
    extra = {
        "event": 5,
        **{name: event[name] for name in ("kind", "actor", "at", "sealed")},
        "payload_hash": event["payload_hash"].hex(),
    }
    proven = verify_proof.check(written(extra, 5), [LOG.key])
    assert proven["event"] == 5
    assert "payload" not in proven


@pytest.mark.parametrize("part", ["event", "kind", "actor", "at", "sealed", "payload", "salt"])
def test_no_part_of_the_entry_may_differ(part: str) -> None:
    """Whatever is altered in the event, its header as well as its payload, is no longer proven."""
    event = EVENTS[4]
    extra = {
        "event": 5,
        **{name: event[name] for name in ("kind", "actor", "at", "sealed", "payload")},
        "salt": event["salt"].hex(),
    }
    verify_proof.check(written(extra, 5), [LOG.key])
    extra[part] = (
        6 if part == "event" else "00" * 16 if part == "salt" else extra[part].replace("2", "3") + " "
    )
    with pytest.raises(verify_proof.ProofError):
        verify_proof.check(written(extra, 5), [LOG.key])


def test_no_row_may_differ() -> None:
    """Another content, salt, place or table of a row is no longer proven."""
    for change in ({"content": "seq=1\n"}, {"salt": "00" * 16}, {"index": 0}, {"table": "other"}):
        head, _, rest = proof_of(7, 2).partition("\nextra ")
        encoded, _, tail = rest.partition("\n")
        extra = json.loads(base64.b64decode(encoded))
        extra["row"].update(change)
        with pytest.raises(verify_proof.ProofError):
            verify_proof.check(f"{head}\nextra {base64.b64encode(dumps(extra)).decode()}\n{tail}", [LOG.key])


def test_a_damaged_file_proves_nothing_else() -> None:
    """Of 300 files with one letter altered none is proven as something else,
    and most are refused.
    """
    text, chance, refused = proof_of(7, 2), random.Random(1), 0
    good = verify_proof.check(text, [LOG.key, WITNESS.key])
    for _ in range(300):
        place = chance.randrange(len(text))
        try:
            assert (
                verify_proof.check(
                    text[:place] + chance.choice("aA0+\n— ") + text[place + 1 :], [LOG.key, WITNESS.key]
                )
                == good
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            refused += 1
    assert refused > 250
