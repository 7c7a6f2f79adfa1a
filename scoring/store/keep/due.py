"""What falls due by a day without a new fact: ends of notice, colours, records to delete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import due_for_erasure
from scoring.store.standing.batch import open_batch
from scoring.store.standing.open_proposals import Proposal, proposals
from scoring.store.standing.taking_effect import waits_for
from scoring.store.tables.database import Database

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """One thing that falls due.

    Attributes:
        kind: ``proposal`` (its notice ends), ``colour`` (the result changes) or ``erasure``.
        on: The day, where one is known; a colour has changed by the day asked for.
        enterprise_id: Whose.
        what: The band proposed or computed, or the record and the article.
        waits: What a proposal still waits for (``taking_effect.waits_for``).
    """

    kind: Literal["proposal", "colour", "erasure"]
    on: date | None
    enterprise_id: str
    what: str
    waits: tuple[str, ...] = ()


def due(
    database: Database,
    version: ResolvedPolicy,
    by: date,
    progress: Progress = silent,
) -> list[Due]:
    """Everything that a scoring of the store on that day would apply, or would find waiting.

    Args:
        database: The store.
        version: The policy.
        by: The day.
        progress: Called with a stage and the share done.
    """
    with database.read() as connection:
        waiting = proposals(connection, version)
        erasures = due_for_erasure(connection, by)
    # Who has an open proposal is named for that alone.
    proposed = {proposal.enterprise_id for proposal in waiting}
    ending = [_ending(proposal, version, by) for proposal in waiting if _is_over(proposal, by)]
    colours = [
        colour for colour in _colours(database, version, by, progress) if colour.enterprise_id not in proposed
    ]
    # All versions of a record go together: it is named once.
    records = {erasure.record_id: erasure for erasure in erasures}
    deletions = [
        Due("erasure", None, erasure.enterprise_id, f"{erasure.record_id} · {erasure.article}")
        for erasure in records.values()
    ]
    return [*ending, *colours, *deletions]


def _is_over(proposal: Proposal, by: date) -> bool:
    """Whether the notice of a proposal is over by a day, or nobody was told of it."""
    notice_until = proposal.pending.notice_until
    return notice_until is None or notice_until < by


def _ending(proposal: Proposal, version: ResolvedPolicy, by: date) -> Due:
    """A proposal whose notice is over on the day after its last one, or that nobody was told of."""
    pending = proposal.pending
    after = pending.notice_until + DAY if pending.notice_until else None
    waits = waits_for(version.policy, by, pending, pending.band, pending.weight, proposal.reviewers)
    return Due("proposal", after, proposal.enterprise_id, proposal.band, waits)


def _colours(database: Database, version: ResolvedPolicy, by: date, progress: Progress) -> Iterator[Due]:
    """Enterprises whose band is another one by then, though no fact is added."""
    with open_batch(database, version, by, progress) as batch:
        for ids, _ in batch.ranges(progress):
            changes = batch.assess(ids).changes.select(["enterprise_id", "band", "shown_band", "is_first"])
            for change in changes.sort_by("enterprise_id").to_pylist():
                if change["is_first"] or change["shown_band"] != change["band"]:
                    yield Due("colour", None, change["enterprise_id"], change["band"] or "—")
    progress("score", 1.0)
