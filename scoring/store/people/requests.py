"""Acts that take two people: one account asks, another does it; nobody is both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select

from scoring.errors import StoreError
from scoring.store.tables.orm import AuditEvent
from scoring.store.tables.writing import Writing

ASKED = "asked"


class Request(NamedTuple):
    """What an account asked for, and its log entry."""

    actor: str
    event: int
    payload: Mapping[str, Any]


def second_of_two(writing: Writing, act: str, payload: Mapping[str, Any]) -> Request | None:
    """The open request for the same act, made by another account; without one, this is the request.

    Args:
        writing: The transaction, which logs the request where there is none.
        act: Its name in the log, such as ``adopt``.
        payload: What is asked for: another content is another request.

    Returns:
        The request that the caller may now carry out and log as ``act``; ``None``: it was asked for.

    Raises:
        StoreError: The same account asked for it.
    """
    request = open_request(writing, act)
    if request is None or dict(request.payload) != dict(payload):
        writing.log(f"{act} {ASKED}", payload)
        return None
    if request.actor == writing.actor:
        raise StoreError("second_account_needed", actor=writing.actor)
    return request


def open_request(writing: Writing, act: str) -> Request | None:
    """The last request for an act, if it was not carried out since."""
    query = (
        select(AuditEvent.kind, AuditEvent.actor, AuditEvent.seq, AuditEvent.payload)
        .where(AuditEvent.kind.in_([act, f"{act} {ASKED}"]))
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    )
    last = writing.connection.execute(query).first()
    if last is None or last.kind == act:
        return None
    return Request(last.actor, last.seq, json.loads(last.payload))
