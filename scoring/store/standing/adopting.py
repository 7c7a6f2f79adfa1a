"""Taking over an official stock of colours at once, as two accounts say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import func, select

from scoring.errors import StoreError, UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.people.requests import second_of_two
from scoring.store.standing.assessments import move_standings, store_rows
from scoring.store.standing.code_issuing import follow_colours
from scoring.store.standing.colour_counts import count_colours
from scoring.store.standing.policies import require_usable
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment, ScoreRun, Standing, table_of
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

ADOPTED = "adopted"
"""Log entry of the second account."""


def adopt(database: Database, version: ResolvedPolicy, ground: str, actor: str, clock: Clock) -> int | None:
    """Puts all first results that wait in effect, where two accounts say that they are in effect already.

    It is for the day on which an authority moves a stock of colours here; who had a colour before
    has it judged as every other. The request of the first account is for the last scoring: after
    another one it must be made again.

    Args:
        database: The store.
        version: The policy.
        ground: Why, such as the announcement of the stock.
        actor: The account.
        clock: The time.

    Returns:
        How many results are in effect now; ``None``: it was asked for, a second account must say so too.

    Raises:
        UsageError: There is no ground.
        StoreError: No first result waits, or the same account says it twice.
    """
    if not ground.strip():
        raise UsageError("ground_missing")
    with begin_writing(database, actor, clock) as writing:
        require_usable(writing.connection, version, day_in_china(clock()))
        waiting = _waiting(writing, version.policy.id)
        if not waiting:
            raise StoreError("nothing_to_adopt", policy=version.policy.id)
        run = writing.connection.execute(
            select(func.max(ScoreRun.event)).where(ScoreRun.policy_id == version.policy.id)
        ).scalar()
        act = {"policy": version.policy.id, "run": run, "count": len(waiting), "ground": ground}
        if second_of_two(writing, ADOPTED, act) is None:
            return None
        _put_in_effect(writing, waiting)
        last_day = max(row["as_of"] for row in waiting)
        follow_colours(writing, version, last_day, [row["enterprise_id"] for row in waiting])
        count_colours(writing.connection, version.policy.id)
        writing.log(ADOPTED, act)
        return len(waiting)


def _waiting(writing: Writing, policy_id: str) -> list[Mapping[str, Any]]:
    """The proposed first results under a policy, with the name of each enterprise."""
    query = (
        select(Standing.name, *table_of(Assessment).columns)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy_id, Standing.proposed)
        .where(Standing.in_effect.is_(None), Standing.rated_band.is_(None))
        .order_by(Standing.enterprise_id)
    )
    return [dict(row) for row in writing.connection.execute(query).mappings()]


def _put_in_effect(writing: Writing, waiting: Sequence[Mapping[str, Any]]) -> None:
    """Adds an assessment in effect for each and moves the standings; the caller logs."""
    numbers = writing.assessments(len(waiting))
    effect = {"state": IN_EFFECT, "reviewers": 0, "proposal": None, "event": writing.next_event}
    assessments = [{**row, **effect, "number": number} for row, number in zip(waiting, numbers, strict=True)]
    store_rows(writing, _by_column(assessments))
    standings = [
        {**row, "rated_band": row["band"], "in_effect": number, "latest": number, "proposed": False}
        for row, number in zip(waiting, numbers, strict=True)
    ]
    move_standings(writing, _by_column(standings))


def _by_column(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: list(map(itemgetter(name), rows)) for name in rows[0]}
