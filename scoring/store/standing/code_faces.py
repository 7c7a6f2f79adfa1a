"""Codes that no scoring brings: the plate with a random id, and the code on a screen for a day at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from scoring.errors import StoreError
from scoring.store.facts.directory import renew_directory
from scoring.store.log.sealing import new_salts
from scoring.store.standing.code_indexes import draw_indexes
from scoring.store.standing.code_issuing import store_codes
from scoring.store.standing.code_records import plate_token
from scoring.store.standing.gone import gone_among
from scoring.store.standing.policies import shown_policy
from scoring.store.standing.sole_traders import SOLE_TRADER
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.code_desk import SHOWN, CodeOffice, CodeTicket
from scoring.store.tables.database import Database
from scoring.store.tables.orm_access import DirectoryEntry
from scoring.store.tables.orm_codes import IssuedCode, LiveCode, OpaquePlate
from scoring.store.tables.writing import Clock, Writing, begin_writing, day_in_china

TOKEN_BYTES = 16
STILL_LONG = 12 * 3600
"""Seconds for which a shown code must still hold to be shown once more instead of a new one."""
PLATES, SHOWN_CODE = "plates issued", "code shown"
"""Log entries."""


def issue_plates(
    database: Database, office: CodeOffice, enterprise_ids: Sequence[str], actor: str, clock: Clock
) -> dict[str, bytes]:
    """The random ids of some enterprises, given to those who have none yet.

    Args:
        database: The store.
        office: For whom codes are issued.
        enterprise_ids: The enterprises; one that may have no code is left out.
        actor: Who asks.
        clock: The time.
    """
    renew_directory(database)
    with begin_writing(database, actor, clock) as writing:
        able = _able(writing, office, enterprise_ids)
        tokens = {member: plate_token(writing.connection, member) for member in able}
        lacking = [member for member, token in tokens.items() if token is None]
        drawn = dict(zip(lacking, new_salts(len(lacking), TOKEN_BYTES), strict=True))
        if drawn:
            last: int = writing.connection.execute(select(func.max(OpaquePlate.number))).scalar() or 0
            rows = [
                {"number": last + place, "enterprise_id": member, "token": token.hex()}
                for place, (member, token) in enumerate(drawn.items(), 1)
            ]
            writing.insert(OpaquePlate, rows)
            writing.log(PLATES, {"count": len(rows)})
    return {member: token for member, token in {**tokens, **drawn}.items() if token is not None}


def show_code(database: Database, office: CodeOffice, enterprise_id: str, actor: str, clock: Clock) -> bytes:
    """A code of an enterprise for a screen, without a colour, that holds for at most 24 hours.

    Raises:
        StoreError: No key signs today, or the enterprise may have no code.
    """
    renew_directory(database)
    with begin_writing(database, actor, clock) as writing:
        at = int(writing.moment.timestamp())
        desk = office.desk(day_in_china(writing.moment))
        if desk is None:
            raise StoreError("no_code_key")
        if not _able(writing, office, [enterprise_id]) or not desk.accepts(enterprise_id):
            raise StoreError("no_code_for", enterprise_id=enterprise_id)
        last = writing.connection.execute(
            select(LiveCode.status_index, LiveCode.expires_at, LiveCode.key_id, IssuedCode.content)
            .join(IssuedCode, IssuedCode.number == LiveCode.number)
            .where(LiveCode.enterprise_id == enterprise_id, LiveCode.face == SHOWN)
        ).first()
        if last and last.expires_at >= at + STILL_LONG and last.key_id == desk.key_id:
            return bytes(last.content)
        # The same place in the list again: what ends one of them ends all.
        index = last.status_index if last else draw_indexes(writing.connection, 1)[0]
        policy_id = shown_policy(writing.connection) or ""
        ticket = CodeTicket(enterprise_id, index, at)
        (content,) = store_codes(writing, policy_id, [ticket], [None], desk, SHOWN)
        writing.log(SHOWN_CODE, {"enterprise": enterprise_id})
    return content


def _able(writing: Writing, office: CodeOffice, enterprise_ids: Sequence[str]) -> list[str]:
    """Those of some enterprises that may have a code, in order."""
    today: date = day_in_china(writing.moment)
    known: set[str] = set()
    for ids in in_parts(enterprise_ids):
        query = select(DirectoryEntry.enterprise_id).where(
            DirectoryEntry.enterprise_id.in_(ids),
            DirectoryEntry.area.startswith(office.area, autoescape=True),
        )
        if not office.with_sole_traders:
            query = query.where(DirectoryEntry.entity_type.is_distinct_from(SOLE_TRADER))
        known.update(writing.connection.execute(query).scalars())
    gone = gone_among(writing.connection, known, today)
    return [member for member in dict.fromkeys(enterprise_ids) if member in known and member not in gone]
