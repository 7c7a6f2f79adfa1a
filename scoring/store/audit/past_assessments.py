"""What was known when a past assessment was made: facts, policy, day and prior band."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import DeclarativeBase

from scoring.entities import RelationSet
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.facts.family import FactRow, named_in, reached, with_predecessors
from scoring.store.standing.policies import stored_version
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import (
    Assessment,
    Erased,
    SourceMapVersion,
    table_of,
)
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord


@dataclass(frozen=True)
class PastAssessment:
    """One assessment, and what was known of its enterprise, branches and predecessors.

    Attributes:
        row: The assessment by column.
        family: The enterprise, its branches and predecessors, those among them that became so later.
        enterprises: Versions of the enterprise, its branches and predecessors.
        records: Versions of their records.
        deletion: The last log entry by which a fact behind it was lawfully deleted.
        is_restored: Whether it uses a record that has been restored since.
    """

    row: Mapping[str, Any]
    family: frozenset[str]
    enterprises: Sequence[FactRow]
    records: Sequence[FactRow]
    deletion: int | None
    is_restored: bool


class PastReader:
    """Reads what was known when; keeps policies and covered kinds, which are few."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._linker = connection, Linker()
        self._policies: dict[str, ResolvedPolicy] = {}
        maps = connection.execute(select(SourceMapVersion.event, SourceMapVersion.covers)).all()
        self._maps = [(event, frozenset(json.loads(covers))) for event, covers in maps]
        self._restored = _restorations(connection)

    def covers(self, event: int) -> frozenset[str]:
        """Kinds that the store's sources covered when an entry was written."""
        return frozenset().union(*(kinds for brought, kinds in self._maps if brought < event))

    def policy(self, sha256: str) -> ResolvedPolicy:
        """A policy as it scored, from the store's own copy."""
        if sha256 not in self._policies:
            self._policies[sha256] = stored_version(self._connection, sha256)
        return self._policies[sha256]

    def linked(
        self, assessments: Iterable[PastAssessment], relations: RelationSet | None
    ) -> Iterator[tuple[PastAssessment, tuple[list[FactRow], list[FactRow]]]]:
        """Each assessment with the versions of its enterprise and its records, as the engine takes them.

        Args:
            assessments: Of whatever days and states of the store.
            relations: How records stand to each other, by the rules of all of them.
        """
        for apart in _apart(assessments):
            families = {past.row["enterprise_id"]: (past.enterprises, past.records) for past in apart}
            linked = self._linker.link_families(families, relations)
            for past in apart:
                yield past, linked[past.row["enterprise_id"]]

    def assessments(self, numbers: Sequence[int]) -> Iterator[PastAssessment]:
        """Assessments with what was known of their enterprises."""
        assessments = self._rows(Assessment, "number", numbers)
        branches = self._branches(sorted({assessment["enterprise_id"] for assessment in assessments}))
        members = sorted({*branches, *chain.from_iterable(branches.values())})
        everybody, record_rows = with_predecessors(
            members,
            self._rows(VisibleRecord, "enterprise_id", members),
            lambda ids: self._rows(VisibleRecord, "enterprise_id", ids),
        )
        records = _by_enterprise(record_rows)
        enterprises, erased = (
            _by_enterprise(self._rows(model, "enterprise_id", sorted(everybody)))
            for model in (VisibleEnterprise, Erased)
        )
        for assessment in assessments:
            enterprise_id, last_fact = assessment["enterprise_id"], assessment["seq"]
            family = _family([enterprise_id, *branches[enterprise_id]], records)
            deletions = [version["event"] for version in _until(last_fact, erased, family)]
            known_records = _until(last_fact, records, family)
            yield PastAssessment(
                row=assessment,
                family=frozenset(family),
                enterprises=_until(last_fact, enterprises, family),
                records=known_records,
                deletion=max(deletions, default=None),
                is_restored=self._has_restored(known_records, assessment["as_of"]),
            )

    def _has_restored(self, records: Sequence[FactRow], day: date) -> bool:
        """Whether one of some records has been restored after a day."""
        return any(self._restored.get(record["record_id"], date.min) > day for record in records)

    def _branches(self, enterprise_ids: Sequence[str]) -> dict[str, list[str]]:
        """Whoever has ever named an enterprise as legal person, by enterprise."""
        branches: dict[str, list[str]] = {enterprise_id: [] for enterprise_id in enterprise_ids}
        listed = table_of(VisibleEnterprise).c
        for some_ids in in_parts(enterprise_ids):
            named = select(listed.parent_id, listed.enterprise_id).where(listed.parent_id.in_(some_ids))
            for parent, branch in self._connection.execute(named.distinct()):
                if branch != parent:
                    branches[parent].append(branch)
        return branches

    def _rows(self, model: type[DeclarativeBase], column: str, values: Sequence[Any]) -> list[FactRow]:
        """Rows of a table with some values in a column."""
        table, selected = table_of(model), list[FactRow]()
        for some_values in in_parts(values):
            query = select(table).where(table.c[column].in_(some_values))
            selected += map(dict, self._connection.execute(query).mappings())
        return selected


def _apart(assessments: Iterable[PastAssessment]) -> list[list[PastAssessment]]:
    """The assessments in groups that share no enterprise: of each one state alone is linked, or a branch of later would
    count for its legal person of before."""
    groups: list[tuple[set[str], list[PastAssessment]]] = []
    for past in assessments:
        place = next((n for n, (members, _) in enumerate(groups) if members.isdisjoint(past.family)), None)
        if place is None:
            groups.append((set(past.family), [past]))
        else:
            groups[place][0].update(past.family)
            groups[place][1].append(past)
    return [group for _members, group in groups]


def _by_enterprise(rows: Iterable[FactRow]) -> dict[str, list[FactRow]]:
    by_enterprise: dict[str, list[FactRow]] = defaultdict(list)
    for row in rows:
        by_enterprise[row["enterprise_id"]].append(row)
    return by_enterprise


def _family(members: Sequence[str], records: Mapping[str, list[FactRow]]) -> list[str]:
    """An enterprise and its branches with whom these have ever succeeded."""

    def predecessors(ids: list[str]) -> Iterator[str]:
        named = named_in(chain.from_iterable(records.get(member, ()) for member in ids))
        return (predecessor for _successor, predecessor in named)

    return [*members, *sorted(reached(members, predecessors))]


def _restorations(connection: Connection) -> dict[str, date]:
    """The first day on which each restored record was restored."""
    columns = table_of(VisibleRecord).c
    restored: dict[str, date] = {}
    query = select(columns.record_id, columns.restored_on).where(columns.restored_on.is_not(None))
    for record_id, restored_on in connection.execute(query):
        restored[record_id] = min(restored_on, restored.get(record_id, restored_on))
    return restored


def _until(seq: int, rows: Mapping[str, list[FactRow]], family: Sequence[str]) -> list[FactRow]:
    """Rows of a family that were there at a ``seq``; of what was erased the own number alone is left."""
    of_family = chain.from_iterable(rows.get(member, ()) for member in family)
    return [version for version in of_family if version.get("visible_seq", version["seq"]) <= seq]
