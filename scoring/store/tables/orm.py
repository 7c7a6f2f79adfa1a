"""The tables.

Facts, assessments and events are only ever added; ``standing`` and ``head`` follow from them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from sqlalchemy import Boolean, Column, Index, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.store.tables import orm_access as orm_access  # its tables belong to the schema too
from scoring.store.tables import orm_codes as orm_codes
from scoring.store.tables import orm_figures as orm_figures
from scoring.store.tables import orm_visits as orm_visits
from scoring.store.tables.orm_base import Base as Base
from scoring.store.tables.orm_base import Number, Sealed, Unsealed, facts_table

METADATA = (Base.metadata, Unsealed.metadata)
"""Of all tables: those that the log binds or whose rows follow from such rows, and the others."""


class EnterpriseVersion(Base):
    """One version of an enterprise, ``created`` where a map made it from a record.

    Such a version is used while no source lists the enterprise.
    """

    if TYPE_CHECKING:
        seq: Mapped[int]
        enterprise_id: Mapped[str]
        parent_id: Mapped[str | None]
        known_on: Mapped[date | None]
        created: Mapped[bool]
        event: Mapped[int]

    __table__ = facts_table(
        "enterprise_version",
        dict(ENTERPRISE_COLUMNS),
        "enterprise_id",
        Column("created", Boolean, nullable=False),
    )


class RecordVersion(Base):
    """One version of a record, as it came.

    ``first_seq`` is the number of the record's first version: it says which versions are one record
    without saying which. Copies under a legal person are derived when facts are read.
    """

    if TYPE_CHECKING:
        seq: Mapped[int]
        record_id: Mapped[str]
        enterprise_id: Mapped[str]
        kind: Mapped[str]
        refers_to: Mapped[str | None]
        result: Mapped[str | None]
        occurred_on: Mapped[date | None]
        decided_on: Mapped[date | None]
        known_on: Mapped[date | None]
        event: Mapped[int]

    __table__ = facts_table(
        "record_version",
        dict(RECORD_COLUMNS),
        "record_id",
        Column("first_seq", Number),
        Index(None, "first_seq"),
        # Whoever enters a record asks who has succeeded its enterprise: few rows say so.
        Index(None, "refers_to"),
    )


class Erased(Sealed, Base):
    """What is left of a version that the law had deleted.

    That is its place, the entry that brought it, its digest then, the part of it that shows that the
    deletion was due (``opened`` with its salt, and the commitment to the other part, ``closed``),
    and the entry that says so.
    """

    __tablename__ = "erased"

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    fact: Mapped[str] = mapped_column(String(16))
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    brought_by: Mapped[int] = mapped_column(Number)
    row_digest: Mapped[bytes]
    opened: Mapped[str | None] = mapped_column(Text)
    opened_salt: Mapped[bytes | None]
    closed: Mapped[bytes | None]
    event: Mapped[int] = mapped_column(Number, index=True)


class SourceMapVersion(Sealed, Base):
    """A source map as used: ``content`` is its canonical JSON, ``covers`` a JSON list of kinds."""

    __tablename__ = "source_map"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    map_id: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    covers: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)


class ImportPart(Sealed, Base):
    """One transaction of an import that is stored in parts.

    ``begun`` is the entry with which it began; the numbers of this part's rows stand behind ``after_seq`` and end
    with ``last_seq``; ``compared`` is the last fact that they were compared with. What its parts brought is seen once a run
    with the same ``begun`` is stored.
    """

    __tablename__ = "import_part"

    event: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    begun: Mapped[int] = mapped_column(Number, index=True)
    after_seq: Mapped[int] = mapped_column(Number)
    last_seq: Mapped[int] = mapped_column(Number)
    compared: Mapped[int] = mapped_column(Number)


class ImportRun(Sealed, Base):
    """One source read once, with a ``seq`` of its own.

    ``files`` is JSON (name, sha256, rows); ``fingerprint`` is that of the map and all files; ``begun`` is the
    entry with which an import began that was stored in parts.
    """

    __tablename__ = "import_run"

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text)
    map_sha256: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    files: Mapped[str] = mapped_column(Text)
    rows_in: Mapped[int] = mapped_column(Number)
    accepted: Mapped[int] = mapped_column(Number)
    rejected: Mapped[int] = mapped_column(Number)
    merged: Mapped[int] = mapped_column(Number)
    out_of_scope: Mapped[int] = mapped_column(Number)
    enterprises: Mapped[int] = mapped_column(Number)
    records: Mapped[int] = mapped_column(Number)
    known: Mapped[int] = mapped_column(Number)
    begun: Mapped[int | None] = mapped_column(Number, index=True)


class PolicyText(Sealed, Base):
    """Rules as they scored, one content for each version of a policy.

    ``sha256`` follows from ``content``, ``law`` and ``lists``, all JSON: the policy, the law that it
    applies and the closed lists; ``text`` is the policy's file.
    """

    __tablename__ = "policy"
    __table_args__ = (Index(None, "policy_id", "version", unique=True),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    policy_id: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    law: Mapped[str] = mapped_column(Text)
    lists: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class Registration(Sealed, Base):
    """What a register says of stored rules: ``entry`` is JSON. The latest row is what it says now."""

    __tablename__ = "registration"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    rules_sha256: Mapped[str] = mapped_column(String(64), index=True)
    entry: Mapped[str] = mapped_column(Text)


class ModelText(Sealed, Base):
    """A points table that a stored policy uses, as the JSON that ``sha256`` follows from."""

    __tablename__ = "model"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    model_id: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)


class Assessment(Sealed, Base):
    """One result of one enterprise, and what it followed from.

    These are the facts up to ``seq``, the policy, the day and the prior band. ``state`` is
    ``in_effect`` or ``proposed`` for good: what a proposal becomes is a later assessment, and
    ``proposal`` is the number of the one that opened it. Lists are JSON; ``contributions`` are [indicator, points, unknown], ``given`` the values of those
    indicators in the same order, ``fields`` are [field, points, band] where the policy has fields.
    """

    __tablename__ = "assessment"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    policy_id: Mapped[str] = mapped_column(Text)
    rules_sha256: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    seq: Mapped[int] = mapped_column(Number)
    prior_band: Mapped[str | None] = mapped_column(Text)
    points: Mapped[int | None] = mapped_column(Number)
    band: Mapped[str | None] = mapped_column(Text)
    colour: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    status_reason: Mapped[str | None] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    vetoes: Mapped[str] = mapped_column(Text)
    caps: Mapped[str] = mapped_column(Text)
    coverage: Mapped[int] = mapped_column(Number)
    n_records: Mapped[int] = mapped_column(Number)
    contributions: Mapped[str] = mapped_column(Text)
    given: Mapped[str] = mapped_column(Text)
    fields: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reviewers: Mapped[int] = mapped_column(Number)
    proposal: Mapped[int | None] = mapped_column(Number, index=True)
    event: Mapped[int] = mapped_column(Number, index=True)


class ScoreRun(Sealed, Base):
    """One batch over the whole store: day, policy, facts up to ``seq``, and how much it changed.

    Its log entry is its key.
    """

    __tablename__ = "score_run"

    event: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    policy_id: Mapped[str] = mapped_column(Text)
    rules_sha256: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    seq: Mapped[int] = mapped_column(Number)
    enterprises: Mapped[int] = mapped_column(Number)
    changed: Mapped[int] = mapped_column(Number)


class Standing(Base):
    """Where each enterprise stands under a policy.

    The assessment ``in_effect`` is the one that is shown, ``None`` while a first one waits; the
    ``latest`` may be proposed. ``rated_band`` is the last band that was in effect, whatever came
    after it.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index(None, "policy_id", "colour", "enterprise_id"),
        Index(None, "policy_id", "points", "enterprise_id"),
    )

    policy_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    colour: Mapped[str | None] = mapped_column(Text)
    band: Mapped[str | None] = mapped_column(Text)
    points: Mapped[int | None] = mapped_column(Number)
    rated_band: Mapped[str | None] = mapped_column(Text)
    in_effect: Mapped[int | None] = mapped_column(Number)
    latest: Mapped[int] = mapped_column(Number, index=True)
    proposed: Mapped[bool]


