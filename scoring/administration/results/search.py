"""Which enterprises a person means, and in which order they come."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, false, func, select

from scoring.administration.identity.scope import holds, lies_in
from scoring.store.people.grants import Grant
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.orm_access import DirectoryEntry

MOST_WORDS = 12
"""Words that are looked for: a database takes no endless conditions."""
LONG = 4
"""Chinese characters of a word from which on they need not stand together: 柯城区瑞锦 finds 柯城区虚构瑞锦建筑."""
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
Order = Literal["code", "best", "worst"]
"""By code, not by name: the two databases do not agree on an order of Chinese names."""


@dataclass(frozen=True)
class EnterpriseSearch:
    """What is looked for; everything that is not given is not asked.

    Attributes:
        text: Words, each any part of a name or of a code, in any order.
        colour: ``blue``, ``green``, ``yellow``, ``red`` or ``none`` (not rated).
        area: An area with all that lies in it.
        field: A field of supervision in which the enterprise is active.
        order: By code, or by points; who is rated always comes first.
        within: The grants of who asks: others are not found. ``None``: nobody's rights are in question.
    """

    text: str = ""
    colour: str | None = None
    area: str | None = None
    field: str | None = None
    order: Order = "code"
    within: Sequence[Grant] | None = None

    def page(self, connection: Connection, policy_id: str, limit: int, offset: int) -> tuple[int, list[str]]:
        """How many there are, and one page of their ids in order."""
        wanted = self._with_field(self._ids(policy_id), always=self.order != "code")
        columns: dict[Order, list[Any]] = {
            "code": [],
            "best": [Assessment.points.desc()],
            "worst": [Assessment.points],
        }
        in_order = (Standing.band.is_(None), *columns[self.order], Standing.enterprise_id)
        # Counted with the page: to look through all names twice would take twice as long.
        counted = wanted.add_columns(func.count().over()).order_by(*in_order).limit(limit).offset(offset)
        rows = connection.execute(counted).all()
        if rows or not offset:
            return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]
        return int(connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()), []

    def _ids(self, policy_id: str) -> Select[Any]:
        """The enterprises, without an order."""
        query = select(Standing.enterprise_id).where(Standing.policy_id == policy_id)
        if self.colour:
            none = self.colour == "none"
            query = query.where(Standing.colour.is_(None) if none else Standing.colour == self.colour)
        if named := self._tests():
            # The directory is looked through once, and only of whom it has are standings looked up.
            query = query.where(
                Standing.enterprise_id.in_(select(DirectoryEntry.enterprise_id).where(*named))
            )
        return query

    def _tests(self) -> list[ColumnElement[bool]]:
        """What must hold of the entry in the directory."""
        tests = [_has(word) for word in words_of(self.text)]
        if self.text.strip() and not tests:
            tests.append(false())
        if self.area:
            tests.append(lies_in(DirectoryEntry.area, [self.area]))
        if self.within is not None:
            tests.append(holds(self.within, DirectoryEntry.area))
        return tests

    def _with_field(self, query: Select[Any], *, always: bool = False) -> Select[Any]:
        """The query over the results in effect, where fields or points are asked for."""
        if not self.field and not always:
            return query
        query = query.outerjoin(Assessment, Assessment.number == Standing.in_effect)
        # ``fields`` is JSON: [field, points, band] of each one.
        return (
            query.where(Assessment.fields.contains(f'["{self.field}",', autoescape=True))
            if self.field
            else query
        )


def words_of(text: str) -> list[str]:
    """The words of a text as the directory spells them: full width, case and blanks made equal.

    Blanks, hyphens and brackets part words, so that a code may be typed in groups of four.
    """
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().replace("_", " "))[:MOST_WORDS]


def _has(word: str) -> ColumnElement[bool]:
    if len(word) < LONG or not _HAN.fullmatch(word):
        return DirectoryEntry.spelled.contains(word, autoescape=True)
    return DirectoryEntry.spelled.like("%" + "%".join(word) + "%")
