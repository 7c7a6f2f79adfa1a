"""Whom a batch must look at: those of whom something is new, and those of whom a date fell due.

All others stand as the last batch left them: their records count as they did then, and so their results are the
same, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from scoring.engine.turning import turning_enterprises, turning_records
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.deletion import OverdueVersion
from scoring.store.snapshot.concerned import concerned_by, owners_of_deleted, owners_of_new
from scoring.store.snapshot.linked_facts import LinkedFacts
from scoring.store.tables.orm import Assessment, CaseStep, ScoreRun, Standing

MOST = 2
"""Where more than one enterprise in so many must be looked at, all are."""


class LastRun(NamedTuple):
    """The last batch under a policy: its log entry, rules and day, and the last fact that it saw."""

    event: int
    rules_sha256: str
    as_of: date
    seq: int

    def goes_on(self, version: ResolvedPolicy, as_of: date) -> bool:
        """Whether a batch under some rules on a day may go on from this one."""
        return self.rules_sha256 == version.rules_sha256 and self.as_of <= as_of


def last_run(connection: Connection, policy_id: str) -> LastRun | None:
    """The last batch that was finished under a policy."""
    columns = (ScoreRun.event, ScoreRun.rules_sha256, ScoreRun.as_of, ScoreRun.seq)
    newest = select(*columns).where(ScoreRun.policy_id == policy_id).order_by(ScoreRun.event.desc()).limit(1)
    run = connection.execute(newest).first()
    return LastRun(*run) if run else None


def enterprises_to_score(
    connection: Connection,
    facts: LinkedFacts,
    version: ResolvedPolicy,
    as_of: date,
    last: LastRun,
    due: Sequence[OverdueVersion],
) -> set[str]:
    """Enterprises whose result or state may be another than after the last batch under the same rules.

    Args:
        connection: The store, as the facts were read from it.
        facts: The linked facts.
        version: The policy.
        as_of: The day, not before that of the last batch.
        last: The last batch.
        due: Versions that are about to be deleted.
    """
    changed = {
        *owners_of_new(connection, last.seq),
        *owners_of_deleted(connection, last.event),
        *(deleted.enterprise_id for deleted in due),
    }
    chosen = concerned_by(connection, changed) | set(_moved(connection, version.policy.id, last))
    if as_of > last.as_of:
        chosen.update(_waiting(connection, version.policy.id))
        chosen |= facts.enterprises_where("records", turning_records(version, last.as_of, as_of))
        chosen |= facts.enterprises_where("enterprises", turning_enterprises(last.as_of, as_of))
    return chosen


def _moved(connection: Connection, policy_id: str, last: LastRun) -> Iterator[str]:
    """Enterprises that were assessed, or about which something was done, since the last batch."""
    for model in (Assessment, CaseStep):
        query = select(model.enterprise_id).where(model.policy_id == policy_id, model.event > last.event)
        yield from connection.execute(query.distinct()).scalars()


def _waiting(connection: Connection, policy_id: str) -> Iterator[str]:
    """Enterprises with an open proposal: its periods run from day to day."""
    waiting = select(Standing.enterprise_id).where(Standing.policy_id == policy_id, Standing.proposed)
    yield from connection.execute(waiting).scalars()
