"""A table of bands by two grades: the band of each pair, such as public credit grade and industry grade."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scoring.policy.language.forms import Code, Form, Identifier

BandByColumn = Annotated[dict[Code, Code], Field(min_length=1)]


class BarredPair(Form):
    """A pair of grades in which that of the row takes from that of the column what it would give.

    Attributes:
        row: Grade of the row.
        column: Grade of the column; the pair is in no better band than the next worse column.
    """

    row: Code
    column: Code


class Tiers(Form):
    """Bands by two indicators, both the newest grade of its kind; ``unknown`` is a grade of the table too.

    A reader turns each pair into a cap (``read.write_out_tiers``), so that engine, explanations and checks
    know one mechanism.

    Attributes:
        rows: Indicator of the rows.
        columns: Indicator of the columns.
        table: The band of each grade of the rows by each grade of the columns.
        bars: Pairs in which the grade of the column is worth no more than the next worse one.
        legal: The articles.
    """

    rows: Identifier
    columns: Identifier
    table: Annotated[dict[Code, BandByColumn], Field(min_length=1)]
    bars: Annotated[tuple[BarredPair, ...], Field(min_length=1)] | None = None
    legal: Annotated[tuple[Identifier, ...], Field(min_length=1)]
