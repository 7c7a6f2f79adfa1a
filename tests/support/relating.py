"""Records of one enterprise linked by themselves, with what linking adds."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.law.relations import load_relations
from scoring.records.link.versions import Linker

RELATIONS = load_relations("enforcement-2026")
DAY = date(2026, 3, 2)
BUREAU, OTHER = "虚构市监局", "虚构消防队"
LINKER = Linker()
Row = dict[str, Any]


def day(days: int) -> date:
    """A day, counted from a Monday."""
    return DAY + timedelta(days=days)


def row(record_id: str, kind: str, at: int, **changes: Any) -> Row:
    """A record of that day, known the day after."""
    defaults = {
        "record_id": record_id,
        "act_id": record_id,
        "kind": kind,
        "authority": BUREAU,
        "field": "food",
    }
    days = {"decided_on": day(at), "known_on": day(at + 1)}
    return {**dict.fromkeys(RECORD_COLUMNS), **defaults, **days, "enterprise_id": "e", **changes}


def linked(*rows: Row) -> dict[str, Row]:
    """The rows by record, with what linking adds."""
    numbers = count(1)
    firm = {
        **dict.fromkeys(ENTERPRISE_COLUMNS),
        "enterprise_id": "e",
        "name": "e",
        "seq": 0,
        "created": False,
    }
    numbered = [{**given, "act_id": _act(given), "seq": next(numbers)} for given in rows]
    _versions, records = LINKER.link([firm], numbered, "e", RELATIONS)
    return {record["record_id"]: record for record in records}


def _act(given: Row) -> str:
    """The act as reading has it."""
    if given["act_id"] != given["record_id"] or given["kind"] == "inspection" or not given["document_no"]:
        return str(given["act_id"])
    number = str(given["document_no"]).replace(" ", "").replace("〔", "[").replace("〕", "]")
    return f"{given['authority']}|{number}"
