"""One digest of all facts and all colours of a store, whatever the order in which they came in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection

from scoring.records.link.resolve import COLUMNS
from scoring.store.facts.stored_facts import TABLES
from scoring.store.log.row_content import RowForm

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
)


def store_digest(connection: Connection) -> str:
    """SHA-256 over the facts and over where each enterprise stands, with its latest result.

    What differs between two ways to the same facts is left out: ``seq``, salt and source.
    """
    digest = hashlib.sha256()
    for fact, table in TABLES.items():
        names = [column for column in COLUMNS[fact] if column != "source"]
        digest.update(_rows(connection, names, f"SELECT DISTINCT {', '.join(names)} FROM {table}"))
    columns = [*(f"s.{column}" for column in COLOURS), *(f"a.{column}" for column in RESULTS)]
    text = f"SELECT {', '.join(columns)} FROM standing s JOIN assessment a ON a.number = s.latest"
    digest.update(_rows(connection, [*COLOURS, *RESULTS], text))
    return digest.hexdigest()


def _rows(connection: Connection, names: Sequence[str], text: str) -> bytes:
    """The rows of a query as canonical JSON, in an order that depends on nothing but them."""
    form = RowForm(names)
    lines = sorted(map(form.encode, connection.exec_driver_sql(text)))
    return len(lines).to_bytes(8, "big") + b"\n".join(lines)
