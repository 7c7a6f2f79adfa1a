"""Attacks on a store by somebody who can write to its database: on cells, rows, the schema, the texts
of rules, by forged deletions, and by writing the past anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from forging import ASSESSMENTS, EVENTS, RECORDS, Forger
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError
from tampering import DEEDS, _rows, keys_of, other, where

from scoring.store.tables.orm import (
    Base,
    EnterpriseVersion,
    ModelText,
    PolicyText,
    SourceMapVersion,
    table_of,
)


@dataclass(frozen=True)
class Attack:
    """What was done.

    Attributes:
        kind: One of the kinds that the documents tell apart.
        what: The deed itself, to be found again.
        is_whole: Whether the store agrees with itself afterwards, so that a checkpoint alone shows it.
    """

    kind: str
    what: str
    is_whole: bool = False


Deed = Callable[[Connection, random.Random], Attack | None]

SQLITE_VALUES = (
    *("NULL", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "1e999"),
    *("''", "'abc'", "'2'", "'[]'", "'{}'", "'9999-99-99'", "'0001-01-01'", "char(27, 91, 50, 74)"),
    *("CAST(x'ff' AS TEXT)", "CAST(x'00' AS TEXT)", "CAST(x'fffe' AS TEXT)"),
    *("x''", "x'00'", "zeroblob(32)", "randomblob(16)", "randomblob(32)"),
    "replace(hex(zeroblob(100000)), '0', '[')",
    "replace(hex(zeroblob(100000)), '00', '{\"a\":')",
    "replace(hex(zeroblob(2000000)), '0', '甲')",
    "'{\"record_version\": 7}'",
    '\'{"record_version": {"count": "x", "root": 5}}\'',
    '\'{"record_version": {"count": [1], "root": null}}\'',
    '\'{"record_version": {"count": 1e400, "root": []}}\'',
    '\'{"due": {"2031-06-30": [{}]}, "entries": [[]]}\'',
    '\'{"due": {"x": [1]}, "entries": 7}\'',
)
POSTGRES_VALUES = {
    int: ("0", "-1", "9223372036854775807", "-9223372036854775808"),
    str: ("''", "'abc'", "'[]'", "repeat('[', 200000)", "repeat('{\"a\":', 100000)", "chr(27) || '[2J'"),
    date: ("DATE 'infinity'", "DATE '-infinity'", "DATE '0044-03-15 BC'", "DATE '294276-12-31'"),
    bytes: ("''::bytea", "'\\x00'::bytea", "decode(repeat('00', 32), 'hex')"),
    bool: ("TRUE", "FALSE"),
}
SQLITE_SCHEMA = (
    "DROP INDEX ix_record_version_enterprise_id",
    "DROP INDEX ix_standing_latest",
    "CREATE INDEX extra ON record_version (kind)",
    "CREATE UNIQUE INDEX extra ON assessment (number) WHERE number > 3",
    "CREATE TABLE extra (id INTEGER)",
    "CREATE VIEW extra AS SELECT * FROM head",
    "ALTER TABLE step ADD COLUMN extra TEXT",
    "ALTER TABLE audit_event RENAME COLUMN actor TO author",
    "ALTER TABLE record_version DROP COLUMN officer_note",
    "ALTER TABLE model RENAME TO models",
    "DROP TABLE step",
    "DROP TABLE sise_schema",
    "CREATE TRIGGER extra AFTER INSERT ON record_version BEGIN DELETE FROM step; END",
    "CREATE TRIGGER extra INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
    "CREATE TRIGGER extra BEFORE UPDATE ON standing BEGIN SELECT RAISE(IGNORE); END",
    "UPDATE sise_schema SET version_num = '0001'",
    "UPDATE sise_schema SET version_num = '9999'",
    "UPDATE sise_schema SET version_num = x'00ff'",
    "INSERT INTO sise_schema VALUES ('0002')",
    "DELETE FROM sise_schema",
)
POSTGRES_SCHEMA = (
    "DROP INDEX ix_record_version_enterprise_id",
    "CREATE INDEX extra ON record_version (kind)",
    "DROP INDEX ix_standing_latest; CREATE INDEX ix_standing_latest ON standing (latest) WHERE latest > 3",
    "CREATE TABLE extra (id INTEGER)",
    "CREATE VIEW extra AS SELECT * FROM head",
    "ALTER TABLE step ADD COLUMN extra TEXT",
    "ALTER TABLE step ALTER COLUMN ground DROP NOT NULL",
    "ALTER TABLE step ALTER COLUMN ground SET DEFAULT 'x'",
    "ALTER TABLE standing ALTER COLUMN latest TYPE numeric",
    "ALTER TABLE head DROP CONSTRAINT pk_head",
    "ALTER TABLE record_version ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY extra ON record_version USING (enterprise_id <> 'x')",
    "CREATE RULE extra AS ON INSERT TO step DO INSTEAD NOTHING",
    "CREATE FUNCTION extra() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE FUNCTION lower(date) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "DROP TABLE step",
    "UPDATE sise_schema SET version_num = '0001'",
    "DELETE FROM sise_schema",
)
FORGED_INDEX = (
    "DROP INDEX ix_record_version_enterprise_id",
    "CREATE INDEX ix_record_version_enterprise_id ON record_version (enterprise_id) WHERE enterprise_id <> '{one}'",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_record_version_enterprise_id ON record_version"
    " (enterprise_id)' WHERE name = 'ix_record_version_enterprise_id'",
)
"""An index that hides the rows of one, under the definition of the one that hides nothing."""
TEXTS = {
    table_of(PolicyText): ("content", "text"),
    table_of(SourceMapVersion): ("content", "covers"),
    table_of(ModelText): ("content",),
}
UNTIL = "2024-01-01"
"""Decided or occurred since then, no record is due in the years of these stores."""


def cell(connection: Connection, chance: random.Random) -> Attack | None:
    """One cell of one row gets a value of any type that the database takes."""
    table = chance.choice(Base.metadata.sorted_tables)
    column = chance.choice(list(table.columns))
    chosen = _rows(connection, table, chance, 1)
    if not chosen:
        return None
    if connection.dialect.name == "sqlite":
        value = chance.choice(SQLITE_VALUES)
    else:
        value = chance.choice(POSTGRES_VALUES[column.type.python_type])
    if chance.random() < 0.3:
        new = other(chosen[0][column.name], column, chance)
        condition = where(table, chosen[0]) & column.is_distinct_from(new)
        done = connection.execute(table.update().where(condition).values({column.name: new}))
        value = repr(new)
    else:
        condition = where(table, chosen[0]) & text(f'{table.name}."{column.name}" IS DISTINCT FROM {value}')
        done = connection.execute(table.update().where(condition).values({column.name: text(value)}))
    return Attack("cell", f"{table.name}.{column.name} = {value[:40]}") if done.rowcount else None


def row(connection: Connection, chance: random.Random) -> Attack | None:
    """A row is removed, added or exchanged with another."""
    deed = chance.choice(DEEDS[3:])(connection, chance.choice(Base.metadata.sorted_tables), chance)
    return Attack("row", f"{deed.how} {deed.table} {deed.keys}") if deed else None


def schema(connection: Connection, chance: random.Random) -> Attack | None:
    """An object of the schema is dropped, added or changed."""
    if connection.dialect.name != "sqlite":
        statement = chance.choice(POSTGRES_SCHEMA)
        connection.exec_driver_sql(statement)
        return Attack("schema", statement)
    if chance.random() < 0.2:
        (one,) = _rows(connection, RECORDS, chance, 1)
        for part in FORGED_INDEX:
            connection.exec_driver_sql(part.format(one=one["enterprise_id"]))
        return Attack("schema", f"forged index that hides {one['enterprise_id']}")
    statement = chance.choice(SQLITE_SCHEMA)
    connection.exec_driver_sql(statement)
    return Attack("schema", statement)


def rules(connection: Connection, chance: random.Random) -> Attack | None:
    """The text of a rule is changed with its digest."""
    table = chance.choice(list(TEXTS))
    chosen = _rows(connection, table, chance, 1)
    if not chosen:
        return None
    column = chance.choice(TEXTS[table])
    forger, key = Forger(connection), keys_of(table)[0]
    forger.put(table, {**chosen[0], column: chosen[0][column] + " "})
    if chance.random() < 0.5:
        return Attack("rules", f"{table.name}.{column} of {chosen[0][key]}")
    forger.rebind([chosen[0]["event"]])
    return Attack("rules anew", f"{table.name}.{column} of {chosen[0][key]}", is_whole=True)


def deletion(connection: Connection, chance: random.Random) -> Attack | None:
    """Records that were not due are deleted as if the law had had them deleted."""
    forger = Forger(connection)
    young = (RECORDS.c.decided_on > date.fromisoformat(UNTIL)) | (
        RECORDS.c.decided_on.is_(None) & (RECORDS.c.occurred_on > date.fromisoformat(UNTIL))
    )
    chosen = chance.choice(forger.rows(RECORDS, young))
    versions = forger.rows(RECORDS, RECORDS.c.first_seq == chosen["first_seq"])
    last_day = forger.rows(EVENTS)[-1]["at"][:10]
    how = chance.choice(("well formed", "later", "opened otherwise", "restored", "in part", "by hand"))
    if how == "well formed":
        forger.delete_versions(versions, "erased", last_day)
    elif how == "later":
        forger.delete_versions(versions, "erased", "2099-01-01", "2099-01-01T00:00:00.000+00:00")
    elif how == "opened otherwise":
        days = dict.fromkeys(("decided_on", "occurred_on"), "2015-03-01")
        forger.delete_versions(versions, "erased", last_day, **days)
    elif how == "restored":
        forger.delete_versions(versions, "backup restored", last_day)
    elif how == "in part":
        forger.delete_versions(versions[:1], "erased", last_day)
    else:
        forger.delete_versions(versions, "record withdrawn", last_day)
    return Attack("deletion", f"{how}: {chosen['first_seq']}")


def emptied(connection: Connection, chance: random.Random) -> Attack | None:
    """The payload of an entry is deleted, and an entry says that this was lawful."""
    forger = Forger(connection)
    filled = forger.rows(EVENTS, EVENTS.c.payload.is_not(None))
    chosen = chance.choice(filled)
    emptying = EVENTS.update().where(EVENTS.c.seq == chosen["seq"]).values(payload=None, salt=None)
    connection.execute(emptying)
    kind = chance.choice(("erased", "backup restored"))
    forger.append(kind, {"rules": {}, "due": {}, "entries": [chosen["seq"]]})
    return Attack("deletion", f"payload of {chosen['seq']} emptied")


def anew(connection: Connection, chance: random.Random) -> Attack | None:
    """A part of the past is written anew with everything that follows from it."""
    forger = Forger(connection)
    how = chance.choice(("record", "enterprise", "assessment", "actor", "time", "payload", "added", "tail"))
    last = forger.rows(EVENTS)[-1]
    if how in ("record", "enterprise", "assessment"):
        return _row_anew(forger, how, chance)
    if how in ("actor", "time", "payload"):
        return _entry_anew(forger, how, chance)
    if how == "added":
        (version,) = _rows(connection, table_of(EnterpriseVersion), chance, 1)
        forger.put(table_of(EnterpriseVersion), {**version, "seq": _next_fact(forger)})
        forger.rebind([version["event"]])
        forger.project()
        return Attack("anew: added", f"a version of {version['enterprise_id']}", is_whole=True)
    # Whoever cuts a deletion off would have to bring back what it deleted.
    deletions = [entry["seq"] for entry in forger.rows(EVENTS, EVENTS.c.kind == "erased")]
    keep = chance.randint(max(deletions, default=1), last["seq"] - 1)
    forger.truncate(keep)
    return Attack("anew: tail", f"{last['seq'] - keep} entries cut off", is_whole=True)


def _next_fact(forger: Forger) -> int:
    return int(forger.connection.exec_driver_sql("SELECT seq + 1 FROM head").scalar_one())


def _row_anew(forger: Forger, how: str, chance: random.Random) -> Attack:
    """A row is rewritten with its digest, its entry and its standing."""
    table = {"record": RECORDS, "enterprise": table_of(EnterpriseVersion), "assessment": ASSESSMENTS}[how]
    (chosen,) = _rows(forger.connection, table, chance, 1)
    changed = {
        "record": {"officer_note": "forged"},
        "enterprise": {"industry_code": "forged"},
        "assessment": {"colour": "forged", "band": "X"},
    }[how]
    forger.put(table, {**chosen, **changed})
    forger.rebind([chosen["event"]])
    forger.project([chosen["enterprise_id"]])
    return Attack(f"anew: {how}", f"{table.name} {chosen[keys_of(table)[0]]}", is_whole=True)


def _entry_anew(forger: Forger, how: str, chance: random.Random) -> Attack | None:
    """An entry is rewritten with its hashes."""
    entries = forger.rows(EVENTS)
    filled = [entry for entry in entries[:-1] if entry["payload"] is not None and entry["kind"] != "erased"]
    chosen = dict(chance.choice(filled))
    if how == "actor":
        chosen["actor"] = "somebody else"
    elif how == "time":
        # Between its neighbours, so that time still runs forwards.
        following = entries[[entry["seq"] for entry in entries].index(chosen["seq"]) + 1]
        if chosen["at"] == following["at"]:
            return None
        chosen["at"] = following["at"]
    else:
        chosen["payload"] = '{"forged":1}'
    forger.put_entry(chosen)
    forger.project()
    return Attack(f"anew: {how}", f"entry {chosen['seq']}", is_whole=True)


ATTACKS: tuple[tuple[Deed, int], ...] = (
    (cell, 45),
    (row, 15),
    (schema, 10),
    (rules, 6),
    (deletion, 9),
    (emptied, 3),
    (anew, 12),
)
"""Each with how many of a hundred are such."""


def attack(connection: Connection, chance: random.Random) -> Attack | None:
    """Does something; nothing where the database itself would not have it, or nothing changed."""
    deeds, weights = zip(*ATTACKS, strict=True)
    (deed,) = chance.choices(deeds, weights)
    try:
        with connection.begin_nested():
            return deed(connection, chance)
    except (IntegrityError, DataError):
        return None
    except DatabaseError as error:
        refused = ("out of range", "exceeds btree")
        if connection.dialect.name == "sqlite" or any(words in str(error) for words in refused):
            return None
        raise


def tomorrow(connection: Connection) -> date:
    """The day after a store's last entry."""
    last = connection.execute(EVENTS.select().order_by(EVENTS.c.seq.desc()).limit(1)).mappings().one()
    return date.fromisoformat(last["at"][:10]) + timedelta(days=1)
