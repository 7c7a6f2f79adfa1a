"""What a batch of sheets will draw, fixed before the first is drawn: whoever goes on with it draws the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scoring.administration.credential.face import Face, Printed
from scoring.administration.credential.handing_out import HandedOut, may_print, plate_of, sticker_of
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.render import PrintForm, SheetKind
from scoring.disk import atomic_file
from scoring.entities import Colour
from scoring.explain.public_result import PublicState
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.code_faces import issue_plates
from scoring.store.standing.code_prints import (
    CodeToPrint,
    plates_since,
    stickers_since,
    with_colours,
)
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, day_in_china

StatesOf = Callable[[Sequence[str]], Sequence[PublicState]]
"""What the public sees of some enterprises, in their order."""


@dataclass(frozen=True)
class SheetOrder:
    """What a batch was asked for.

    Attributes:
        since: Codes that were issued on this day or after it; ``None``: all.
        kind: Which sheet.
        form: In which form.
    """

    since: date | None = None
    kind: SheetKind = "sticker"
    form: PrintForm = "png"

    @property
    def words(self) -> dict[str, str]:
        """As the plan remembers it."""
        return {"since": str(self.since or ""), "kind": self.kind, "form": self.form}


@dataclass(frozen=True)
class PlannedSheet:
    """A sheet that will be drawn."""

    face: Face
    text: str

    def line(self) -> str:
        """As a line of the plan."""
        return json.dumps({"face": asdict(self.face), "text": self.text}, default=str, ensure_ascii=False)

    @classmethod
    def of_line(cls, line: str) -> PlannedSheet:
        """Reads what ``line`` wrote."""
        stored = json.loads(line)
        face, printed = stored["face"], stored["face"]["printed"]
        printed["valid_until"] = _day(printed["valid_until"])
        face |= {"printed": Printed(**printed), "as_of": date.fromisoformat(face["as_of"])}
        face["colour"] = Colour(face["colour"]) if face["colour"] else None
        return cls(Face(**face), stored["text"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class SheetPlanner:
    """Decides which sheets a batch has.

    Attributes:
        database: The store.
        office: Who issues its codes.
        version: The policy whose colours the store shows.
        as_of: The day of its results.
        fictitious: Whether the data is made up.
        states_of: What the public sees; ``None``: the policy grants it colours without their grounds.
    """

    database: Database
    office: IssuingOffice
    version: ResolvedPolicy
    as_of: date
    fictitious: bool
    states_of: StatesOf | None = None

    def sheets(self, order: SheetOrder, actor: str, clock: Clock) -> Iterator[PlannedSheet]:
        """The sheets of a batch by enterprise: nobody's twice, and no colour that may not be printed.

        Args:
            order: What is asked for.
            actor: Who prints: plates are given to those who have none.
            clock: The time.
        """
        today, policy_id = day_in_china(clock()), self.version.policy.id
        if self.office.settings.mode_under(self.version) == "opaque":
            with self.database.read() as connection:
                ids = with_colours(connection, policy_id)
            # Who has one keeps it; the others are given theirs in one transaction.
            issue_plates(self.database, self.office, ids, actor, clock)
            is_demo = self.office.is_demo(today)
            with self.database.read() as connection:
                codes = plates_since(connection, policy_id, order.since, today)
            for code in codes:
                yield self._sheet(code, plate_of(self.office, code.content, is_demo=is_demo))
            return
        with self.database.read() as connection:
            codes = stickers_since(connection, policy_id, order.since, today)
        shown = self._shown(codes)
        for code in codes:
            handed = sticker_of(self.office, code.content)
            colour = handed.claims.colour if handed.claims else None
            if code.enterprise_id in shown and may_print(self.version, colour):
                yield self._sheet(code, handed)

    def _shown(self, codes: Sequence[CodeToPrint]) -> frozenset[str]:
        """Of whom the public sees the colour."""
        ids = [code.enterprise_id for code in codes]
        if self.states_of is None:
            return frozenset(ids)
        states = zip(ids, self.states_of(ids), strict=True)
        return frozenset(enterprise_id for enterprise_id, state in states if state == "shown")

    def _sheet(self, code: CodeToPrint, handed: HandedOut) -> PlannedSheet:
        face = handed.face(
            code.name,
            code.enterprise_id,
            self.version,
            as_of=self.as_of,
            fictitious=self.fictitious,
        )
        return PlannedSheet(face, handed.text)


def write_plan(file: Path, order: SheetOrder, sheets: Iterator[PlannedSheet]) -> int:
    """Writes a plan whole or not at all; gives how many sheets it has."""
    count = 0
    with atomic_file(file) as part, part.open("w", encoding="utf-8") as written:
        written.write(json.dumps(order.words) + "\n")
        for sheet in sheets:
            written.write(sheet.line() + "\n")
            count += 1
    return count


def read_plan(file: Path) -> tuple[Mapping[str, Any], Iterator[str]]:
    """What a plan was asked for, and its lines."""
    opened = file.open(encoding="utf-8")
    first = json.loads(opened.readline())

    def lines() -> Iterator[str]:
        with opened:
            yield from opened

    return first, lines()
