"""What one fact changes: the facts and standings that its result needs, and the scoring of them.

They are read before the lock is taken; what shows that another writer was faster is read with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy import Connection, func, select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.facts.facts_snapshot import covers
from scoring.store.facts.family import FactRow, branches_of, parents_of, versions_of
from scoring.store.standing.computed import ComputedResult, computed_results
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.standings import (
    ChangedResult,
    StoredStanding,
    changed_results,
    read_standings,
)
from scoring.store.standing.taking_effect import OpenProposal
from scoring.store.tables.orm import EnterpriseVersion, Head, RecordVersion, Standing, table_of

Mark = tuple[object, ...]
"""What another writer of the same enterprises changes."""


@dataclass(frozen=True)
class Inputs:
    """What the results of the enterprises concerned by one fact need.

    Attributes:
        enterprises: By enterprise concerned, the versions of it and its branches.
        records: By enterprise concerned, the versions of their records, the new one among them.
        standings: By enterprise concerned, where it stands.
        proposals: By enterprise concerned, its open proposal.
        covers: Kinds that the sources cover.
        family: All enterprises whose facts were read.
        mark: What shows that another writer has changed something of it since.
    """

    enterprises: Mapping[str, Sequence[FactRow]]
    records: Mapping[str, Sequence[FactRow]]
    standings: Mapping[str, StoredStanding]
    proposals: Mapping[str, OpenProposal]
    covers: frozenset[str]
    family: frozenset[str]
    mark: Mark


def read_inputs(connection: Connection, row: FactRow, version: ResolvedPolicy) -> Inputs:
    """Reads what the result of a new version of a record needs."""
    enterprise_id = row["enterprise_id"]
    # A record of a branch is its legal person's too.
    concerned = [enterprise_id, *parents_of(connection, enterprise_id)]
    families = {member: [member, *branches_of(connection, member)] for member in concerned}
    everybody = frozenset(chain.from_iterable(families.values()))
    enterprise_versions = versions_of(connection, EnterpriseVersion, everybody)
    record_versions = [*versions_of(connection, RecordVersion, everybody), _new_version(connection, row)]
    return Inputs(
        enterprises={member: _of_family(enterprise_versions, family) for member, family in families.items()},
        records={member: _of_family(record_versions, family) for member, family in families.items()},
        standings=read_standings(connection, version.policy.id, concerned),
        proposals=open_proposals(connection, version.policy, concerned),
        covers=covers(connection),
        family=everybody,
        mark=_mark(connection, everybody, version.policy.id),
    )


def _of_family(rows: Sequence[FactRow], family: Sequence[str]) -> list[FactRow]:
    return [version for version in rows if version["enterprise_id"] in family]


def _new_version(connection: Connection, row: FactRow) -> FactRow:
    """The version that is to be entered, as the store would hold it."""
    columns = dict.fromkeys(table_of(RecordVersion).columns.keys())
    return {**columns, **row, "seq": connection.execute(select(Head.seq)).scalar_one() + 1}


def _mark(connection: Connection, family: frozenset[str], policy_id: str) -> Mark:
    """The last fact and the last assessment of a family, and the last step of all."""
    enterprise_ids = sorted(family)
    last_enterprise, last_record = (
        connection.execute(
            select(func.max(model.seq)).where(model.enterprise_id.in_(enterprise_ids))
        ).scalar()
        for model in (EnterpriseVersion, RecordVersion)
    )
    last_assessment = select(func.max(Standing.latest)).where(
        Standing.policy_id == policy_id, Standing.enterprise_id.in_(enterprise_ids)
    )
    last_number = connection.execute(last_assessment).scalar()
    return last_enterprise, last_record, last_number, connection.execute(select(Head.step)).scalar_one()


def changed_since(connection: Connection, inputs: Inputs, version: ResolvedPolicy) -> bool:
    """Whether another writer has changed what was read."""
    return _mark(connection, inputs.family, version.policy.id) != inputs.mark


@dataclass(frozen=True)
class RescoreRequest:
    """A fact to be scored: what was read, the policy, the day, and whether it is an emergency."""

    inputs: Inputs
    version: ResolvedPolicy
    as_of: date
    emergency: bool


class Rescorer:
    """An engine and a linker of one thread, which score what single facts change."""

    def __init__(self) -> None:
        # A single thread: for a few rows, sharing the work costs more than it saves.
        self.engine, self.linker = DuckEngine(threads=1, memory="300MB"), Linker()

    def score(self, requests: Sequence[RescoreRequest]) -> list[list[ChangedResult]]:
        """What changes for the enterprises of each request; none of them is concerned by two."""
        # One query costs little more for many enterprises than for one.
        alike: dict[tuple[str, frozenset[str]], list[RescoreRequest]] = {}
        for request in requests:
            alike.setdefault((request.version.sha256, request.inputs.covers), []).append(request)
        results: dict[str, ComputedResult] = {}
        for group in alike.values():
            results |= self._results(group)
        return [_changes(request, results) for request in requests]

    def _results(self, requests: Sequence[RescoreRequest]) -> dict[str, ComputedResult]:
        """Results by enterprise, of requests under one policy and the same covered kinds."""
        version, covered_kinds = requests[0].version, requests[0].inputs.covers
        enterprises: list[FactRow] = []
        records: list[FactRow] = []
        cases: list[Case] = []
        for request in requests:
            inputs = request.inputs
            for member in inputs.enterprises:
                linked = self.linker.link(inputs.enterprises[member], inputs.records[member], member)
                enterprises += linked[0]
                records += linked[1]
                cases.append(Case(member, member, request.as_of, _prior(request, member)))
        relations = self.engine.hold(enterprises, records)
        decided = DecidedRows.of(self.engine.cases(version, cases, covered_kinds, relations), version.policy)
        return {result.enterprise_id: result for result in computed_results(decided, version)}


def _prior(request: RescoreRequest, enterprise_id: str) -> int | None:
    """Number of the band in effect, if the policy still has it."""
    standing = request.inputs.standings.get(enterprise_id)
    bands = [band.id for band in request.version.policy.bands]
    return bands.index(standing.band) if standing and standing.band in bands else None


def _changes(request: RescoreRequest, results: Mapping[str, ComputedResult]) -> list[ChangedResult]:
    """What one request changes."""
    inputs = request.inputs
    return list(
        changed_results(
            [results[member] for member in inputs.enterprises if member in results],
            inputs.standings,
            inputs.proposals,
            request.version,
            request.as_of,
            emergency=request.emergency,
        )
    )
