"""The tables of figures: statements of a month, which the log binds, and counts that follow from
other tables.

What is counted is made again from facts and assessments where it is lost; nothing but pages reads
it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Boolean, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from scoring.store.tables.orm_base import Base, Number, Sealed, Unsealed


class Statement(Sealed, Base):
    """What was stated of a month in an area, frozen when it was made.

    ``departments`` is a JSON list of codes, ``None``: all of them. ``figures`` is JSON,
    ``papers`` the words of its page and ``tables`` the text of its CSV file, each JSON by
    language. ``revises`` is the statement before it of the same month, area and departments.
    """

    __tablename__ = "statement"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(String(7), index=True)
    area: Mapped[str] = mapped_column(Text)
    departments: Mapped[str | None] = mapped_column(Text)
    rules_sha256: Mapped[str] = mapped_column(String(64))
    made_on: Mapped[date]
    revises: Mapped[int | None] = mapped_column(Number)
    figures: Mapped[str] = mapped_column(Text)
    papers: Mapped[str] = mapped_column(Text)
    tables: Mapped[str] = mapped_column(Text)


class Visit(Unsealed):
    """One record of an inspection as figures count it.

    ``office`` is the code of the authority, or its name where the register has none; no field and
    no office are empty. ``joint`` says that another authority was there on the same day. What a
    court hides is hidden from ``masked_from`` until ``masked_until``.
    """

    __tablename__ = "visit"
    __table_args__ = (
        # All that a count reads stands in it, in the order in which it counts.
        Index(
            "ix_visit_counted", "year", "office", "enterprise_id", "day", "field", "occasion", "area", "joint"
        ),
        Index(None, "enterprise_id", "day"),
    )

    record_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_id: Mapped[str] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Number)
    day: Mapped[date]
    joint: Mapped[bool] = mapped_column(Boolean)


class VisitSpread(Unsealed):
    """How many enterprises of an area an authority visited so often in a year, and how many of these visits were joint.

    ``office`` is ``*`` for all authorities, ``field`` empty for all fields, ``area`` where none is known.
    """

    __tablename__ = "visit_spread"

    year: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    area: Mapped[str] = mapped_column(Text, primary_key=True)
    office: Mapped[str] = mapped_column(Text, primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    visits: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprises: Mapped[int] = mapped_column(Number)
    joint: Mapped[int] = mapped_column(Number)


class OftenVisited(Unsealed):
    """An enterprise that an authority visited in a field more than once in a year, by what counts towards the cap."""

    __tablename__ = "often_visited"
    __table_args__ = (Index(None, "enterprise_id"),)

    year: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    enterprise_id: Mapped[str] = mapped_column(Text, primary_key=True)
    office: Mapped[str] = mapped_column(Text, primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    area: Mapped[str | None] = mapped_column(Text)
    visits: Mapped[int] = mapped_column(Number)


class RestoredRecord(Unsealed):
    """That a record was restored, as figures count it; ``office`` and ``field`` as of ``Visit``."""

    __tablename__ = "restored_record"
    __table_args__ = (Index(None, "enterprise_id"),)

    record_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_id: Mapped[str] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(index=True)


class ColourMonth(Unsealed):
    """How many enterprises of an area stood in a band when the last batch of a month was done.

    ``event`` is the log entry of that batch. ``field`` is empty for the whole result, else a
    field of supervision in which they are active; ``area`` is empty where none supervises them,
    ``band`` where they are not rated.
    """

    __tablename__ = "colour_month"

    policy_id: Mapped[str] = mapped_column(Text, primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    field: Mapped[str] = mapped_column(Text, primary_key=True)
    area: Mapped[str] = mapped_column(Text, primary_key=True)
    band: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprises: Mapped[int] = mapped_column(Number)
    event: Mapped[int] = mapped_column(Number)


class ColourMove(Unsealed):
    """That the band in effect of an enterprise became another one with the assessment ``number``.

    ``None`` is not rated. The first assessment in effect of an enterprise is no move.
    """

    __tablename__ = "colour_move"
    __table_args__ = (
        Index(
            "ix_colour_move_counted",
            "policy_id",
            "as_of",
            "enterprise_id",
            "number",
            "before",
            "after",
        ),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    policy_id: Mapped[str] = mapped_column(Text)
    enterprise_id: Mapped[str] = mapped_column(Text)
    as_of: Mapped[date]
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)


class CountedUpTo(Unsealed):
    """Up to which number counts have looked: of facts, and of the assessments of each policy."""

    __tablename__ = "counted_up_to"

    what: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(Number)


COUNTED = (Visit, VisitSpread, OftenVisited, RestoredRecord, ColourMonth, ColourMove, CountedUpTo)
"""The tables of counts, which are made again from the others."""
