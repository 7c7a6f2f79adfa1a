"""The two results that an open proposal lies between, each with the facts that it knew, read for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import InstrumentedAttribute

from scoring.store.facts.family import FactRow, parents_by_branch, versions_of
from scoring.store.standing.open_proposals import Proposal
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import Assessment, Standing, table_of
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

ResultRow = Mapping[str, Any]
"""An assessment, by column."""


class FactsOf(NamedTuple):
    """Versions of an enterprise and its branches, and of their records."""

    enterprises: Sequence[FactRow]
    records: Sequence[FactRow]

    def up_to(self, seq: int) -> FactsOf:
        """Those that a result of then knew."""
        return FactsOf(
            [version for version in self.enterprises if version["seq"] <= seq],
            [version for version in self.records if version["seq"] <= seq],
        )


class ReadResult(NamedTuple):
    """A result, and the facts that it knew."""

    row: ResultRow
    facts: FactsOf


@dataclass(frozen=True)
class WaitingResult:
    """An open proposal with the two results that it lies between.

    Attributes:
        proposal: The proposal.
        before: The result in effect, where it is a rating.
        before_reason: Why the enterprise is not rated, where it is not.
        now: The proposed result.
        first: Whether nothing was ever in effect.
    """

    proposal: Proposal
    before: ReadResult | None
    before_reason: str | None
    now: ReadResult
    first: bool


def read_waiting(
    connection: Connection, policy_id: str, open_ones: Sequence[Proposal]
) -> list[WaitingResult]:
    """The results of some proposals, with their facts."""
    ids = [proposal.enterprise_id for proposal in open_ones]
    in_effect = _assessments(connection, policy_id, ids, Standing.in_effect)
    latest = _assessments(connection, policy_id, ids, Standing.latest)
    facts = _facts(connection, ids)
    waiting = []
    for proposal in open_ones:
        mine, now = facts[proposal.enterprise_id], latest[proposal.enterprise_id]
        before = in_effect.get(proposal.enterprise_id)
        rated = before if before and before["status"] == "rated" else None
        waiting.append(
            WaitingResult(
                proposal=proposal,
                before=ReadResult(rated, mine.up_to(rated["seq"])) if rated else None,
                before_reason=before["status_reason"] if before else None,
                now=ReadResult(now, mine.up_to(now["seq"])),
                first=before is None,
            )
        )
    return waiting


def _assessments(
    connection: Connection, policy_id: str, ids: Sequence[str], which: InstrumentedAttribute[Any]
) -> dict[str, ResultRow]:
    """By enterprise, the assessment that its standing names."""
    rows: dict[str, ResultRow] = {}
    for some_ids in in_parts(ids):
        query = (
            select(table_of(Assessment))
            .join(Standing, which == Assessment.number)
            .where(Standing.policy_id == policy_id, Standing.enterprise_id.in_(some_ids))
        )
        rows |= {row["enterprise_id"]: dict(row) for row in connection.execute(query).mappings()}
    return rows


def _facts(connection: Connection, ids: Sequence[str]) -> dict[str, FactsOf]:
    """By enterprise, all versions of it, its branches and their records."""
    facts: dict[str, FactsOf] = {}
    for some_ids in in_parts(ids):
        parents = parents_by_branch(connection, some_ids)
        everybody = {*some_ids, *parents}
        owners: dict[str, set[str]] = {member: {member} & set(some_ids) for member in everybody}
        for branch, named in parents.items():
            owners[branch] |= named
        enterprises = _by_owner(versions_of(connection, VisibleEnterprise, everybody), owners)
        records = _by_owner(versions_of(connection, VisibleRecord, everybody), owners)
        facts |= {member: FactsOf(enterprises[member], records[member]) for member in some_ids}
    return facts


def _by_owner(versions: Iterable[FactRow], owners: Mapping[str, set[str]]) -> dict[str, list[FactRow]]:
    mine: dict[str, list[FactRow]] = defaultdict(list)
    for version in versions:
        for owner in owners[version["enterprise_id"]]:
            mine[owner].append(version)
    return mine
