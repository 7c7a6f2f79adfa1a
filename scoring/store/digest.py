"""One digest of all facts and all colours, whatever the order in which they came in."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection

from scoring.store.facts.stored_facts import COLUMNS, TABLES
from scoring.store.log.canonical_json import RowForm
from scoring.store.log.sealing import plain

COLOURS = ("policy_id", "enterprise_id", "name", "colour", "band", "proposed")
RESULTS = (
    "points",
    "status",
    "status_reason",
    "vetoes",
    "caps",
    "contributions",
    "state",
    "reviewers",
    "notice_until",
)


def store_digest(connection: Connection) -> str:
    """SHA-256 over the facts (without ``seq``, salt and run) and over where each enterprise stands, with its latest result."""
    found = hashlib.sha256()
    for fact, table in TABLES.items():
        names = [name for name in COLUMNS[fact] if name != "source"]
        _add(found, connection, names, f"SELECT DISTINCT {', '.join(names)} FROM {table}")
    names = [*COLOURS, *RESULTS]
    columns = ", ".join([*(f"s.{n}" for n in COLOURS), *(f"a.{n}" for n in RESULTS)])
    _add(
        found, connection, names, f"SELECT {columns} FROM standing s JOIN assessment a ON a.number = s.latest"
    )
    return found.hexdigest()


def _add(found: hashlib._Hash, connection: Connection, names: list[str], text: str) -> None:
    form = RowForm(names)
    lines = sorted(form.encode([plain(cell) for cell in row]) for row in connection.exec_driver_sql(text))
    found.update(len(lines).to_bytes(8, "big") + b"\n".join(lines))
