"""Records that are disputed while a claim or an objection is open.

The mark outlives what files say meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from scoring.store.tables.orm import CaseStep

DISPUTED = "disputed"
"""State of contest of a record of which something is claimed or objected: it weighs nothing."""
CLOSING = ("answer", "second", "lapse", "dropped")
"""Kinds of steps that close a case."""
FORMER = "contest"
"""Key in the content of a step that marks its record: the state of contest that it had before."""
STATED = ("review", "lawsuit", "annulled", "altered")
"""States of contest that a file tells of: they stand, whatever is disputed here."""


@dataclass(frozen=True)
class DisputeMark:
    """That a record is disputed.

    Attributes:
        number: The opening step that marked it.
        since: From which day.
        former: Its state of contest before.
    """

    number: int
    since: date
    former: str | None


def open_marks(connection: Connection, record_id: str | None = None) -> dict[str, DisputeMark]:
    """The newest open mark of each record that has one, or of one record."""
    marks: dict[str, DisputeMark] = {}
    for marked_id, mark in _all_open(connection, record_id):
        marks[marked_id] = mark
    return marks


def contest_without(connection: Connection, record_id: str, closed: int, former: str | None) -> str | None:
    """The state of contest of a record once one of its marks is gone: another one may hold it.

    Args:
        connection: The store.
        record_id: The record.
        closed: The opening step of the case that is closed.
        former: The state before that case.
    """
    others = [mark for _id, mark in _all_open(connection, record_id) if mark.number != closed]
    return DISPUTED if others else former


def _all_open(connection: Connection, record_id: str | None) -> Iterator[tuple[str, DisputeMark]]:
    """Every open mark in the order of the steps."""
    close = aliased(CaseStep)
    closed = select(close.answers).where(close.kind.in_(CLOSING), close.answers.is_not(None))
    query = (
        select(CaseStep.number, CaseStep.record_id, CaseStep.done_on, CaseStep.content)
        .where(CaseStep.record_id.is_not(None), CaseStep.answers.is_(None))
        .where(CaseStep.content.like(f'%"{FORMER}"%'), CaseStep.number.not_in(closed))
        .order_by(CaseStep.number)
    )
    if record_id is not None:
        query = query.where(CaseStep.record_id == record_id)
    for number, marked_id, since, content in connection.execute(query):
        known = json.loads(content or "{}")
        if FORMER in known:
            yield str(marked_id), DisputeMark(number, since, known[FORMER])


def marked(connection: Connection, rows: pa.Table) -> pa.Table:
    """Versions of records that a file brings, disputed where they are disputed here.

    What the file itself states stands: a review, a lawsuit, its outcome, a withdrawal or a restoration. A
    version that became known before the mark is of the time before it.
    """
    marks = open_marks(connection)
    if not marks:
        return rows
    place = pc.index_in(rows["record_id"], value_set=pa.array(marks, pa.string()))
    since = pa.array([mark.since for mark in marks.values()], pa.date32()).take(place.combine_chunks())
    is_later = pc.fill_null(pc.greater_equal(rows["known_on"], since), False)
    is_stated = pc.fill_null(pc.is_in(rows["contest"], pa.array(STATED)), False)
    has_ended = pc.or_(pc.is_valid(rows["withdrawn_on"]), pc.is_valid(rows["restored_on"]))
    holds = pc.and_(is_later, pc.invert(pc.or_(is_stated, has_ended)))
    return _with_contest(rows, pc.if_else(holds, DISPUTED, rows["contest"]))


def as_files_know(marks: Mapping[str, DisputeMark], versions: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Stored versions as a file is compared with them: what is disputed here no file says.

    A version that only brought the mark is left out; what a file brought since is as the file had it.
    """
    former = pa.array([mark.former for mark in marks.values()], pa.string())
    for rows in versions:
        place = pc.index_in(rows["record_id"], value_set=pa.array(marks, pa.string())).combine_chunks()
        is_marked = pc.and_(pc.is_valid(place), pc.fill_null(pc.equal(rows["contest"], DISPUTED), False))
        before = _with_contest(rows, pc.if_else(is_marked, former.take(place), rows["contest"]))
        yield before.filter(pc.or_(pc.invert(is_marked), rows["by_file"]))


def _with_contest(rows: pa.Table, contest: pa.ChunkedArray) -> pa.Table:
    number = rows.schema.get_field_index("contest")
    return rows.set_column(number, rows.schema.field(number), contest.cast(rows.schema.field(number).type))
