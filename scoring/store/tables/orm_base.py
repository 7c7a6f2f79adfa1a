"""What all tables have: their root, whole numbers, the columns of facts and of sealed rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from scoring.entities import ColumnType

Number = BigInteger().with_variant(Integer, "sqlite")
"""A whole number of 64 bits; SQLite numbers rows by ``INTEGER`` only."""
TYPES: dict[ColumnType, Any] = {"text": Text(), "date": Date(), "int": BigInteger()}
NAMES = {"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}


class Base(DeclarativeBase):
    """Root of the models; indexes have names that both databases and the migrations agree on."""

    metadata = MetaData(naming_convention=NAMES)


class Unsealed(DeclarativeBase):
    """Root of the tables that the log does not bind: what they lose changes no fact and no result."""

    metadata = MetaData(naming_convention=NAMES)


def facts_table(table: str, columns: dict[str, ColumnType], key: str, *more: Column[Any] | Index) -> Table:
    """A table of versions: the canonical columns, then what makes a version one of the store's.

    ``seq`` counts the versions of both tables together in the order of their commits; ``ground``
    and ``document`` say why a single fact was entered; ``event`` is the log entry that holds the
    version; ``digest`` is that of the row with its ``salt``.
    """
    required = ("enterprise_id", "record_id", "kind")
    canonical: list[Column[Any]] = [
        Column(name, TYPES[kind], nullable=name not in required) for name, kind in columns.items()
    ]
    return Table(
        table,
        Base.metadata,
        Column("seq", Number, primary_key=True, autoincrement=False),
        *canonical,
        *more,
        Column("ground", Text),
        Column("document", Text),
        Column("event", Number, nullable=False),
        Column("salt", LargeBinary, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        *([Index(None, "enterprise_id")] if key != "enterprise_id" else []),
        *([Index(None, "parent_id")] if key == "enterprise_id" else []),
        Index(None, key, "known_on"),
    )


class Sealed:
    """Rows that the log binds.

    ``event`` is the entry that holds the row, ``digest`` the digest of the row with its ``salt``.
    """

    # The last columns of every table, whatever a class adds.
    event: Mapped[int] = mapped_column(Number, sort_order=1)
    salt: Mapped[bytes] = mapped_column(sort_order=2)
    digest: Mapped[bytes] = mapped_column(sort_order=3)
