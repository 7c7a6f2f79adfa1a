"""Hands on the database behind the programme's back.

They change a cell, add a row, remove one, or swap two.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from scoring.store.audit.audit_finding import AuditFinding
from scoring.store.audit.verify import verify
from scoring.store.log.entry import sealed_columns, sealer_of
from scoring.store.tables.orm import Base

Row = dict[str, Any]


@dataclass(frozen=True)
class Deed:
    """What was done: how, in which table, to which keys."""

    how: str
    table: str
    keys: tuple[str, ...]

    def is_named_by(self, findings: Sequence[AuditFinding]) -> bool:
        """Whether a finding names the row."""
        mine = [finding for finding in findings if finding.table == self.table]
        # A row that is gone is named by its number or by the entry that had brought it.
        return any(
            finding.what == "removed" or not set(self.keys).isdisjoint(finding.key.split(", "))
            for finding in mine
        )


def keys_of(table: Table) -> list[str]:
    """Names of the key's columns."""
    return [column.name for column in table.primary_key]


def name_of(table: Table, row: Row) -> str:
    """The key as findings write it."""
    return "/".join(str(row[column]) for column in keys_of(table))


def where(table: Table, row: Row) -> Any:
    """The condition that finds this row alone."""
    condition = True
    for column in keys_of(table):
        condition = (table.c[column] == row[column]) & condition
    return condition


def other(value: Any, column: Any, chance: random.Random) -> Any:
    """Another value that the column takes."""
    if value is None:
        return {int: 7, date: date(2020, 2, 29), bytes: b"x" * 16}.get(column.type.python_type, "x")
    if column.nullable and chance.random() < 0.2:
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1_000_000))
    if isinstance(value, date):
        return value + timedelta(days=chance.choice((-365, -1, 1)))
    place = chance.randrange(max(len(value), 1))
    if isinstance(value, bytes):
        return value[:place] + bytes([value[place] ^ 1 << chance.randrange(8)]) + value[place + 1 :]
    return value[:place] + chance.choice("甲x0 ") + value[place:]


def _rows(connection: Connection, table: Table, chance: random.Random, count: int) -> list[Row]:
    """Some rows, whatever their keys are like."""
    total = len(connection.execute(select(*table.primary_key)).all())
    in_order, chosen = select(table).order_by(*table.primary_key), list[Row]()
    for place in chance.sample(range(total), min(count, total)):
        query = in_order.limit(1).offset(place)
        chosen.append(dict(connection.execute(query).mappings().one()))
    return chosen


def edit(connection: Connection, table: Table, chance: random.Random) -> Deed | None:
    """One cell of one row."""
    chosen = _rows(connection, table, chance, 1)
    if not chosen:
        return None
    column = chance.choice(list(table.columns))
    cell = {column.name: other(chosen[0][column.name], column, chance)}
    connection.execute(update(table).where(where(table, chosen[0])).values(cell))
    keys = (name_of(table, chosen[0]), name_of(table, chosen[0] | cell))
    return Deed(f"edit {column.name}", table.name, keys)


def remove(connection: Connection, table: Table, chance: random.Random) -> Deed | None:
    """One row."""
    chosen = _rows(connection, table, chance, 1)
    if not chosen:
        return None
    connection.execute(delete(table).where(where(table, chosen[0])))
    return Deed("remove", table.name, (name_of(table, chosen[0]),))


def add(connection: Connection, table: Table, chance: random.Random) -> Deed | None:
    """A copy of a row under a key that is free; half of them with a digest that fits."""
    chosen = _rows(connection, table, chance, 1)
    if not chosen:
        return None
    key_column = keys_of(table)[-1]
    old_key = chosen[0][key_column]
    copied = {
        **chosen[0],
        key_column: old_key + 1_000_000 if isinstance(old_key, int) else f"{old_key}x"[-64:],
    }
    if "digest" in table.columns and chance.random() < 0.5:
        cells = [copied[name] for name in sealed_columns(table)]
        copied["digest"] = sealer_of(table).digest(copied["salt"], cells)
    connection.execute(insert(table).values(copied))
    return Deed("add", table.name, (name_of(table, copied),))


def swap(connection: Connection, table: Table, chance: random.Random) -> Deed | None:
    """Two rows trade everything but their keys."""
    chosen = _rows(connection, table, chance, 2)
    if len(chosen) < 2:
        return None
    for target, partner in (chosen, chosen[::-1]):
        changed = {name: value for name, value in partner.items() if name not in keys_of(table)}
        connection.execute(update(table).where(where(table, target)).values(changed))
    return Deed("swap", table.name, tuple(name_of(table, target) for target in chosen))


DEEDS: tuple[Callable[[Connection, Table, random.Random], Deed | None], ...] = (
    edit,
    edit,
    edit,
    remove,
    add,
    swap,
)


def unnoticed(connection: Connection, count: int, chance: random.Random) -> tuple[dict[str, int], list[Deed]]:
    """Does ``count`` things, each to the untouched store, and verifies after each.

    Args:
        connection: A writing one; everything is undone.
        count: How many.
        chance: Where and what.

    Returns:
        How often each table was touched, and what was not found or not named.
    """
    touched_by_table, unnamed = dict[str, int](), list[Deed]()
    while sum(touched_by_table.values()) < count:
        with connection.begin_nested() as point:
            if deed := _done(connection, chance.choice(Base.metadata.sorted_tables), chance):
                touched_by_table[deed.table] = touched_by_table.get(deed.table, 0) + 1
                if not deed.is_named_by(verify(connection).findings):
                    unnamed.append(deed)
            point.rollback()
    return touched_by_table, unnamed


def _done(connection: Connection, table: Table, chance: random.Random) -> Deed | None:
    try:
        return chance.choice(DEEDS)(connection, table, chance)
    except (IntegrityError, DataError):
        # A key that is taken, a text too long: the database itself would not have it.
        return None
