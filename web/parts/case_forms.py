"""Forms of casework: what was typed becomes a case or a step; what is missing the library says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from scoring.administration.casework.further_steps import FurtherStep
from scoring.administration.casework.opening import NewCase
from scoring.administration.casework.parties import SEEN, Presence
from scoring.administration.casework.procedures import Opener, Procedure, procedures
from scoring.store.standing.case_steps import NewStep

LONGEST = 4_000
"""Characters of a text that somebody types."""
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Typed:
    """What was typed into a form, trimmed; what was not is empty.

    Attributes:
        values: By the name of the field.
    """

    values: Mapping[str, str]

    @classmethod
    def of_request(cls) -> Typed:
        """The form of this request."""
        return cls({name: _clean(value) for name, value in request.form.items()})

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def or_none(self, name: str) -> str | None:
        """What was typed, ``None`` if nothing was."""
        return self[name] or None


def _clean(value: str) -> str:
    """A typed text without what cannot be seen; lines stay."""
    seen = (character for character in value if character.isprintable() or character == "\n")
    return "".join(seen).strip()[:LONGEST]


def opened_by(opener: Opener, about: str | None = None) -> list[Procedure]:
    """The procedures that somebody may open, those about one thing or all."""
    return [
        procedure
        for procedure in procedures().values()
        if opener in procedure.opened_by and about in (None, procedure.about)
    ]


def new_case(typed: Typed, procedure: str, enterprise_id: str, by: Opener) -> NewCase:
    """The case that a form asks for."""
    return NewCase(
        procedure=procedure,
        enterprise_id=enterprise_id,
        ground=typed["ground"],
        reason=typed.or_none("reason"),
        record_id=typed.or_none("record"),
        document=typed.or_none("document"),
        matter=typed.or_none("matter"),
        by=by,
        presence=_presence(typed) if by == "window" else None,
    )


def _presence(typed: Typed) -> Presence:
    """Who came to the window; of a scanned paper name and digest are kept."""
    seen = tuple(code for code in SEEN if code in request.form.getlist("seen"))
    paper = request.files.get("paper")
    if paper is None or not paper.filename:
        return Presence(typed["person"], seen)
    return Presence(typed["person"], seen, _clean(paper.filename), _digest(paper))


def _digest(paper: FileStorage) -> str:
    digest = hashlib.sha256()
    while chunk := paper.stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def case_step(typed: Typed, number: int, by: Opener) -> FurtherStep:
    """The step about a case that a form asks for."""
    names = [name for name in request.form if name.startswith("column:") and typed[name]]
    columns = {name.removeprefix("column:"): typed[name] for name in names}
    if typed["column"] and typed["value"]:
        columns[typed["column"]] = typed["value"]
    return FurtherStep(
        kind=typed["kind"],
        case=number,
        ground=typed["ground"],
        document=typed.or_none("document"),
        outcome=typed.or_none("outcome"),
        columns=columns,
        record_id=typed.or_none("record"),
        office=typed.or_none("office"),
        by=by,
        presence=_presence(typed) if by == "window" else None,
    )


def proposal_step(typed: Typed, enterprise_id: str) -> NewStep:
    """The step about a proposal that a form asks for; a day that is none is left to the library to refuse."""
    return NewStep(
        kind=typed["kind"],
        enterprise_id=enterprise_id,
        ground=typed["ground"],
        document=typed.or_none("document"),
        record_id=typed.or_none("record"),
        on=_day(typed["on"]),
        how=typed.or_none("how"),
        witness=typed.or_none("witness"),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def kept(typed: Typed) -> dict[str, Any]:
    """What was typed, to be shown again where it was refused."""
    return dict(typed.values)