class CaseStep(Sealed, Base):
    """What was done about a proposal or a record; it names no colour.

    ``kind`` is one of ``steps.KINDS``. ``answers`` is the number of the step that it answers;
    ``content`` is JSON: of a service how it was done and what proves it, of a claim the columns
    that it would change.
    """

    __tablename__ = "step"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    policy_id: Mapped[str] = mapped_column(Text)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    assessment: Mapped[int | None] = mapped_column(Number, index=True)
    kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[int | None] = mapped_column(Number)
    content: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    done_on: Mapped[date]
    seq: Mapped[int] = mapped_column(Number)
    ground: Mapped[str] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)


class Account(Sealed, Base):
    """One state of an account: who may write, under the one spelling of the name.

    The latest row of a name is its state: ``active`` or ``disabled``.
    """

    __tablename__ = "account"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, index=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))


class AuditEvent(Base):
    """One entry of the log, a leaf of its tree.

    ``sealed`` commits to the rows that it brought; ``payload`` and ``salt`` go where the law says;
    where a key for entries is configured, ``signer`` is its public half and ``signature`` over the leaf.
    """

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    payload: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[bytes | None]
    payload_hash: Mapped[bytes]
    leaf_hash: Mapped[bytes]
    signer: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[bytes | None]


class Head(Base):
    """One row: the last numbers given, and the time of the last event. Whoever locks it writes."""

    __tablename__ = "head"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Number)
    event: Mapped[int] = mapped_column(Number)
    assessment: Mapped[int] = mapped_column(Number)
    step: Mapped[int] = mapped_column(Number)
    at: Mapped[str] = mapped_column(Text)


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table behind a model, or what stands in its place."""
    return cast(Table, model.__table__)
