"""The tables of codes: what was issued, what ended, and by which code an enterprise is known now."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.store.tables.orm_base import Base, Number, Sealed, Unsealed


class IssuedCode(Sealed, Base):
    """One signed code.

    ``face`` is ``sticker``, with the colour of the assessment of that number as of a day, or
    ``shown``, without one. Codes that say the same share a ``status_index``: what ends one of them
    ends all. ``serial`` and ``key_id`` are in hexadecimal, times in POSIX seconds, ``content`` is
    the code as bytes.
    """

    __tablename__ = "code"
    # Of an index, the number of those that were drawn is asked for; of a list, until when it reaches.
    __table_args__ = (Index(None, "status_index"), Index(None, "serial"))

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    face: Mapped[str] = mapped_column(String(8))
    policy_id: Mapped[str] = mapped_column(Text)
    assessment: Mapped[int | None] = mapped_column(Number)
    colour: Mapped[str | None] = mapped_column(Text)
    as_of: Mapped[date | None]
    status_index: Mapped[int] = mapped_column(Number)
    serial: Mapped[str] = mapped_column(String(16))
    key_id: Mapped[str] = mapped_column(String(8))
    issued_at: Mapped[int] = mapped_column(Number)
    expires_at: Mapped[int] = mapped_column(Number)
    content: Mapped[bytes]


class CodeEnd(Sealed, Base):
    """That all codes of a ``status_index`` ended: ``superseded`` or ``revoked``, why and when."""

    __tablename__ = "code_end"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text)
    status_index: Mapped[int] = mapped_column(Number, index=True)
    state: Mapped[str] = mapped_column(String(16))
    cause: Mapped[str] = mapped_column(String(16))
    ended_at: Mapped[int] = mapped_column(Number)


class LiveCode(Base):
    """The last code of an enterprise in a face, while it has not ended; it follows from the others."""

    __tablename__ = "code_live"

    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    face: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(Number)
    colour: Mapped[str | None] = mapped_column(Text)
    status_index: Mapped[int] = mapped_column(Number)
    key_id: Mapped[str] = mapped_column(String(8), index=True)
    expires_at: Mapped[int] = mapped_column(Number)


class OpaquePlate(Sealed, Base):
    """The random id of an enterprise, for a plate that says nothing; the last one of an enterprise holds."""

    __tablename__ = "opaque_code"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, index=True)
    token: Mapped[str] = mapped_column(String(32), index=True)


class PublicPage(Unsealed):
    """The random id of the page that the public may read of an enterprise: 16 bytes in hexadecimal."""

    __tablename__ = "public_page"
    __table_args__ = (Index(None, "public_id", unique=True),)

    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32))
