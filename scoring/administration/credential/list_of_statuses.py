"""The status list of a store, as it is signed and handed on."""

from __future__ import annotations

from collections.abc import Collection

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.status_list import StatusList, pack_states, status_token
from scoring.errors import StoreError
from scoring.store.standing.code_indexes import places_of_list
from scoring.store.standing.code_records import status_states
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, day_in_china

LIVES = 86_400
"""Seconds after which a newer list is to be fetched."""


def signed_status_list(
    database: Database, office: IssuingOffice, clock: Clock, under_review: Collection[str] = ()
) -> tuple[bytes, StatusList]:
    """The status list of now as a signed token, and what it says.

    Args:
        database: The store.
        office: Who issues its codes.
        clock: The time.
        under_review: Enterprises of whom it is public that another colour waits.

    Raises:
        StoreError: No key signs lists today.
    """
    now = clock()
    key = office.keys.code_key("tokens", day_in_china(now))
    if key is None:
        raise StoreError("no_token_key")
    at = int(now.timestamp())
    with database.read() as connection:
        states = status_states(connection, at, under_review)
        packed = pack_states(states, places_of_list(connection))
    statuses = StatusList(office.issuer, at, LIVES, packed)
    return status_token(statuses, f"https://{office.settings.host.lower()}/q/status", key), statuses
