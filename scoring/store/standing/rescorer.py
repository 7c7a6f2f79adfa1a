"""What one fact changes: the facts and standings that its result needs, read before the lock, and the scoring of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import Wide
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.facts.family import Fact, branches_of, parents_of, versions_of
from scoring.store.standing.assessing import covers
from scoring.store.standing.computed import KEPT, Computed, computed, key_of
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.standings import Changed, StoredStanding, changed_results
from scoring.store.tables.orm import Assessment, EnterpriseVersion, Head, RecordVersion, Standing


@dataclass(frozen=True)
class Inputs:
    """What was read before the lock: for each enterprise concerned its versions and its standing; and the mark that shows a conflict."""

    enterprises: Mapping[str, Sequence[Fact]]
    records: Mapping[str, Sequence[Fact]]
    standing: Mapping[str, StoredStanding]
    pending: Mapping[str, Any]
    covers: frozenset[str]
    family: frozenset[str]
    mark: tuple[object, ...] = field(default=())


def read_inputs(connection: Connection, row: Fact, version: ResolvedPolicy) -> Inputs:
    """Reads what the result of a new version of a record needs."""
    own = row["enterprise_id"]
    concerned = [own, *parents_of(connection, own)]
    branches = {one: [one, *branches_of(connection, one)] for one in concerned}
    family = frozenset(one for group in branches.values() for one in group)
    enterprises = versions_of(connection, EnterpriseVersion, family)
    new = dict.fromkeys(RecordVersion.__table__.columns.keys()) | dict(row)
    records = [
        *versions_of(connection, RecordVersion, family),
        {**new, "seq": connection.execute(select(Head.seq)).scalar_one() + 1},
    ]
    seen = Inputs(
        {one: [row for row in enterprises if row["enterprise_id"] in branches[one]] for one in concerned},
        {one: [row for row in records if row["enterprise_id"] in branches[one]] for one in concerned},
        read_standings(connection, version.policy.id, concerned),
        open_proposals(connection, version.policy, concerned),
        covers(connection),
        family,
    )
    return replace(seen, mark=_mark(connection, family, version.policy.id))


def _mark(connection: Connection, family: frozenset[str], policy_id: str) -> tuple[object, ...]:
    """What another writer of these enterprises changes: their last fact, their last assessment, their steps."""
    ids = sorted(family)
    last = [
        connection.execute(select(func.max(t.seq)).where(t.enterprise_id.in_(ids))).scalar()
        for t in (EnterpriseVersion, RecordVersion)
    ]
    latest = select(func.max(Standing.latest)).where(
        Standing.policy_id == policy_id, Standing.enterprise_id.in_(ids)
    )
    return (*last, connection.execute(latest).scalar(), connection.execute(select(Head.step)).scalar_one())


def changed_since(connection: Connection, seen: Inputs, version: ResolvedPolicy) -> bool:
    """Whether another writer has changed what was read."""
    return _mark(connection, seen.family, version.policy.id) != seen.mark


def read_standings(connection: Connection, policy_id: str, ids: Sequence[str]) -> dict[str, StoredStanding]:
    of = (
        Standing.enterprise_id,
        Standing.in_effect,
        Standing.name,
        Standing.colour,
        Standing.band,
        Standing.latest,
    )
    kept = [getattr(Assessment, name) for name in KEPT]
    rows = connection.execute(
        select(*of, Assessment.state, Assessment.policy_sha256, Assessment.as_of, *kept)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(and_(Standing.policy_id == policy_id, or_(*(Standing.enterprise_id == one for one in ids))))
    ).all()
    return {
        row[0]: StoredStanding(row[1], row[2], row[3], row[4], row[5], row[6], row[7], key_of(row[9:]))
        for row in rows
    }


@dataclass(frozen=True)
class Question:
    """What one fact changes, to be found out: what was read, and under which policy, on which day."""

    seen: Inputs
    version: ResolvedPolicy
    as_of: date
    emergency: bool


class Rescorer:
    """An engine and a linker of one thread."""

    def __init__(self) -> None:
        self.engine, self.linker = DuckEngine(threads=1, memory="300MB"), Linker()

    def score(self, questions: Sequence[Question]) -> list[list[Changed]]:
        """What changes for the enterprises concerned by each question; no enterprise is concerned by two.

        One query costs little more for many enterprises than for one.
        """
        found: dict[int, list[Computed]] = {}
        order = sorted(range(len(questions)), key=lambda n: _kind(questions[n]))
        for _, group in groupby(order, key=lambda n: _kind(questions[n])):
            found |= self._computed({n: questions[n] for n in group})
        return [
            list(
                changed_results(
                    found[n], q.seen.standing, q.seen.pending, q.version, q.as_of, emergency=q.emergency
                )
            )
            for n, q in enumerate(questions)
        ]

    def _computed(self, questions: Mapping[int, Question]) -> dict[int, list[Computed]]:
        version, kinds = next((q.version, q.seen.covers) for q in questions.values())
        bands = [band.id for band in version.policy.bands]
        enterprises: list[Fact] = []
        records: list[Fact] = []
        cases: list[Case] = []
        for q in questions.values():
            for one in q.seen.enterprises:
                versions, facts = self.linker.link(q.seen.enterprises[one], q.seen.records[one], one)
                enterprises += versions
                records += facts
                before = q.seen.standing.get(one)
                cases.append(
                    Case(
                        one,
                        one,
                        q.as_of,
                        bands.index(before.band) if before and before.band in bands else None,
                    )
                )
        wide = Wide.of(
            self.engine.cases(version, cases, kinds, self.engine.hold(enterprises, records)),
            version.policy,
        )
        results = {result.enterprise_id: result for result in computed(wide, version)}
        return {
            n: [results[one] for one in q.seen.enterprises if one in results] for n, q in questions.items()
        }


def _kind(question: Question) -> tuple[str, list[str]]:
    return question.version.sha256, sorted(question.seen.covers)
