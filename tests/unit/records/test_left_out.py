"""What stands otherwise without a record is what linking finds of the records that remain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from related_histories import past_of
from rights import joined, reported

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.policy.law.relations import load_relations
from scoring.records.link.left_out import RELATION_COLUMNS, linked_without
from scoring.records.link.versions import Linker

RELATIONS = load_relations("enforcement-2026")
FIRM = {**dict.fromkeys(ENTERPRISE_COLUMNS), "enterprise_id": "e", "name": "e", "created": False, "seq": 1}
Rows = Sequence[dict[str, Any]]


def linked(linker: Linker, rows: Rows) -> dict[str, dict[str, Any]]:
    """The linked records of one enterprise by id."""
    numbered = [{**row, "enterprise_id": "e", "seq": number} for number, row in enumerate(rows, start=1)]
    return {row["record_id"]: row for row in linker.link([FIRM], numbered, "e", RELATIONS)[1]}


def test_without_each_record_the_others_stand_as_linked_alone() -> None:
    """In generated histories every record is left out once; some leave another one standing otherwise."""
    linker, changed = Linker(), Counter[str]()
    for seed in range(6):
        past = (joined, reported)[seed % 2](Random(seed), past_of(seed))[1]
        rows = [{**dict.fromkeys(RECORD_COLUMNS), **row} for row in past.rows.values()]
        whole = linked(linker, rows)
        without = linked_without(list(whole.values()), list(whole), RELATIONS)
        for left_out, others in without.items():
            now = {row["record_id"]: row for row in others}
            rest = linked(linker, [row for row in rows if row["record_id"] != left_out])
            for record_id, alone in rest.items():
                stands = now.get(record_id, whole[record_id])
                columns = {name: alone[name] for name in RELATION_COLUMNS}
                assert columns == {name: stands[name] for name in RELATION_COLUMNS}, (seed, left_out)
                changed.update(name for name in RELATION_COLUMNS if alone[name] != whole[record_id][name])
    assert {"matter", "recheck_of", "series", "replaced_on"} & set(changed)
