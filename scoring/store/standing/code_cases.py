"""Whose code does not say what the store says: who has none, another colour's, one that expires, one by a lost key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from scoring.store.standing.sole_traders import SOLE_TRADER
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.code_desk import STICKER, CodeOffice
from scoring.store.tables.orm import Assessment, PolicyText, Standing
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_codes import LiveCode

USCC_LENGTH = 18
"""Letters of a unified social credit code; an enterprise that has another id has no signed code."""


class CodeCase(NamedTuple):
    """An enterprise and its code: what the store says of it, and what the code does.

    Attributes:
        enterprise_id: The enterprise.
        colour: The colour in effect.
        assessment: Number of the assessment in effect.
        rules_from: Version of the policy of that assessment.
        may_have: Whether it may have a sticker: it has a code, lies in the area, is no sole trader.
        live: Number of its last code; ``None``: it has none.
        said: The colour of that code.
        status_index: Its place in the status list.
        expires_at: Its last second.
        key_id: Its key.
    """

    enterprise_id: str
    colour: str | None
    assessment: int | None
    rules_from: str | None
    may_have: bool
    live: int | None
    said: str | None
    status_index: int | None
    expires_at: int | None
    key_id: str | None

    @property
    def is_outdated(self) -> bool:
        """Whether its code has another colour than the store, or one where the store has none."""
        return self.live is not None and self.said != self.colour


class WantedCodes(NamedTuple):
    """What makes a code due: under which policy, before when it expires, and by which keys it must not be."""

    policy_id: str
    expires_by: int
    leaving: frozenset[str]


def cases_of(
    connection: Connection,
    office: CodeOffice | None,
    wanted: WantedCodes,
    enterprise_ids: Sequence[str],
) -> Iterator[CodeCase]:
    """The cases among some enterprises."""
    query = _cases(office, wanted)
    for some_ids in in_parts(enterprise_ids):
        rows = connection.execute(query.where(Standing.enterprise_id.in_(some_ids)))
        yield from (CodeCase(*row) for row in rows)


def all_cases(connection: Connection, office: CodeOffice | None, wanted: WantedCodes) -> list[CodeCase]:
    """The cases among all enterprises, by id."""
    rows = connection.execute(_cases(office, wanted).order_by(Standing.enterprise_id))
    return [CodeCase(*row) for row in rows]


def _cases(office: CodeOffice | None, wanted: WantedCodes) -> Any:
    may_have = _may_have(office)
    is_outdated = and_(LiveCode.number.is_not(None), LiveCode.colour.is_distinct_from(Standing.colour))
    ends = or_(LiveCode.expires_at <= wanted.expires_by, LiveCode.key_id.in_(wanted.leaving))
    lacks = and_(Standing.colour.is_not(None), may_have, or_(LiveCode.number.is_(None), ends))
    return (
        select(
            Standing.enterprise_id,
            Standing.colour,
            Standing.in_effect,
            PolicyText.version,
            may_have,
            LiveCode.number,
            LiveCode.colour,
            LiveCode.status_index,
            LiveCode.expires_at,
            LiveCode.key_id,
        )
        .outerjoin(
            LiveCode,
            and_(LiveCode.enterprise_id == Standing.enterprise_id, LiveCode.face == STICKER),
        )
        .outerjoin(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
        .outerjoin(Assessment, Assessment.number == Standing.in_effect)
        .outerjoin(PolicyText, PolicyText.sha256 == Assessment.rules_sha256)
        .where(Standing.policy_id == wanted.policy_id, or_(is_outdated, lacks))
    )


def _may_have(office: CodeOffice | None) -> ColumnElement[bool]:
    """Whether an enterprise may have a sticker; nobody may where nobody issues any."""
    tests = [
        func.length(Standing.enterprise_id) == USCC_LENGTH,
        ~Standing.enterprise_id.contains(":"),
        DirectoryEntry.area.startswith(office.area if office else "-", autoescape=True),
    ]
    if office is not None and not office.with_sole_traders:
        tests.append(DirectoryEntry.entity_type.is_distinct_from(SOLE_TRADER))
    return func.coalesce(and_(*tests), False)
