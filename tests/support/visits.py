"""Visits for tests: a whole one, and a town of enterprises that may be visited."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from casework import DAY, OWN, Counter, firm, make_counter, row_of
from PIL import Image

from scoring.administration.inspection.inspection_items import published_items
from scoring.administration.inspection.new_visit import (
    DepartmentPart,
    ItemAnswer,
    NewVisit,
    VisitingOfficer,
)
from scoring.administration.inspection.visit_recording import RecordedVisit, record_visit
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleRecord

OFFICERS = (VisitingOfficer("甲某", "浙0802001"), VisitingOfficer("乙某", "浙0802002"))
FIRE = "330802-fire"
FINE = ItemAnswer("fine")
PROBLEM, CORRECTED = ItemAnswer("problem", "general", "缺一本"), ItemAnswer("corrected", "minor", "当场更换")
INSPECTOR = "anna"


def items_of(field: str, office: str = OWN) -> list[str]:
    """The items of an authority in a field."""
    return [item.id for item in published_items().of_office(office, DAY) if item.field == field]


def answers(field: str = "food", office: str = OWN, **said: ItemAnswer) -> dict[str, ItemAnswer]:
    """All items of a field as they should be, but for those that are named."""
    return {item: said.get(item, FINE) for item in items_of(field, office)}


def visit(name: str, **changes: Any) -> NewVisit:
    """A whole visit to an enterprise: nothing found in food, by the market authority, today."""
    whole = NewVisit(
        enterprise_id=firm(name),
        visited_on=DAY,
        officers=OFFICERS,
        occasion="routine",
        task_no="任务〔2026〕7号",
        act_no="",
        order_no="检通〔2026〕7号",
        departments=(DepartmentPart(OWN, answers()),),
        received_by="店长丙某",
        receipt="signed",
    )
    return replace(whole, **changes)


def picture(size: tuple[int, int] = (400, 300), form: str = "JPEG", **more: object) -> bytes:
    """A picture of two halves."""
    image = Image.new("RGB", size, "white")
    image.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def found(name: str, said: Mapping[str, ItemAnswer], **changes: Any) -> NewVisit:
    """A visit at which something was found in food."""
    part = DepartmentPart(OWN, answers(**said))
    return visit(name, departments=(part,), **changes)


class VisitTown(Counter):
    """The counter's town, in which people record visits."""

    def visits(self, new: NewVisit, key: str = "", actor: str = INSPECTOR) -> RecordedVisit:
        """Records a visit."""
        token = key or f"key-{new.enterprise_id}-{new.act_no or new.task_no}-{new.visited_on}"
        recorder = self.enter_by(actor)
        return record_visit(self.database, self.version, new, token, actor, self.clock, recorder)

    def records(self, name: str, source: str | None = "visit") -> list[Mapping[str, Any]]:
        """The records of visits of an enterprise, by source."""
        table = table_of(VisibleRecord)
        with self.database.read() as connection:
            query = table.select().where(table.c.enterprise_id == firm(name), table.c.kind == "inspection")
            rows = [dict(row) for row in connection.execute(query.order_by(table.c.seq)).mappings()]
        return [row for row in rows if source is None or row["source"] == source]


QUIET = {"severity": "minor", "publish_until": "2027-01-01"}
"""What makes a penalty cost nothing: an enterprise without trouble."""


def quiet(count: int) -> list[str]:
    """Names of enterprises without trouble."""
    return [f"penalty-quiet{number}" for number in range(count)]


def make_visit_town(
    folder: Path, names: Any = ("finding-a",), without_trouble: int = 1, day: date = DAY
) -> VisitTown:
    """The town on a day, with some enterprises that are green and have no trouble."""
    made = make_counter(folder, names)
    rows = [row_of(name, **QUIET) for name in quiet(without_trouble)]
    made.take(made.file("quiet", *rows))
    made.score()
    town = VisitTown(made.database, day, folder)
    town.clock.now = made.clock.now
    town.reuse()
    return town
