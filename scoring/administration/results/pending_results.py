"""Open proposals of a store as people see them: what brings each, and when and to whom it can be answered.

Each is compared with what is in effect from the facts that both knew, many at once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.viewer import UNSEEN, Look
from scoring.administration.results.waiting_results import (
    ReadResult,
    ResultRow,
    WaitingResult,
    read_waiting,
)
from scoring.assess.assessor import traced_cases
from scoring.engine import results as engine_results
from scoring.engine.cases import Case, Relations
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.entities import Hearing, HearingState, PendingProposal, ProposalCause
from scoring.explain.history.proposal_causes import Comparison, RestedOn, policy_cause
from scoring.explain.history.record_states import RecordsOfDay, records_of_day
from scoring.explain.words.grades import legend
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.covered_kinds import covers
from scoring.store.facts.family import FactRow
from scoring.store.standing.open_proposals import proposals
from scoring.store.standing.taking_effect import OpenProposal, waits_for

DAY = timedelta(days=1)
OF_A_RISE = ("review", "returned")
"""What a better result waits for: nobody is heard about it."""


def pending_proposals(
    kept: KeptReadings,
    connection: Connection,
    version: ResolvedPolicy,
    day: date,
    enterprise_ids: Sequence[str] | None = None,
    look: Look = UNSEEN,
) -> list[PendingProposal]:
    """Open proposals of a policy, all or those of some enterprises, the earliest end of notice first.

    Args:
        kept: The store, and what reading it keeps.
        connection: A transaction of that store.
        version: The policy.
        day: The day on which it is asked where their periods stand.
        enterprise_ids: Whose; of everybody by default.
        look: Who looks, and when: a court hides records from others.
    """
    open_ones = proposals(connection, version, enterprise_ids)
    waiting = read_waiting(connection, version.policy.id, open_ones)
    by_policy: dict[str, list[WaitingResult]] = defaultdict(list)
    for result in waiting:
        by_policy[result.now.row["rules_sha256"]].append(result)
    causes: dict[str, list[ProposalCause]] = {}
    for sha256, results in by_policy.items():
        causes |= Causes(kept, kept.version(connection, sha256), covers(connection)).of(results)
    return [
        _pending(result, _visible(result, causes[result.proposal.enterprise_id], look, day), version, day)
        for result in waiting
    ]


def _visible(
    result: WaitingResult, causes: Sequence[ProposalCause], look: Look, day: date
) -> list[ProposalCause]:
    """The causes without records that a court hides; what such a record alone brings is not told."""
    hidden = look.viewer.hidden(result.now.facts.records, look.on or day)
    shown = []
    for cause in causes:
        records = tuple(record for record in cause.records if record.record_id not in hidden)
        if records or not cause.records:
            shown.append(replace(cause, records=records))
    return shown


@dataclass(frozen=True)
class Causes:
    """Finds what brings proposals that one version of a policy made.

    Attributes:
        kept: The store.
        version: The policy.
        covers: Kinds that the sources of the store cover.
    """

    kept: KeptReadings
    version: ResolvedPolicy
    covers: frozenset[str]

    def of(self, waiting: Sequence[WaitingResult]) -> dict[str, list[ProposalCause]]:
        """By enterprise, what brings its proposal."""
        before = {result.proposal.enterprise_id: result.before for result in waiting if result.before}
        now = {result.proposal.enterprise_id: result.now for result in waiting}
        with DuckEngine(threads=1, memory="300MB") as engine:
            states_before, anew = self._states(engine, before), self._anew(engine, before)
            states_now = self._states(engine, now)
        return {
            result.proposal.enterprise_id: self._causes(result, states_before, anew, states_now)
            for result in waiting
        }

    def _causes(
        self,
        result: WaitingResult,
        states_before: Mapping[str, RecordsOfDay],
        anew: Mapping[str, ResultRow],
        states_now: Mapping[str, RecordsOfDay],
    ) -> list[ProposalCause]:
        """What brings one proposal: another version of the rules first, then records and days under it."""
        who, policy = result.proposal.enterprise_id, self.version.policy
        before, by_rules = None, []
        if result.before:
            row = {**result.before.row, **anew.get(who, {})}
            before = _rested_on(row, states_before[who])
            if who in anew and row["band"] != result.before.row["band"]:
                was = _points(result.before.row)
                by_rules = [policy_cause(self.version, was, before.points)]
        bands = [band.id for band in policy.bands]
        now = _rested_on(result.now.row, states_now[who])
        better = _is_better(result, bands)
        comparison = Comparison(before, now, bands.index(result.proposal.band), self.version, better)
        return by_rules + comparison.causes()

    def _states(self, engine: DuckEngine, results: Mapping[str, ReadResult]) -> dict[str, RecordsOfDay]:
        """By enterprise, the records on the day of a result, from the facts that it knew."""
        if not results:
            return {}
        facts, tables = self._held(engine, results)
        cases = [Case(who, who, result.row["as_of"]) for who, result in results.items()]
        traced = traced_cases(engine, self.version, cases, tables, facts)
        return {who: records_of_day(records, self.version.policy) for who, records in traced.items()}

    def _held(self, engine: DuckEngine, results: Mapping[str, ReadResult]) -> tuple[list[FactRow], Relations]:
        """The linked records of some results, and the tables that hold them."""
        enterprises: list[FactRow] = []
        records: list[FactRow] = []
        for who, result in results.items():
            linked = self.kept.link(*result.facts, who, self.version)
            enterprises += linked[0]
            records += linked[1]
        return records, engine.hold(enterprises, records)

    def _anew(self, engine: DuckEngine, results: Mapping[str, ReadResult]) -> Mapping[str, ResultRow]:
        """Results in effect that an older version gave, as this version would have given them."""
        older = {
            who: result
            for who, result in results.items()
            if result.row["rules_sha256"] != self.version.rules_sha256
        }
        if not older:
            return {}
        _, tables = self._held(engine, older)
        cases = [Case(who, who, result.row["as_of"]) for who, result in older.items()]
        decided = DecidedRows.of(engine.cases(self.version, cases, self.covers, tables), self.version.policy)
        anew: dict[str, dict[str, Any]] = {}
        for score in engine_results.scores(decided, self.version).to_pylist():
            anew[score["enterprise_id"]] = {**score, "contributions": []}
        for given in engine_results.contributions(decided).to_pylist():
            contribution = [given["indicator_id"], given["points"], given["unknown"]]
            anew[given["enterprise_id"]]["contributions"].append(contribution)
        return anew


def _rested_on(row: ResultRow, records: RecordsOfDay) -> RestedOn:
    rules = [("veto", rule_id) for rule_id in _list(row["vetoes"])]
    rules += [("cap", rule_id) for rule_id in _list(row["caps"])]
    return RestedOn(row["as_of"], records, _points(row), frozenset(rules))


def _points(row: ResultRow) -> dict[str, int]:
    """Points by indicator of a result."""
    return {indicator: points for indicator, points, _unknown in _list(row["contributions"])}


def _list(value: Any) -> list[Any]:
    """A list of a result: as the engine gives it, or as the store keeps it."""
    return list(json.loads(value)) if isinstance(value, str) else list(value)


def _is_better(result: WaitingResult, bands: Sequence[str]) -> bool:
    """Whether the proposed band is better than the one in effect."""
    before = result.proposal.band_in_effect
    return before in bands and bands.index(result.proposal.band) < bands.index(str(before))


def _pending(
    result: WaitingResult, causes: Sequence[ProposalCause], version: ResolvedPolicy, day: date
) -> PendingProposal:
    """One proposal with all that is to be said of it."""
    proposal, policy, pending = result.proposal, version.policy, result.proposal.pending
    bands = {band.id: band for band in legend(policy)}
    points_before, points_now = (
        result.before.row["points"] if result.before else None,
        result.now.row["points"],
    )
    caused = sum(cause.change for cause in causes)
    better = _is_better(result, list(bands))
    waits = waits_for(policy, day, pending, pending.band, pending.weight, proposal.reviewers)
    return PendingProposal(
        enterprise_id=proposal.enterprise_id,
        name=proposal.name,
        number=pending.number,
        assessment=proposal.assessment,
        before=bands.get(str(proposal.band_in_effect)),
        before_reason=result.before_reason,
        proposed=bands[proposal.band],
        first=result.first,
        better=better,
        points_before=points_before,
        points_now=points_now,
        per_point=policy.scale.per_point,
        higher_is_better=policy.higher_is_better,
        causes=tuple(causes),
        others=points_now - points_before - caused if points_before is not None else None,
        proposed_on=pending.proposed_on,
        as_of=result.now.row["as_of"],
        hearing=_hearing(pending, causes, policy.worsening_notice_workdays, day),
        reviewers=proposal.reviewers,
        confirmed_by=tuple(sorted(pending.confirmed_by)),
        open_statements=pending.open_statements,
        returned=pending.returned,
        waits=tuple(reason for reason in waits if not better or reason in OF_A_RISE),
    )


def _hearing(pending: OpenProposal, causes: Sequence[ProposalCause], workdays: int, day: date) -> Hearing:
    """Service and period: it begins on the day after service, in an emergency with it."""
    served_on, first_day = pending.served_on, pending.served_on
    if served_on is not None and not pending.emergency:
        first_day = served_on + DAY
    authorities: dict[str, None] = {}
    for cause in causes:
        authorities |= dict.fromkeys(record.authority for record in cause.records if record.authority)
    return Hearing(
        served_on=served_on,
        how=pending.served_how,
        first_day=first_day,
        last_day=pending.notice_until,
        workdays=workdays,
        state=_state(pending.notice_until, day),
        emergency=pending.emergency,
        authorities=tuple(authorities),
    )


def _state(last_day: date | None, day: date) -> HearingState:
    if last_day is None:
        return "unserved"
    return "running" if day <= last_day else "over"
