"""One enterprise's versions linked alone are those that clustering all of them gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.entities import (
    ENTERPRISE_COLUMNS,
    LINKED_COLUMNS,
    RECORD_COLUMNS,
    ColumnType,
    RelationSet,
)
from scoring.policy.law.relations import load_relations
from scoring.records.link.versions import Linker, _is_plain, cluster_versions

KINDS = (
    *("administrative_penalty", "inspection", "tax_grade", "public_credit_score", "mending_check"),
    *("serious_violation_listing", "fulfilment"),
)
BASES, DOCUMENTS = ("(2026)1", "任务2026第2号"), ("（2026）１", "(2026)3", "无号")
"""Numbers on which records rest, and their own: the first of each are one number."""
FAMILIES = 24
IDS = ("demo:1", "demo:2", "demo:3")
TYPES: dict[ColumnType, pa.DataType] = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
Rows = list[dict[str, Any]]


def day(chance: Random) -> date:
    return date(2026, 1, 1) + timedelta(days=chance.randint(0, 6))


def family(chance: Random) -> tuple[Rows, Rows]:
    """Versions of up to three enterprises and of their records; they name and succeed each other, few ids and days clash."""
    enterprises: Rows = [
        {
            "enterprise_id": own,
            "name": own,
            "entity_type": "company",
            "source": "s",
            "created": chance.random() < 0.05,
            "parent_id": chance.choice([None, *IDS]),
            "known_on": chance.choice([None, day(chance)]),
        }
        for own in chance.sample(IDS, chance.randint(1, 3))
        for _ in range(chance.randint(1, 2))
    ]
    owners = {f"r{n}": chance.choice(enterprises)["enterprise_id"] for n in range(6)}
    shares, based, related = (chance.random() < share for share in (0.3, 0.3, 0.4))
    records: Rows = [
        {
            "record_id": name,
            "enterprise_id": own,
            "kind": chance.choice(KINDS if related else KINDS[:2]),
            "result": chance.choice([None, "problem", "no_problem", "grade_d"]) if related else None,
            "occasion": chance.choice([None, "followup"]) if related else None,
            "matter_id": chance.choice([None, None, "M", "-"]) if related else None,
            "refers_to": chance.choice([None, None, *owners]) if related else None,
            "restored_on": chance.choice([None, None, day(chance)]) if related else None,
            "severity": "minor",
            "act_id": chance.choice(["a1", "a2", f"办|{BASES[0]}"]) if shares else f"of {name}",
            "source": "s",
            "known_on": day(chance),
            "decided_on": day(chance),
            "known_until": chance.choice([None, None, day(chance)]),
            "authority": "办",
            "basis_document_no": chance.choice([None, *BASES]) if based else None,
            "document_no": chance.choice([None, *DOCUMENTS]) if based else None,
            "amount_fen": chance.randint(0, 3),
        }
        for name, own in owners.items()
        for _ in range(chance.randint(0, 3))
    ]
    seqs = iter(chance.sample(range(1, 100), len(enterprises) + len(records)))
    form = {
        table: dict.fromkeys(columns) for table, columns in (("e", ENTERPRISE_COLUMNS), ("r", RECORD_COLUMNS))
    }
    if chance.random() < 0.5:
        for row in records:
            _maybe_succession(chance, row)
    return [form["e"] | row | {"seq": next(seqs)} for row in enterprises], [
        form["r"] | row | {"seq": next(seqs)} for row in records
    ]


def _maybe_succession(chance: Random, row: dict[str, Any]) -> None:
    """Makes of a third of the records that somebody, perhaps itself or nobody known, was taken over."""
    if chance.random() < 0.33:
        result = chance.choice(["merger", "division", "conversion", None])
        withdrawn_on = chance.choice([None, None, day(chance)])
        row |= {"kind": "succession", "result": result, "refers_to": chance.choice([*IDS, "demo:9"])}
        row |= {"occasion": None, "withdrawn_on": withdrawn_on}


def table_of(rows: Rows, columns: dict[str, ColumnType], more: dict[str, pa.DataType]) -> pa.Table:
    types = {"seq": pa.int64(), **{name: TYPES[kind] for name, kind in columns.items()}, **more}
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))


def _named_apart(rows: Rows, number: int) -> Rows:
    """Rows of a family whose enterprises and records have names of their own."""
    names = ("enterprise_id", "record_id", "parent_id", "refers_to")
    return [{**row, **{name: f"{row[name]}.{number}" for name in names if row.get(name)}} for row in rows]


def _apart(rows: Rows, number: int) -> Rows:
    """Rows of a family that shares nothing with another: neither names nor numbers, acts or offices."""
    named = _named_apart(rows, number)
    for row in named:
        row["seq"] += 100 * number
        if row.get("authority"):
            row["authority"] += str(number)
        if row.get("act_id"):
            row["act_id"] = row["act_id"].replace("办|", f"办{number}|") + (
                "" if "|" in row["act_id"] else f".{number}"
            )
    return named


def _families(chance: Random, plain: bool) -> Iterator[tuple[Rows, Rows]]:
    """Some families that are linked with the database, or without it."""
    number = 0
    while number < FAMILIES:
        enterprises, records = family(chance)
        if _is_plain(enterprises, records) == plain:
            number += 1
            yield _apart(enterprises, number), _apart(records, number)


@pytest.mark.parametrize("relations", [None, load_relations("enforcement-2026")])
@pytest.mark.parametrize("plain", [True, False])
def test_linking_one_is_clustering_all(tmp_path: Path, plain: bool, relations: RelationSet | None) -> None:
    """In some families with branches, successors, shared acts, bases and corrections: the same rows, with and without the database."""
    linker, families = Linker(), list(_families(Random(12), plain))
    tables = (
        table_of(
            [row for each, _ in families for row in each], dict(ENTERPRISE_COLUMNS), {"created": pa.bool_()}
        ),
        table_of([row for _, each in families for row in each], dict(RECORD_COLUMNS), {}),
    )
    clustered = cluster_versions([tables[0]], [tables[1]], frozenset(), tmp_path, relations=relations)
    expected = [pq.read_table(path).to_pylist() for path in clustered]
    inherited = 0
    for enterprises, records in families:
        assert _is_plain(enterprises, records) == plain
        for own in {row["enterprise_id"] for row in enterprises}:
            linked = linker.link(enterprises, records, own, relations)
            for rows, all_rows, columns in zip(
                linked, expected, (ENTERPRISE_COLUMNS, [*RECORD_COLUMNS, *LINKED_COLUMNS]), strict=True
            ):
                wanted = [
                    {name: row[name] for name in columns} for row in all_rows if row["enterprise_id"] == own
                ]
                inherited += sum(row.get("inherited_from") is not None for row in wanted)
                assert wanted == [{name: row[name] for name in columns} for row in rows]
    assert (inherited > 0) is (relations is not None)


@pytest.mark.parametrize("relations", [None, load_relations("enforcement-2026")])
def test_families_linked_at_once_are_those_linked_alone(relations: RelationSet | None) -> None:
    """Families whose facts bear the same numbers, as facts do that wait to be stored, do not touch each other."""
    chance, linker = Random(11), Linker()
    for _ in range(6):
        families: dict[str, tuple[Rows, Rows]] = {}
        for number in range(5):
            enterprises, records = (_named_apart(rows, number) for rows in family(chance))
            families[enterprises[0]["enterprise_id"]] = enterprises, records
        together = linker.link_families(families, relations)
        for own, (enterprises, records) in families.items():
            for at_once, alone, columns in zip(
                together[own],
                linker.link(enterprises, records, own, relations),
                (ENTERPRISE_COLUMNS, [*RECORD_COLUMNS, *LINKED_COLUMNS]),
                strict=True,
            ):
                assert [[row[name] for name in columns] for row in alone] == [
                    [row[name] for name in columns] for row in at_once
                ]
