"""Colours as figures count them: how many stood in which band at the end of each month, and who
moved.

Made of assessments at the end of each batch, so that no page counts the past; made again where it
is lost.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, insert, select
from sqlalchemy.orm import aliased

from scoring.store.facts.counted_facts import count_up_to, counted_up_to
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.orm import Assessment, ScoreRun, Standing, table_of
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_figures import ColourMonth, ColourMove
from scoring.store.tables.visible import VisibleEnterprise

WHOLE = ""
"""The field of counts of the whole result."""
MONTH = 7
"""Characters of a day in ISO form that name its month."""


class _LastOfMonth(NamedTuple):
    """How a month ended: the last log entry of its results, and the last fact that its last batch saw."""

    event: int
    seq: int


class _Cell(NamedTuple):
    """What enterprises are counted by."""

    field: str
    area: str
    band: str


def count_colours(connection: Connection, policy_id: str) -> None:
    """Counts the last month of a policy from where everybody stands, and what nobody has counted.

    Args:
        connection: One that has the lock: nobody moves between the results and their counts.
        policy_id: The policy, of which results have just been stored.
    """
    counted = dict(map(tuple, connection.execute(_counted_months(policy_id))))
    last_of_months = _last_of_months(connection, policy_id)
    newest = max(last_of_months.values(), default=None)
    for month, last in last_of_months.items():
        if counted.get(month) != last.event:
            rows = _standing_now(policy_id) if last == newest else _stood_then(policy_id, last)
            _put_month(connection, policy_id, month, last.event, rows)
    _add_moves(connection, policy_id)


def recount_colours(connection: Connection, policy_id: str) -> None:
    """Counts all months and moves of a policy anew, from its assessments."""
    connection.execute(delete(ColourMonth).where(ColourMonth.policy_id == policy_id))
    connection.execute(delete(ColourMove).where(ColourMove.policy_id == policy_id))
    count_up_to(connection, _moves_of(policy_id), 0)
    for month, last in _last_of_months(connection, policy_id).items():
        _put_month(connection, policy_id, month, last.event, _stood_then(policy_id, last))
    _add_moves(connection, policy_id)


def _counted_months(policy_id: str) -> Any:
    """Months that are counted, each with the batch that it was counted after."""
    return (
        select(ColourMonth.month, func.max(ColourMonth.event))
        .where(ColourMonth.policy_id == policy_id)
        .group_by(ColourMonth.month)
    )


def _last_of_months(connection: Connection, policy_id: str) -> dict[str, _LastOfMonth]:
    """The last batch of each month, with what followed from it in that month: first results that were adopted."""
    columns = (ScoreRun.as_of, ScoreRun.event, ScoreRun.seq)
    runs = select(*columns).where(ScoreRun.policy_id == policy_id).order_by(ScoreRun.event)
    last = {
        run.as_of.isoformat()[:MONTH]: _LastOfMonth(run.event, run.seq) for run in connection.execute(runs)
    }
    days = (
        select(Assessment.as_of, func.max(Assessment.event))
        .where(Assessment.policy_id == policy_id)
        .group_by(Assessment.as_of)
    )
    for day, event in connection.execute(days):
        month = day.isoformat()[:MONTH]
        if month in last:
            last[month] = _LastOfMonth(max(last[month].event, event), last[month].seq)
    return last


def _standing_now(policy_id: str) -> Any:
    """Area, band and grades by field of everybody, as they stand now."""
    return (
        select(DirectoryEntry.area, Standing.band, Assessment.fields)
        .select_from(Standing)
        .outerjoin(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .outerjoin(Assessment, Assessment.number == Standing.in_effect)
        .where(Standing.policy_id == policy_id)
    )


def _stood_then(policy_id: str, last: _LastOfMonth) -> Any:
    """The same as it was when a batch was done, from the assessments and the facts of then."""
    mine = and_(Assessment.policy_id == policy_id, Assessment.event <= last.event)
    everybody = select(Assessment.enterprise_id).where(mine).distinct().subquery()
    latest = (
        select(Assessment.enterprise_id, func.max(Assessment.number).label("number"))
        .where(mine, Assessment.state == IN_EFFECT)
        .group_by(Assessment.enterprise_id)
        .subquery()
    )
    version = table_of(VisibleEnterprise).c
    # In the order of the directory, of what was visible by then.
    first = (version.created, version.known_on.desc().nulls_last(), version.seq.desc())
    place = func.row_number().over(partition_by=version.enterprise_id, order_by=first).label("place")
    ordered = (
        select(version.enterprise_id, version.supervised_by, place)
        .where(version.visible_seq <= last.seq)
        .subquery()
    )
    in_effect = aliased(Assessment)
    return (
        select(ordered.c.supervised_by, in_effect.band, in_effect.fields)
        .select_from(everybody)
        .outerjoin(latest, latest.c.enterprise_id == everybody.c.enterprise_id)
        .outerjoin(in_effect, in_effect.number == latest.c.number)
        .outerjoin(
            ordered,
            and_(ordered.c.enterprise_id == everybody.c.enterprise_id, ordered.c.place == 1),
        )
    )


def _put_month(connection: Connection, policy_id: str, month: str, event: int, everybody: Any) -> None:
    """Counts a month and puts it in the place of what was counted of it before."""
    counts = Counter(_cells(connection.execute(everybody)))
    mine = (ColourMonth.policy_id == policy_id, ColourMonth.month == month)
    connection.execute(delete(ColourMonth).where(*mine))
    given = {"policy_id": policy_id, "month": month, "event": event}
    rows = [{**given, **cell._asdict(), "enterprises": count} for cell, count in sorted(counts.items())]
    if rows:
        connection.execute(insert(ColourMonth), rows)


def _cells(everybody: Iterable[Sequence[Any]]) -> Iterator[_Cell]:
    """What each enterprise counts in: its band in all, and that in each field in which it is
    active.
    """
    # Most enterprises have the same few grades by field.
    known: dict[str, list[tuple[str, str]]] = {}
    for area, band, in_fields in everybody:
        yield _Cell(WHOLE, area or "", band or "")
        if not in_fields:
            continue
        grades = known.get(in_fields)
        if grades is None:
            # [field, points, band] of each one.
            grades = known[in_fields] = [(row[0], row[2] or "") for row in json.loads(in_fields)]
        for field, band_there in grades:
            yield _Cell(field, area or "", band_there)


def _moves_of(policy_id: str) -> str:
    """Name of the mark up to which moves of a policy are counted."""
    return f"moves {policy_id}"


def _add_moves(connection: Connection, policy_id: str) -> None:
    """Adds the changes of bands in effect since the last that was looked at."""
    newest = connection.execute(select(func.max(Assessment.number))).scalar() or 0
    looked_at = counted_up_to(connection, _moves_of(policy_id))
    earlier = aliased(Assessment)
    before_it = (
        select(func.max(earlier.number))
        .where(
            earlier.enterprise_id == Assessment.enterprise_id,
            earlier.policy_id == policy_id,
            earlier.state == IN_EFFECT,
            earlier.number < Assessment.number,
        )
        .scalar_subquery()
    )
    previous = aliased(Assessment)
    moved = (
        select(
            Assessment.number,
            Assessment.policy_id,
            Assessment.enterprise_id,
            Assessment.as_of,
            previous.band.label("before"),
            Assessment.band.label("after"),
        )
        .join(previous, previous.number == before_it)
        .where(
            Assessment.policy_id == policy_id,
            Assessment.state == IN_EFFECT,
            Assessment.number > looked_at,
            func.coalesce(Assessment.band, "") != func.coalesce(previous.band, ""),
        )
    )
    names = ("number", "policy_id", "enterprise_id", "as_of", "before", "after")
    connection.execute(insert(ColourMove).from_select(names, moved))
    count_up_to(connection, _moves_of(policy_id), newest)
