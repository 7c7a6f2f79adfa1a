"""What an authority claims of its own record: it is disputed until a second account says so, or stands again.

Each kind is a procedure of ``rules/procedures.toml``; that a claim lapses is here, for the batch does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from scoring.entities import RECORD_COLUMNS
from scoring.errors import StoreError
from scoring.store.facts.disputes import DISPUTED, contest_without
from scoring.store.log.canonical_json import compact
from scoring.store.tables.kept_views import forget_facts_of
from scoring.store.tables.orm import CaseStep, RecordVersion, table_of
from scoring.store.tables.visible import VisibleRecord
from scoring.store.tables.writing import Writing
from scoring.workdays import add_workdays

KINDS = ("withdraw", "correct", "join", "part", "uphold")
SECOND_WITHIN = 3
"""Working days within which a second account says so too."""
STANDS_AGAIN = "record stands again"
"""Log entry of claims that lapsed."""


@dataclass(frozen=True)
class Claim:
    """What would become of a record.

    Attributes:
        kind: One of ``KINDS``.
        columns: The columns that it would change, as text.
        contest: The state of contest before it was disputed.
    """

    kind: str
    columns: Mapping[str, str] = field(default_factory=dict)
    contest: str | None = None

    @classmethod
    def read(cls, kind: str, content: str | None) -> Claim:
        """A claim as the store kept it."""
        known = json.loads(content or "{}")
        return cls(kind, known["columns"], known["contest"])

    @property
    def content(self) -> str:
        """As the store keeps it."""
        return compact({"columns": dict(self.columns), "contest": self.contest})


@dataclass(frozen=True)
class OpenClaim:
    """A claim that nobody has seconded yet: its step, who made it, when, of which record."""

    number: int
    actor: str
    claimed_on: date
    record_id: str
    document: str | None
    claim: Claim

    @property
    def contest(self) -> str | None:
        """The state of contest before the record was disputed."""
        return self.claim.contest

    def is_over(self, today: date) -> bool:
        """Whether nobody has seconded it in time."""
        return today > add_workdays(self.claimed_on, SECOND_WITHIN)


def open_claims(connection: Connection) -> list[OpenClaim]:
    """All claims that were neither seconded nor lapsed, in order."""
    answer = aliased(CaseStep)
    query = (
        select(*table_of(CaseStep).columns)
        .outerjoin(answer, answer.answers == CaseStep.number)
        .where(CaseStep.kind.in_(KINDS), answer.number.is_(None))
        .order_by(CaseStep.number)
    )
    return [_claim_of(step) for step in connection.execute(query)]


def _claim_of(step: Any) -> OpenClaim:
    return OpenClaim(
        number=step.number,
        actor=step.actor,
        claimed_on=step.done_on,
        record_id=str(step.record_id),
        document=step.document,
        claim=Claim.read(step.kind, step.content),
    )


def open_claim(connection: Connection, record_id: str, today: date) -> OpenClaim:
    """The claim about a record that can still be seconded.

    Raises:
        StoreError: There is none.
    """
    for claim in open_claims(connection):
        if claim.record_id == record_id and not claim.is_over(today):
            return claim
    raise StoreError("claim_not_open", record_id=record_id, workdays=SECOND_WITHIN)


def lapse_claims(writing: Writing, policy_id: str, today: date) -> int:
    """Lets the records stand again whose claims nobody has seconded in time; the caller has the lock.

    Returns:
        How many.
    """
    over = [claim for claim in open_claims(writing.connection) if claim.is_over(today)]
    for claim in over:
        _stand_again(writing, claim, policy_id, today)
    return len(over)


def _stand_again(writing: Writing, claim: OpenClaim, policy_id: str, today: date) -> None:
    latest = _latest(writing.connection, claim.record_id)
    ground = f"{claim.claim.kind} {claim.number}"
    contest = contest_without(writing.connection, claim.record_id, claim.number, claim.contest)
    seq = writing.seq
    # A file may have told meanwhile that the record is annulled, and an objection may hold it still.
    if latest["contest"] == DISPUTED != contest:
        seq = writing.seqs(1)[0]
        canonical = {column: latest[column] for column in RECORD_COLUMNS}
        version = {**canonical, "contest": contest, "known_on": today, "known_until": None}
        own = {"seq": seq, "first_seq": latest["first_seq"], "ground": ground, "document": None}
        writing.insert(RecordVersion, [version | own])
        forget_facts_of(writing.connection, [latest["enterprise_id"]])
    step = {
        "number": writing.next_step(),
        "policy_id": policy_id,
        "enterprise_id": latest["enterprise_id"],
        "kind": "lapse",
        "record_id": claim.record_id,
        "answers": claim.number,
        "actor": writing.actor,
        "done_on": today,
        "seq": seq,
        "ground": ground,
    }
    writing.insert(CaseStep, [step])
    writing.log(STANDS_AGAIN, {"record_id": claim.record_id, "seq": seq, "step": claim.number})


def _latest(connection: Connection, record_id: str) -> Mapping[Any, Any]:
    query = (
        select(table_of(VisibleRecord))
        .where(VisibleRecord.record_id == record_id)
        .order_by(VisibleRecord.seq.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().one()
