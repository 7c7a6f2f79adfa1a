"""The tables of visits: that one was recorded, what stands in its minutes, and tokens of other systems.

The log binds a visit by the digest of its minutes. The minutes name people, so they go with their
records; the digest stays, as that of a deleted record does.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.store.tables.orm_base import Base, Number, Sealed, Unsealed


class InspectionVisit(Sealed, Base):
    """One visit that was recorded here, or what was added to it later.

    ``request`` is the digest of whose request it was and of its idempotency key, ``body`` that of what
    the request said; ``minutes`` is the digest of the minutes with their salt. A row with ``amends``
    adds to the visit of that number.
    """

    __tablename__ = "inspection_visit"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    request: Mapped[str] = mapped_column(String(64), index=True)
    body: Mapped[str] = mapped_column(String(64))
    visited_on: Mapped[date]
    amends: Mapped[int | None] = mapped_column(Number, index=True)
    minutes: Mapped[str] = mapped_column(String(64))


class VisitMinutes(Unsealed):
    """What stands in the minutes of a visit, as JSON: who came, what was looked at and found, who received them."""

    __tablename__ = "visit_minutes"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[str] = mapped_column(Text)


class ApiToken(Sealed, Base):
    """A token with which another system acts as an account; a row with ``withdraws`` takes the one of that number back.

    Only its digest is kept. ``scopes`` is a JSON list; ``until`` is the first day without it.
    """

    __tablename__ = "api_token"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(Text, index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), index=True)
    scopes: Mapped[str] = mapped_column(Text)
    until: Mapped[date]
    withdraws: Mapped[int | None] = mapped_column(Number)
    ground: Mapped[str] = mapped_column(Text)
