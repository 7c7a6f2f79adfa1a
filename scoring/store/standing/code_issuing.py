"""Codes follow the colours: in the transaction in which a colour takes effect the old code ends and the new one is
issued; what expires is renewed by the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, delete, func, select

from scoring.entities import Progress, silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.directory import renew_directory
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.standing.code_cases import CodeCase, WantedCodes, all_cases, cases_of
from scoring.store.standing.code_indexes import draw_indexes
from scoring.store.standing.gone import gone_among
from scoring.store.standing.policies import shown_policy
from scoring.store.tables.bulk import in_parts, insert_sealed, seal_rows, upsert
from scoring.store.tables.code_desk import STICKER, CodeDesk, CodeTicket
from scoring.store.tables.database import Database
from scoring.store.tables.orm import table_of
from scoring.store.tables.orm_codes import CodeEnd, IssuedCode, LiveCode
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

DAY = 86_400
RENEWED = 14 * DAY
"""Seconds before its end at which a code is renewed."""
SUPERSEDED, REVOKED = "superseded", "revoked"
OTHER_COLOUR, NO_COLOUR = "colour", "not_rated"
"""Why a code is superseded; why one is revoked see ``gone``."""
TOGETHER = 50_000
"""Codes that are issued in one transaction of their own."""
ISSUED = "codes issued"
"""Log entry of codes that no new colour brought."""


@dataclass
class CodeCounts:
    """What became of codes: issued for a new colour, renewed, superseded, revoked."""

    issued: int = 0
    renewed: int = 0
    superseded: int = 0
    revoked: int = 0

    def __add__(self, other: CodeCounts) -> CodeCounts:
        return CodeCounts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in _NAMES)


Ending = tuple[str, str, int, str, str]
"""Enterprise, face, place in the list, state and cause of a code that ended."""
_TYPES = {int: pa.int64(), str: pa.string(), date: pa.date32(), bytes: pa.binary()}
FORM = pa.schema(
    {
        column.name: _TYPES[column.type.python_type]
        for column in table_of(IssuedCode).columns
        if column.name not in NOT_SEALED
    }
)
"""Columns of a code, as it is sealed."""
_NAMES = [field.name for field in fields(CodeCounts)]


def follow_colours(
    writing: Writing, version: ResolvedPolicy, as_of: date, enterprise_ids: Sequence[str]
) -> CodeCounts:
    """Brings the codes of some enterprises to what the store says of them now; the caller logs.

    Args:
        writing: The transaction in which their colours were written.
        version: The policy of the transaction.
        as_of: The day of the results.
        enterprise_ids: The enterprises.
    """
    if not _concerns(writing, version):
        return CodeCounts()
    connection, desk = writing.connection, _desk(writing, version)
    cases = list(cases_of(connection, writing.codes, _wanted(writing, version, desk), enterprise_ids))
    gone = gone_among(connection, _ids_of(cases, enterprise_ids, connection), _today(writing))
    return _bring_up(writing, cases, gone, version, as_of)


def renew_codes(
    database: Database,
    version: ResolvedPolicy,
    as_of: date,
    actor: str,
    clock: Clock,
    progress: Progress = silent,
) -> CodeCounts:
    """Brings all codes to what the store says: those that expire, that nobody issued yet, whose enterprise is gone.

    Args:
        database: The store.
        version: The policy of the last scoring.
        as_of: The day of its results.
        actor: Who runs it.
        clock: The time.
        progress: Called with ``issuing`` and the share done.
    """
    # Who may have a code stands there, and a store that was put back has no directory yet.
    renew_directory(database)
    total, done, left = CodeCounts(), 0, 1
    while left:
        with begin_writing(database, actor, clock) as writing:
            if not _concerns(writing, version):
                return total
            # Read under the lock: nobody brings another colour between reading and issuing.
            desk = _desk(writing, version)
            cases = all_cases(writing.connection, writing.codes, _wanted(writing, version, desk))
            gone = _gone_of_all(writing, cases)
            due = [case for case in cases if case.is_outdated or _may_issue(case, gone, desk)]
            counts = _bring_up(writing, due[:TOGETHER], gone, version, as_of)
            if counts:
                writing.log(ISSUED, {"policy": version.rules_sha256, **vars(counts)})
        total, done, left = total + counts, done + len(due[:TOGETHER]), len(due[TOGETHER:])
        progress("issuing", done / max(done + left, 1))
    return total


def _concerns(writing: Writing, version: ResolvedPolicy) -> bool:
    """Whether codes say what is scored under a policy, and anybody issues some or has."""
    if shown_policy(writing.connection) not in (None, version.policy.id):
        return False
    has_codes = writing.connection.execute(select(LiveCode.number).limit(1)).first() is not None
    return has_codes or _desk(writing, version) is not None


def _desk(writing: Writing, version: ResolvedPolicy) -> CodeDesk | None:
    """Who signs stickers in this transaction; ``None``: nobody does."""
    office = writing.codes
    if office is None or not office.shows_colours(version):
        return None
    return office.desk(_today(writing))


def _wanted(writing: Writing, version: ResolvedPolicy, desk: CodeDesk | None) -> WantedCodes:
    leaving = desk.leaving if desk else frozenset[str]()
    return WantedCodes(version.policy.id, _seconds(writing) + RENEWED, leaving)


def _today(writing: Writing) -> date:
    return day_in_china(writing.moment)


def _seconds(writing: Writing) -> int:
    return int(writing.moment.timestamp())


def _ids_of(cases: Sequence[CodeCase], enterprise_ids: Sequence[str], connection: Connection) -> set[str]:
    """Of whom it is asked whether they are gone: who has a code, and who is to get one."""
    ids = {case.enterprise_id for case in cases}
    for some_ids in in_parts(enterprise_ids):
        with_codes = select(LiveCode.enterprise_id).where(LiveCode.enterprise_id.in_(some_ids))
        ids.update(connection.execute(with_codes).scalars())
    return ids


def _gone_of_all(writing: Writing, cases: Sequence[CodeCase]) -> dict[str, str]:
    """Who is gone of all who have a code or are to get one."""
    with_codes = writing.connection.execute(select(LiveCode.enterprise_id).distinct()).scalars()
    ids = {*with_codes, *(case.enterprise_id for case in cases)}
    return gone_among(writing.connection, ids, _today(writing))


def _may_issue(case: CodeCase, gone: Mapping[str, str], desk: CodeDesk | None) -> bool:
    is_there = case.colour is not None and case.may_have and case.enterprise_id not in gone
    return is_there and desk is not None and desk.accepts(case.enterprise_id)


def _bring_up(
    writing: Writing,
    cases: Sequence[CodeCase],
    gone: Mapping[str, str],
    version: ResolvedPolicy,
    as_of: date,
) -> CodeCounts:
    """Ends what no longer holds and issues what is due."""
    desk, revoked = _desk(writing, version), _revoke(writing, gone)
    present = [case for case in cases if case.enterprise_id not in gone]
    outdated = [case for case in present if case.is_outdated]
    causes = [OTHER_COLOUR if case.colour else NO_COLOUR for case in outdated]
    ends = [
        (case.enterprise_id, STICKER, case.status_index or 0, SUPERSEDED, cause)
        for case, cause in zip(outdated, causes, strict=True)
    ]
    _end(writing, ends)
    due = [case for case in present if _may_issue(case, gone, desk)]
    if due and desk is not None:
        _issue(writing, version.policy.id, due, desk, as_of)
    renewed = sum(case.live is not None and not case.is_outdated for case in due)
    return CodeCounts(len(due) - renewed, renewed, len(ends), revoked)


def _revoke(writing: Writing, gone: Mapping[str, str]) -> int:
    """Ends all codes of enterprises that are gone, in whatever face; gives how many."""
    ends: list[Ending] = []
    for some_ids in in_parts(sorted(gone)):
        live = select(LiveCode.enterprise_id, LiveCode.face, LiveCode.status_index).where(
            LiveCode.enterprise_id.in_(some_ids)
        )
        for enterprise_id, face, index in writing.connection.execute(live):
            ends.append((enterprise_id, face, index, REVOKED, gone[enterprise_id]))
    _end(writing, ends)
    return len(ends)


def _end(writing: Writing, ends: Sequence[Ending]) -> None:
    """Stores that codes ended: enterprise, face, place in the list, state and cause of each."""
    if not ends:
        return
    first = _next_number(writing.connection, CodeEnd)
    at = _seconds(writing)
    rows = [
        {
            "number": number,
            "enterprise_id": enterprise_id,
            "status_index": index,
            "state": state,
            "cause": cause,
            "ended_at": at,
        }
        for number, (enterprise_id, _face, index, state, cause) in enumerate(ends, first)
    ]
    writing.insert(CodeEnd, rows)
    for some in in_parts(ends):
        indexes = [index for _enterprise_id, _face, index, _state, _cause in some]
        writing.connection.execute(delete(LiveCode).where(LiveCode.status_index.in_(indexes)))


def _issue(writing: Writing, policy_id: str, due: Sequence[CodeCase], desk: CodeDesk, as_of: date) -> None:
    """Signs and stores a sticker for each case."""
    keeps = [case.status_index if case.live and not case.is_outdated else None for case in due]
    drawn = iter(draw_indexes(writing.connection, keeps.count(None)))
    indexes = [next(drawn) if index is None else index for index in keeps]
    at = _seconds(writing)
    tickets = [
        CodeTicket(
            case.enterprise_id,
            index,
            at,
            case.colour,
            as_of,
            date.fromisoformat(str(case.rules_from)),
        )
        for case, index in zip(due, indexes, strict=True)
    ]
    store_codes(writing, policy_id, tickets, [case.assessment for case in due], desk)


def store_codes(
    writing: Writing,
    policy_id: str,
    tickets: Sequence[CodeTicket],
    assessments: Sequence[int | None],
    desk: CodeDesk,
    face: str = STICKER,
) -> list[bytes]:
    """Signs codes and stores them, the last one of each enterprise in a face as its live one; the caller logs."""
    signed = desk.sign(tickets)
    first, count = _next_number(writing.connection, IssuedCode), len(tickets)
    columns: dict[str, Any] = {
        "number": range(first, first + count),
        "enterprise_id": [ticket.enterprise_id for ticket in tickets],
        "face": [face] * count,
        "policy_id": [policy_id] * count,
        "assessment": assessments,
        "colour": [ticket.colour for ticket in tickets],
        "as_of": [ticket.as_of for ticket in tickets],
        "status_index": [ticket.status_index for ticket in tickets],
        "serial": [code.serial for code in signed],
        "key_id": [desk.key_id] * count,
        "issued_at": [ticket.issued_at for ticket in tickets],
        "expires_at": [code.expires_at for code in signed],
        "content": [code.content for code in signed],
        "event": [writing.next_event] * count,
    }
    rows = seal_rows(
        "code", pa.table({field.name: pa.array(columns[field.name], field.type) for field in FORM})
    )
    writing.binds("code", insert_sealed(writing.connection, rows))
    live = pa.table({column.name: rows.rows[column.name] for column in table_of(LiveCode).columns})
    upsert(writing.connection, table_of(LiveCode), live)
    return [code.content for code in signed]


def _next_number(connection: Connection, model: type[IssuedCode] | type[CodeEnd]) -> int:
    last: int | None = connection.execute(select(func.max(model.number))).scalar()
    return (last or 0) + 1
