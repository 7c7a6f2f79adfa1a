"""The tables of who may do what: grants, invitations and log-ins, which the log binds.

It does not bind sessions, who looked at what, and the directory in which searches look.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Date, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.store.tables.orm_base import Base, Number, Sealed, Unsealed


class AccessGrant(Sealed, Base):
    """What an account may do, where and how long; a row with ``withdraws`` takes the grant of that number back.

    ``areas`` and ``departments`` are JSON lists of ids; ``None`` is all of them. ``enterprise_id`` is that of a
    firm's own account. ``until`` is the first day without it.
    """

    __tablename__ = "access_grant"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(Text, index=True)
    role: Mapped[str] = mapped_column(String(16))
    areas: Mapped[str | None] = mapped_column(Text)
    departments: Mapped[str | None] = mapped_column(Text)
    enterprise_id: Mapped[str | None] = mapped_column(Text, index=True)
    since: Mapped[date]
    until: Mapped[date | None]
    withdraws: Mapped[int | None] = mapped_column(Number)
    ground: Mapped[str] = mapped_column(Text)


class Invitation(Sealed, Base):
    """A code by which somebody sets a password once: of an account, or of an enterprise, whose account it makes.

    Only the digest of the code is kept. It is used when a log-in names it.
    """

    __tablename__ = "invitation"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    account: Mapped[str | None] = mapped_column(Text, index=True)
    enterprise_id: Mapped[str | None] = mapped_column(Text, index=True)
    code_sha256: Mapped[str] = mapped_column(String(64), index=True)
    until: Mapped[date]
    ground: Mapped[str] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)


class Login(Sealed, Base):
    """How an account proves who it is: the latest row of an account holds.

    ``password`` is its Argon2 hash, ``None`` where a provider vouches instead; ``second_factor`` the secret of
    its one-time passwords; ``invitation`` the one that it was set by.
    """

    __tablename__ = "login"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(Text, index=True)
    password: Mapped[str | None] = mapped_column(Text)
    second_factor: Mapped[str | None] = mapped_column(Text)
    invitation: Mapped[int | None] = mapped_column(Number, index=True)


class ProviderLink(Sealed, Base):
    """Whom a provider of identities means by a subject; the latest row of a subject holds."""

    __tablename__ = "provider_link"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    provider: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, index=True)
    account: Mapped[str | None] = mapped_column(Text)


class DirectoryEntry(Unsealed):
    """An enterprise as a search finds it, from its latest version, which ``visible_seq`` and ``seq`` name.

    ``spelled`` is its name and its id as searches compare them. Made of facts, and made again where it is lost.
    """

    __tablename__ = "directory"
    __table_args__ = (Index(None, "visible_seq", "seq"), Index(None, "spelled", "area", "enterprise_id"))

    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    spelled: Mapped[str] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(Text)
    industry_code: Mapped[str | None] = mapped_column(Text)
    entity_type: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(Number)
    visible_seq: Mapped[int] = mapped_column(Number)


class FollowUp(Unsealed):
    """A record that waits for an authority, by the facts of the last batch.

    A finding waits for a re-check, a re-check for somebody to say which finding it was. Made of facts,
    and made again by every batch that saw new ones.
    """

    __tablename__ = "follow_up"

    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    record_id: Mapped[str] = mapped_column(Text, primary_key=True)
    need: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(Text)
    field: Mapped[str | None] = mapped_column(Text)
    authority: Mapped[str | None] = mapped_column(Text)
    office: Mapped[str | None] = mapped_column(Text)
    document_no: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date, index=True)


class Session(Unsealed):
    """Somebody who is logged in; only the digest of the token is kept. Times are ISO 8601 in UTC.

    ``used_code`` is the time step of the one-time password that it began with: none is taken twice.
    """

    __tablename__ = "session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[str] = mapped_column(Text, index=True)
    began_at: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[str] = mapped_column(Text)
    used_code: Mapped[int | None] = mapped_column(Number)
    is_over: Mapped[bool] = mapped_column(Boolean)


class Viewing(Unsealed):
    """That an account looked at an enterprise: when, under which grant's role, and on which page."""

    __tablename__ = "viewing"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(Text, index=True)
    account: Mapped[str] = mapped_column(Text, index=True)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    page: Mapped[str] = mapped_column(Text)


class KeptView(Unsealed):
    """What a page shows of an enterprise to some reader, made once and kept until something about it changes.

    ``look`` is who reads, ``state`` the moment of the store that it was made of (``kept_views.state_of``),
    ``family`` are the enterprises whose facts it tells, one a line. What is forgotten is made again.
    """

    __tablename__ = "kept_view"

    policy_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True, index=True)
    look: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    family: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
