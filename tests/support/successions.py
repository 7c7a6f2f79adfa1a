"""Records of enterprises that succeed each other, and what one of them then has."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, RelationSet
from scoring.policy.law.relations import load_relations
from scoring.records.link.versions import Linker

RELATIONS = load_relations("enforcement-2026")
DAY = date(2026, 3, 2)
FIRMS = ("a", "b", "c", "d")
LINKER = Linker()
Row = dict[str, Any]


def day(days: int) -> date:
    """A day, counted from a Monday."""
    return DAY + timedelta(days=days)


def row(owner: str, record_id: str, kind: str, at: int, /, **changes: Any) -> Row:
    """A record of that day, known on it."""
    days = {"decided_on": day(at), "known_on": day(at)}
    ids = {"record_id": record_id, "act_id": record_id, "enterprise_id": owner}
    return {**dict.fromkeys(RECORD_COLUMNS), **ids, "kind": kind, "scope": "own", **days, **changes}


def succession(owner: str, predecessor: str, at: int, result: str | None = "merger", **changes: Any) -> Row:
    """That somebody succeeded another one."""
    record_id = f"{owner}<{predecessor}"
    given = {"record_id": record_id, "act_id": record_id, "result": result, "refers_to": predecessor}
    return row(owner, record_id, "succession", at, **given | changes)


def linked(owner: str, *rows: Row, relations: RelationSet | None = RELATIONS) -> list[Row]:
    """What an enterprise has."""
    numbers = count(1)
    firms = [
        {**dict.fromkeys(ENTERPRISE_COLUMNS), "enterprise_id": e, "name": e, "created": False, "seq": 0}
        for e in FIRMS
    ]
    numbered = [{**given, "seq": next(numbers)} for given in rows]
    return [dict(record) for record in LINKER.link(firms, numbered, owner, relations)[1]]


def renamed(rows: list[Row], prefix: str) -> list[Row]:
    """The rows under ids of their own world."""
    columns = ("record_id", "act_id", "enterprise_id", "refers_to")
    return [
        {**given, **{name: prefix + given[name] for name in columns if given[name] is not None}}
        for given in rows
    ]
