"""Salts and digests of rows, and everything else in the store that is left to chance.

A row's digest is that of its salt and its canonical JSON. The log keeps the digest when the law has
the row deleted; without the salt nobody finds the row again by trying.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from scoring.store.log.canonical_json import Cell, RowForm
from scoring.store.log.verify_proof import commitment

SALT_BYTES = 16
NOT_SEALED = frozenset({"salt", "digest"})
"""Columns of a row that its digest does not cover: it is checked by them."""


class Seals(NamedTuple):
    """Salt and digest of each of some rows, in their order."""

    salts: list[bytes]
    digests: list[bytes]


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return secrets.token_bytes(count)


def new_salts(count: int) -> list[bytes]:
    """Salts for so many rows or entries."""
    pool = random_bytes(SALT_BYTES * count)
    return [pool[start : start + SALT_BYTES] for start in range(0, len(pool), SALT_BYTES)]


class RowSealer:
    """Gives the rows of one table their salts and digests.

    Args:
        columns: All columns of the table but ``NOT_SEALED``, in the order in which rows come.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._form = RowForm(columns)

    def seal(self, rows: Sequence[Sequence[Cell]]) -> Seals:
        """New salts for some rows, and their digests."""
        salts = new_salts(len(rows))
        return Seals(salts, [self.digest(salt, row) for salt, row in zip(salts, rows, strict=True)])

    def digest(self, salt: bytes, row: Sequence[Cell]) -> bytes:
        """The digest of a row with its salt.

        Raises:
            TypeError: A cell that no row of the store can hold, or a salt that is none.
            ValueError: An integer or a text that canonical JSON refuses.
        """
        return commitment(salt, self._form.encode(row))

    def content(self, row: Sequence[Cell]) -> bytes:
        """What the digest of a row is over, beside its salt: canonical JSON of its cells."""
        return self._form.encode(row)
