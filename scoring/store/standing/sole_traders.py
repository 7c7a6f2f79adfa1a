"""Which enterprises are persons: of a sole trader nothing bad is decided without a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from scoring.policy.language.schema import Policy
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleEnterprise

SOLE_TRADER = "sole_trader"
"""Code of the type of enterprise that is one person's."""


def sole_traders(connection: Connection, policy: Policy, enterprise_ids: Sequence[str]) -> frozenset[str]:
    """Those of some enterprises that are sole traders by their latest version.

    Nobody where a policy rates none.
    """
    if SOLE_TRADER not in policy.subjects:
        return frozenset()
    version = table_of(VisibleEnterprise).c
    persons: set[str] = set()
    for ids in in_parts(enterprise_ids):
        latest = (
            select(func.max(version.seq))
            .where(version.enterprise_id.in_(ids))
            .group_by(version.enterprise_id)
        )
        query = select(version.enterprise_id).where(
            version.seq.in_(latest), version.entity_type == SOLE_TRADER
        )
        persons.update(connection.execute(query).scalars())
    return frozenset(persons)
