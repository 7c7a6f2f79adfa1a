"""Which enterprises a person means, and in which order they come."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, false, func, select, true

from scoring.administration.identity.scope import holds, lies_in
from scoring.store.people.grants import Grant
from scoring.store.tables.orm import Assessment, Standing
from scoring.store.tables.orm_access import DirectoryEntry

MOST_WORDS = 12
"""Words that are looked for: a database takes no endless conditions."""
LONG = 4
"""Chinese characters of a word from which on they need not stand together: 柯城区瑞锦 finds 柯城区虚构瑞锦建筑."""
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
MOST_COUNTED = 10_000
"""Enterprises that are counted; of more it is told that there are more."""
Order = Literal["code", "best", "worst"]
"""By code, not by name: the two databases do not agree on an order of Chinese names."""


def written_code(text: str) -> str:
    """A unified social credit code as it is printed, however it was typed; another text as it is."""
    letters = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()
    return letters if re.fullmatch("[0-9A-Z]{18}", letters) else text


class FoundPage(NamedTuple):
    """One page of what was found.

    Attributes:
        total: How many there are; one more than ``MOST_COUNTED`` where there are more than that.
        ids: The enterprises of the page in order.
    """

    total: int
    ids: list[str]


@dataclass(frozen=True)
class EnterpriseSearch:
    """What is looked for; everything that is not given is not asked.

    Attributes:
        text: Words, each any part of a name or of a code, in any order.
        colour: ``blue``, ``green``, ``yellow``, ``red`` or ``none`` (not rated).
        area: An area with all that lies in it.
        field: A field of supervision in which the enterprise is active.
        order: By code or by points; who is not rated comes last, by code.
        within: The grants of who asks: others are not found. ``None``: nobody's rights are in question.
    """

    text: str = ""
    colour: str | None = None
    area: str | None = None
    field: str | None = None
    order: Order = "code"
    within: Sequence[Grant] | None = None

    def page(self, connection: Connection, policy_id: str, limit: int, offset: int) -> FoundPage:
        """How many there are, and one page of their ids in order."""
        total = None
        if self.text.strip() and not self.field:
            few = self._of_few(connection, policy_id, limit, offset)
            if few.ids or not few.total:
                return few
            # Where words are all that was asked for, their number is that of who is found.
            total = few.total if few.total > MOST_COUNTED and not self.colour else None
        total = self._counted(connection, policy_id) if total is None else total
        wanted = self._with_field(self._standings(policy_id).where(*self._each_is_meant()))
        return FoundPage(total, self._walked(connection, wanted, limit, offset))

    def _walked(self, connection: Connection, wanted: Select[Any], limit: int, offset: int) -> list[str]:
        """A page of those who are rated, and after the last one of the others: each half in the order of an index."""
        if self.colour:
            return _ids(connection, wanted.order_by(*self._in_order()), limit, offset)
        rated = wanted.where(Standing.points.is_not(None))
        others = wanted.where(Standing.points.is_(None)).order_by(Standing.enterprise_id)
        ids = _ids(connection, rated.order_by(*self._in_order()), limit, offset)
        if len(ids) == limit:
            return ids
        before = 0
        if offset and not ids:
            before = int(connection.execute(select(func.count()).select_from(rated.subquery())).scalar_one())
        skipped = max(offset - before, 0) if not ids else 0
        return [*ids, *_ids(connection, others, limit - len(ids), skipped)]

    def _of_few(self, connection: Connection, policy_id: str, limit: int, offset: int) -> FoundPage:
        """A page of what words find, counted with it: to look through all names twice takes twice as long.

        It has a total and no ids where the words are in so many names that a page is found quicker by
        walking through all of them, or where it lies behind the last one.
        """
        matching = select(DirectoryEntry.enterprise_id).where(*self._tests())
        few = matching.limit(MOST_COUNTED + 1).cte("few").prefix_with("MATERIALIZED")
        names = select(func.count()).select_from(few).scalar_subquery()
        matched = select(names.label("names")).subquery()
        are_few = (names <= MOST_COUNTED, Standing.enterprise_id.in_(select(few.c.enterprise_id)))
        wanted = self._standings(policy_id).where(*are_few)
        others = case((Standing.points.is_(None), Standing.enterprise_id))
        place = func.row_number().over(order_by=(Standing.points.is_(None), others, *self._in_order()))
        places = wanted.add_columns(place.label("place"), func.count().over().label("total")).subquery()
        shown = select(places).where(places.c.place > offset, places.c.place <= offset + limit).subquery()
        row = select(matched.c.names, shown.c.total, shown.c.enterprise_id)
        rows = connection.execute(
            row.select_from(matched.outerjoin(shown, true())).order_by(shown.c.place)
        ).all()
        of_words, total, first = rows[0]
        if first is None:
            return FoundPage(of_words, [])
        return FoundPage(total, [enterprise_id for _, _, enterprise_id in rows])

    def _counted(self, connection: Connection, policy_id: str) -> int:
        """How many there are, counted up to one more than is told."""
        wanted = self._with_field(self._standings(policy_id).where(*self._each_is_meant()))
        some = wanted.limit(MOST_COUNTED + 1).subquery()
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())

    def _standings(self, policy_id: str) -> Select[Any]:
        """The enterprises of a policy, of a colour where one is asked for."""
        query = select(Standing.enterprise_id).where(Standing.policy_id == policy_id)
        if self.colour:
            none = self.colour == "none"
            query = query.where(Standing.colour.is_(None) if none else Standing.colour == self.colour)
        return query

    def _in_order(self) -> tuple[Any, ...]:
        """By code or by points; who is not rated has none and comes by code."""
        in_order: dict[Order, tuple[Any, ...]] = {
            "code": (Standing.enterprise_id,),
            "best": (Standing.points.desc(), Standing.enterprise_id.desc()),
            "worst": (Standing.points, Standing.enterprise_id),
        }
        return in_order["code" if self.colour == "none" else self.order]

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

    def _each_is_meant(self) -> list[ColumnElement[bool]]:
        """That the entry of a standing is meant, to be asked of one after the other."""
        tests = self._tests()
        own = DirectoryEntry.enterprise_id == Standing.enterprise_id
        return [select(DirectoryEntry.enterprise_id).where(own, *tests).exists()] if tests else []

    def _with_field(self, query: Select[Any]) -> Select[Any]:
        """The query of those that are active in a field, where one is asked for."""
        if not self.field:
            return query
        # ``fields`` is JSON: [field, points, band] of each one.
        is_active = Assessment.fields.contains(f'["{self.field}",', autoescape=True)
        return query.join(Assessment, Assessment.number == Standing.in_effect).where(is_active)


def _ids(connection: Connection, wanted: Select[Any], limit: int, offset: int) -> list[str]:
    return list(connection.execute(wanted.limit(limit).offset(offset)).scalars())


def written_total(total: int) -> str:
    """How many were found: ``1,234``, or ``10,000+``."""
    return f"{total:,}" if total <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def words_of(text: str) -> list[str]:
    """The words of a text as the directory spells them: full width, case and blanks made equal.

    Blanks, hyphens and brackets part words, so that a code may be typed in groups of four.
    """
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold().replace("_", " "))[:MOST_WORDS]


def _has(word: str) -> ColumnElement[bool]:
    if len(word) < LONG or not _HAN.fullmatch(word):
        return DirectoryEntry.spelled.contains(word, autoescape=True)
    return DirectoryEntry.spelled.like("%" + "%".join(word) + "%")
