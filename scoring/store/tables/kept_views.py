"""What pages show of an enterprise, kept with the state of the store that it was made of.

A result does not change until a fact, a policy or a day does, so neither does what is said of it. Whatever
is kept here can be made again; with a new fact of an enterprise what was kept of it is deleted in the same
transaction, so that nothing outlives a restoration or a deletion.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, delete, func, insert, or_, select

from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import CaseStep, Head, Registration, ScoreRun, Standing
from scoring.store.tables.orm_access import KeptView
from scoring.store.tables.orm_visits import InspectionVisit
from scoring.store.tables.visible import VisibleEnterprise, VisibleRecord

MOST_VIEWS = 5_000
"""Views that are kept: some 60 MB. Once there are as many, those of other states go, else all of them."""
Family = Collection[str]
"""Enterprises whose facts a view tells: itself, its branches and predecessors."""


def state_of(connection: Connection, policy_id: str, enterprise_id: str, family: Family) -> str | None:
    """All that a page of an enterprise follows from beside its reader and the day; ``None``: it has no result.

    These are its results, the last batch and the last registered rules, its last step and visit, and the
    last fact of its family.
    """
    given = {"policy_id": policy_id, "enterprise_id": enterprise_id, "family": list(family)}
    row = connection.execute(_STATE, given).first()
    return None if row is None else " ".join(map(str, row))


_LAST_ENTRY = select(Head.event)


def last_entry(connection: Connection) -> int:
    """Number of the last entry of the log, from which the public's pages follow."""
    last: int = connection.execute(_LAST_ENTRY).scalar_one()
    return last


def _state() -> Select[Any]:
    """The query of ``state_of``, which is built once: every page asks it."""
    policy_id: BindParameter[str] = bindparam("policy_id")
    enterprise_id: BindParameter[str] = bindparam("enterprise_id")
    family: BindParameter[list[str]] = bindparam("family", expanding=True)
    is_kin = VisibleEnterprise.enterprise_id.in_(family) | VisibleEnterprise.parent_id.in_(family)
    last_ones = (
        select(func.max(ScoreRun.event)).where(ScoreRun.policy_id == policy_id),
        select(func.max(Registration.number)),
        select(func.max(CaseStep.number)).where(CaseStep.enterprise_id == enterprise_id),
        select(func.max(InspectionVisit.number)).where(InspectionVisit.enterprise_id == enterprise_id),
        select(func.max(VisibleRecord.visible_seq)).where(VisibleRecord.enterprise_id.in_(family)),
        select(func.max(VisibleEnterprise.visible_seq)).where(is_kin),
    )
    stands = (Standing.in_effect, Standing.latest, Standing.proposed)
    mine = (Standing.policy_id == policy_id, Standing.enterprise_id == enterprise_id)
    return select(*stands, *(last.scalar_subquery() for last in last_ones)).where(*mine)


_STATE = _state()


def kept_view(
    connection: Connection, policy_id: str, enterprise_id: str, look: str
) -> tuple[Family, str, bytes] | None:
    """The family, the state and the content of what was kept for a reader."""
    query = select(KeptView.family, KeptView.state, KeptView.content).where(
        KeptView.policy_id == policy_id, KeptView.enterprise_id == enterprise_id, KeptView.look == look
    )
    row = connection.execute(query).first()
    return None if row is None else (row.family.split("\n"), row.state, row.content)


def packed(view: Mapping[str, Any]) -> bytes:
    """A view as it is kept."""
    return zlib.compress(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode(), 1)


def unpacked(content: bytes) -> dict[str, Any]:
    """A view that was kept."""
    view: dict[str, Any] = json.loads(zlib.decompress(content))
    return view


def keep_view(
    connection: Connection,
    policy_id: str,
    enterprise_id: str,
    look: str,
    state: str,
    family: Family,
    content: bytes,
) -> None:
    """Keeps a view in place of the one before.

    Args:
        connection: A writing one.
        policy_id: The policy whose results are shown.
        enterprise_id: The enterprise.
        look: Who reads.
        state: The state of the store that it was made of.
        family: Whose facts it tells.
        content: The view (``packed``).
    """
    mine = (KeptView.policy_id == policy_id, KeptView.enterprise_id == enterprise_id, KeptView.look == look)
    connection.execute(delete(KeptView).where(*mine))
    if connection.execute(select(func.count()).select_from(KeptView)).scalar_one() >= MOST_VIEWS:
        connection.execute(delete(KeptView))
    row = {"policy_id": policy_id, "enterprise_id": enterprise_id, "look": look, "state": state}
    connection.execute(insert(KeptView), row | {"family": "\n".join(family), "content": content})


def forget_views(connection: Connection, enterprise_ids: Collection[str] | None = None) -> None:
    """Deletes what was kept of some enterprises; by default all of it.

    Args:
        connection: A writing one.
        enterprise_ids: The enterprises: those of new facts, and those whose pages tell of them.
    """
    kept = delete(KeptView)
    if enterprise_ids is not None:
        kept = kept.where(KeptView.enterprise_id.in_(enterprise_ids))
    connection.execute(kept)


def forget_facts_of(connection: Connection, enterprise_ids: Collection[str]) -> None:
    """Deletes what was kept of all enterprises whose pages tell of the facts of some."""
    lines = "\n" + KeptView.family + "\n"
    for some_ids in in_parts(sorted(enterprise_ids)):
        tells = [lines.contains(f"\n{each}\n", autoescape=True) for each in some_ids]
        connection.execute(delete(KeptView).where(or_(*tells)))
