"""Rows as the log binds them: canonical JSON, a salt of their own, and the digest that stays when the law has the row deleted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from scoring.store.log.canonical_json import RowForm
from scoring.store.log.verify_proof import commitment

SALT_BYTES = 16
Cell = str | int | bool | date | None
NOT_SEALED = frozenset({"salt", "digest"})
"""Columns of a row that its digest is not over."""


def new_salts(n: int) -> list[bytes]:
    """Salts for so many rows or entries; nothing else in the store is left to chance."""
    pool = secrets.token_bytes(SALT_BYTES * n)
    return [pool[at : at + SALT_BYTES] for at in range(0, len(pool), SALT_BYTES)]


class Sealer:
    """Salts and digests for the rows of one table.

    Args:
        columns: Names of the columns in the order in which rows come; all of the table's but ``salt`` and ``digest``.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._form = RowForm(columns)

    def seal(self, rows: Iterable[Sequence[Cell]]) -> Iterator[tuple[bytes, bytes]]:
        """A new salt and the digest with it, for each row."""
        for row in rows:
            salt = new_salts(1)[0]
            yield salt, self.digest(row, salt)

    def digest(self, row: Sequence[Cell], salt: bytes) -> bytes:
        """The digest of a row with its salt."""
        return commitment(salt, self._form.encode([plain(value) for value in row]))


def plain(value: Cell) -> str | int | None:
    """A cell as canonical JSON knows it: days as ISO text, truth values as 0 and 1."""
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if isinstance(value, date) else value
