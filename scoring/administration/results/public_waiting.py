"""Of whom it is public that another result waits: of nobody where the public is granted no colour."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from scoring.administration.results.current import CurrentResults
from scoring.store.tables.orm import Standing


def publicly_waiting(results: CurrentResults, on: date) -> frozenset[str]:
    """Enterprises of whom everybody may know on a day that another result waits.

    Where the policy shows results with their published grounds alone, it is known of those alone
    of whom both what is in effect and what waits is public.
    """
    granted = results.version.policy.audiences.get("public")
    if granted is None or not granted.colour:
        return frozenset()
    waiting = select(Standing.enterprise_id).where(
        Standing.policy_id == results.version.policy.id, Standing.proposed
    )
    with results.read() as connection:
        ids = list(connection.execute(waiting).scalars())
    if not granted.grounds:
        return frozenset(ids)
    return frozenset(member for member in ids if results.public(member, on).state == "adjusting")
