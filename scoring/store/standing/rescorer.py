"""What one fact changes: the facts and standings that its result needs, and the scoring of them.

They are read before the lock is taken; what shows that another writer was faster is read with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, not_, or_, select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.facts.adverse import is_adverse, speaks_against
from scoring.store.facts.covered_kinds import covers
from scoring.store.facts.disputes import DISPUTED as MARKED
from scoring.store.facts.family import FactRow, parents_of, read_families, successors_of, versions_of
from scoring.store.standing.computed import ComputedResult, computed_results
from scoring.store.standing.new_results import ChangedResult, changed_results
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.sole_traders import sole_traders
from scoring.store.standing.standings import StoredStanding, band_numbers, read_standings
from scoring.store.standing.taking_effect import IN_EFFECT, OpenProposal
from scoring.store.tables.orm import (
    Assessment,
    AuditEvent,
    Head,
    RecordVersion,
    Standing,
    table_of,
)
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

ADDED, DISPUTED = "record added", "record disputed"
"""Log entries of what one account says alone."""
DisputeMark = tuple[object, ...]
"""What another writer of the same enterprises changes."""


@dataclass(frozen=True)
class HandEntered:
    """Versions of records that were entered by hand since an enterprise is in a reviewed band, and by whom."""

    seqs: frozenset[int] = frozenset()
    actors: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Inputs:
    """What the results of the enterprises concerned by one fact need.

    Attributes:
        enterprises: By enterprise concerned, the versions of it, its branches and predecessors.
        records: By enterprise concerned, the versions of their records, the new one among them.
        standings: By enterprise concerned, where it stands.
        proposals: By enterprise concerned, its open proposal.
        by_hand: By enterprise concerned that is in a reviewed band, what was entered by hand since.
        persons: Those of the enterprises concerned that are sole traders.
        covers: Kinds that the sources cover.
        family: All enterprises whose facts were read.
        mark: What shows that another writer has changed something of it since.
    """

    enterprises: Mapping[str, Sequence[FactRow]]
    records: Mapping[str, Sequence[FactRow]]
    standings: Mapping[str, StoredStanding]
    proposals: Mapping[str, OpenProposal]
    by_hand: Mapping[str, HandEntered]
    persons: frozenset[str]
    covers: frozenset[str]
    family: frozenset[str]
    mark: DisputeMark


def read_inputs(
    connection: Connection, rows: Sequence[FactRow], version: ResolvedPolicy, kind: str, actor: str
) -> Inputs:
    """Reads what the result of new versions of records needs.

    Args:
        connection: The store.
        rows: The versions, of one enterprise.
        version: The policy.
        kind: The log's word for them.
        actor: Who enters them.
    """
    enterprise_id = rows[0]["enterprise_id"]
    new = _new_versions(connection, rows)
    # A record of a branch is its legal person's too, and one of a predecessor its successor's.
    concerned = [enterprise_id, *parents_of(connection, enterprise_id)]
    if version.law.relations is not None:
        for successor in successors_of(connection, enterprise_id):
            concerned += [successor, *parents_of(connection, successor)]
    concerned = list(dict.fromkeys(concerned))
    inputs = _read(connection, concerned, version, new)
    if kind != "added":
        # What was confirmed of it is another thing now.
        unconfirmed = {who: replace(known, confirmations=()) for who, known in inputs.proposals.items()}
        inputs = replace(inputs, proposals=unconfirmed)
    seqs = {known["seq"] for known in new if _counts_as_hand(known, kind)}
    if not seqs:
        return inputs
    by_hand = {
        member: HandEntered(entered.seqs | seqs, entered.actors | {actor})
        for member, entered in inputs.by_hand.items()
    }
    return replace(inputs, by_hand=by_hand)


def _counts_as_hand(row: FactRow, kind: str) -> bool:
    """Whether a version may be what alone brings an enterprise out of a reviewed band."""
    # What speaks against an enterprise brings it out of nothing.
    return kind == "disputed" or (kind == "added" and not is_adverse(row["kind"], row["result"]))


def read_family(connection: Connection, enterprise_id: str, version: ResolvedPolicy) -> Inputs:
    """Reads what the result of one enterprise needs, as it is."""
    return _read(connection, [enterprise_id], version, [])


def _read(
    connection: Connection, concerned: Sequence[str], version: ResolvedPolicy, new: Sequence[FactRow]
) -> Inputs:
    """Facts, standings and proposals of the enterprises concerned, with new versions of records."""
    families, record_versions = read_families(connection, concerned, new)
    everybody = frozenset(chain.from_iterable(families.values()))
    enterprise_versions = versions_of(connection, VisibleEnterprise, everybody)
    standings = read_standings(connection, version.policy.id, concerned)
    return Inputs(
        enterprises={member: _of_family(enterprise_versions, family) for member, family in families.items()},
        records={member: _of_family(record_versions, family) for member, family in families.items()},
        standings=standings,
        proposals=open_proposals(connection, version.policy, concerned),
        by_hand={
            member: _entered_by_hand(connection, version.policy, member, families[member])
            for member, standing in standings.items()
            if standing.rated in version.policy.review.to
        },
        persons=sole_traders(connection, version.policy, concerned),
        covers=covers(connection),
        family=everybody,
        mark=_mark(connection, everybody, version.policy.id),
    )


def _entered_by_hand(
    connection: Connection, policy: Policy, enterprise_id: str, family: Collection[str]
) -> HandEntered:
    """What was entered by hand since the enterprise was last in a band that is not reviewed."""
    last_good = select(func.max(Assessment.seq)).where(
        Assessment.enterprise_id == enterprise_id,
        Assessment.policy_id == policy.id,
        Assessment.state == IN_EFFECT,
        Assessment.band.not_in(policy.review.to),
    )
    since = connection.execute(last_good).scalar() or 0
    entered = connection.execute(
        select(VisibleRecord.seq, AuditEvent.actor)
        .join(AuditEvent, AuditEvent.seq == VisibleRecord.event)
        .where(VisibleRecord.enterprise_id.in_(family), VisibleRecord.seq > since)
        .where(
            or_(
                AuditEvent.kind == DISPUTED,
                # A file that comes in meanwhile carries the mark on and decides nothing.
                VisibleRecord.contest == MARKED,
                and_(AuditEvent.kind == ADDED, not_(speaks_against())),
            )
        )
    ).all()
    return HandEntered(frozenset(seq for seq, _actor in entered), frozenset(actor for _seq, actor in entered))


def leaving_reviewed(
    results: Sequence[ComputedResult], standings: Mapping[str, StoredStanding], policy: Policy
) -> list[str]:
    """Enterprises whose computed band is better than the reviewed one that is in effect."""
    bands = band_numbers(policy)
    leaving = []
    for result in results:
        standing = standings.get(result.enterprise_id)
        if standing is None or standing.rated not in policy.review.to or result.band not in bands:
            continue
        if bands[result.band] < bands[standing.rated]:
            leaving.append(result.enterprise_id)
    return leaving


def _of_family(rows: Sequence[FactRow], family: Collection[str]) -> list[FactRow]:
    return [version for version in rows if version["enterprise_id"] in family]


def _new_versions(connection: Connection, rows: Sequence[FactRow]) -> list[FactRow]:
    """The versions that are to be entered, as the store would hold them."""
    columns = dict.fromkeys(table_of(RecordVersion).columns.keys())
    first = connection.execute(select(Head.seq)).scalar_one() + 1
    return [{**columns, **row, "seq": first + number} for number, row in enumerate(rows)]


def _mark(connection: Connection, family: Collection[str], policy_id: str) -> DisputeMark:
    """The last fact and the last assessment of a family, and the last step of all."""
    return tuple(connection.execute(_MARK, {"family": sorted(family), "policy_id": policy_id}).one())


def _mark_query() -> Select[Any]:
    """The query of ``_mark``, which is built once: every fact asks it twice."""
    family: BindParameter[list[str]] = bindparam("family", expanding=True)
    policy_id: BindParameter[str] = bindparam("policy_id")
    last_facts = (
        select(func.max(model.visible_seq)).where(model.enterprise_id.in_(family)).scalar_subquery()
        for model in (VisibleEnterprise, VisibleRecord)
    )
    last_assessment = select(func.max(Standing.latest)).where(
        Standing.policy_id == policy_id, Standing.enterprise_id.in_(family)
    )
    return select(*last_facts, last_assessment.scalar_subquery(), Head.step)


_MARK = _mark_query()


def changed_since(connection: Connection, inputs: Inputs, version: ResolvedPolicy) -> bool:
    """Whether another writer has changed what was read."""
    return _mark(connection, inputs.family, version.policy.id) != inputs.mark


@dataclass(frozen=True)
class RescoreRequest:
    """A fact to be scored: what was read, the policy and the day."""

    inputs: Inputs
    version: ResolvedPolicy
    as_of: date

    def without_hands(self, enterprise_id: str) -> RescoreRequest:
        """The same of one enterprise, without what was entered by hand."""
        inputs, entered = self.inputs, self.inputs.by_hand[enterprise_id].seqs
        kept = [version for version in inputs.records[enterprise_id] if version["seq"] not in entered]
        alone = replace(
            inputs,
            enterprises={enterprise_id: inputs.enterprises[enterprise_id]},
            records={enterprise_id: kept},
        )
        return replace(self, inputs=alone)


class Rescorer:
    """An engine and a linker of one thread, which score what single facts change."""

    def __init__(self) -> None:
        # A single thread: for a few rows, sharing the work costs more than it saves.
        self.engine, self.linker = DuckEngine(threads=1, memory="300MB"), Linker()

    def score(self, requests: Sequence[RescoreRequest]) -> list[list[ChangedResult]]:
        """What changes for the enterprises of each request; none of them is concerned by two."""
        results = self._all_results(requests)
        by_hand = self.by_hand(requests, results)
        return [_changes(request, results, by_hand) for request in requests]

    def by_hand(
        self, requests: Sequence[RescoreRequest], results: Mapping[str, ComputedResult]
    ) -> dict[str, frozenset[str]]:
        """Whose hands alone bring enterprises out of a reviewed band.

        That is who entered the facts without which a result would be worse than it is.
        """
        entered: dict[str, frozenset[str]] = {}
        without: list[RescoreRequest] = []
        for request in requests:
            concerned = [results[member] for member in request.inputs.enterprises if member in results]
            for member in leaving_reviewed(concerned, request.inputs.standings, request.version.policy):
                if hands := request.inputs.by_hand[member]:
                    entered[member] = hands.actors
                    without.append(request.without_hands(member))
        if not without:
            return {}
        bands = band_numbers(without[0].version.policy)
        plain = self._all_results(without)
        return {
            member: actors
            for member, actors in entered.items()
            if actors and _is_worse(plain.get(member), results[member], bands)
        }

    def _all_results(self, requests: Sequence[RescoreRequest]) -> dict[str, ComputedResult]:
        """Results by enterprise."""
        # One query costs little more for many enterprises than for one.
        alike: dict[tuple[str, frozenset[str]], list[RescoreRequest]] = {}
        for request in requests:
            alike.setdefault((request.version.rules_sha256, request.inputs.covers), []).append(request)
        results: dict[str, ComputedResult] = {}
        for group in alike.values():
            results |= self._results(group)
        return results

    def _results(self, requests: Sequence[RescoreRequest]) -> dict[str, ComputedResult]:
        """Results by enterprise, of requests under one policy and the same covered kinds."""
        version, covered_kinds = requests[0].version, requests[0].inputs.covers
        families: dict[str, tuple[Sequence[FactRow], Sequence[FactRow]]] = {}
        cases: list[Case] = []
        for request in requests:
            inputs = request.inputs
            for member in inputs.enterprises:
                families[member] = inputs.enterprises[member], inputs.records[member]
                cases.append(Case(member, member, request.as_of, _prior(request, member)))
        linked = self.linker.link_families(families, version.law.relations).values()
        enterprises = list(chain.from_iterable(rows for rows, _records in linked))
        records = list(chain.from_iterable(rows for _enterprises, rows in linked))
        relations = self.engine.hold(enterprises, records)
        decided = DecidedRows.of(self.engine.cases(version, cases, covered_kinds, relations), version.policy)
        return {result.enterprise_id: result for result in computed_results(decided, version)}


def _prior(request: RescoreRequest, enterprise_id: str) -> int | None:
    """Number of the band in effect, if the policy still has it."""
    standing = request.inputs.standings.get(enterprise_id)
    bands = [band.id for band in request.version.policy.bands]
    return bands.index(standing.band) if standing and standing.band in bands else None


def _is_worse(plain: ComputedResult | None, result: ComputedResult, bands: Mapping[str | None, int]) -> bool:
    """Whether a result without what was entered by hand is worse, or no rating at all."""
    if plain is None or plain.band not in bands:
        return True
    return bands[plain.band] > bands[result.band]


def _changes(
    request: RescoreRequest, results: Mapping[str, ComputedResult], by_hand: Mapping[str, frozenset[str]]
) -> list[ChangedResult]:
    """What one request changes."""
    inputs = request.inputs
    return list(
        changed_results(
            [results[member] for member in inputs.enterprises if member in results],
            inputs.standings,
            inputs.proposals,
            request.version,
            request.as_of,
            by_hand,
            inputs.persons,
        )
    )
