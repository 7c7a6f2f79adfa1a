"""A town of enterprises that may be visited, two of which have a code: a sticker at the door, and a plate."""

from __future__ import annotations

from pathlib import Path

from casework import DAY, make_counter, row_of
from coded_stores import HOST, SETTINGS, key_folder
from sqlalchemy import select
from visits import QUIET, VisitTown

from scoring.administration.credential.face import Face
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.profile import encode
from scoring.administration.credential.render import render_code
from scoring.entities import Colour
from scoring.rules.wording import both
from scoring.store.standing.code_faces import issue_plates
from scoring.store.tables.orm import table_of
from scoring.store.tables.orm_codes import IssuedCode

STICKERED, PLATED = "91330802MA0000001G", "91330802MA0000002K"
"""Unified codes whose last character is the right one."""


class CodedTown(VisitTown):
    """The town, and the texts of its codes."""

    def sticker(self, enterprise_id: str = STICKERED) -> str:
        """The text of the last sticker of an enterprise."""
        table = table_of(IssuedCode)
        with self.database.read() as connection:
            query = select(table.c.content).where(table.c.enterprise_id == enterprise_id)
            content = connection.execute(query.order_by(table.c.number.desc()).limit(1)).scalar_one()
        return encode(HOST, content)

    def plate(self, enterprise_id: str = PLATED) -> str:
        """The text of the plate of an enterprise."""
        assert self.database.codes is not None
        ids = [enterprise_id]
        return encode(
            HOST, issue_plates(self.database, self.database.codes, ids, "tester", self.clock)[enterprise_id]
        )

    def picture_of(self, text: str) -> bytes:
        """The card at the door as PNG, with a code of some text on it."""
        words = both("service")
        face = Face("虚构食品有限公司", STICKERED, Colour.GREEN, words, 2, 4, DAY, words, demonstration=True)
        return render_code(face, text)


def make_coded_town(folder: Path, names: tuple[str, ...] = ("finding-a",)) -> CodedTown:
    """A town that issues codes; the two that have one are green and have no trouble."""
    made = make_counter(folder, names)
    made.database.codes = IssuingOffice(SETTINGS, key_folder(folder / "keys"))
    rows = [
        row_of("penalty-quiet", record_id=f"file:{code}", enterprise_id=code, document_no=code, **QUIET)
        for code in (STICKERED, PLATED)
    ]
    made.take(made.file("coded", *rows))
    made.score()
    town = CodedTown(made.database, DAY, folder)
    town.clock.now = made.clock.now
    town.reuse()
    return town
