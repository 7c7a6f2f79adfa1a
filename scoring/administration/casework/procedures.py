"""The procedures of ``rules/procedures.toml``.

Who may open and answer each, within which period, and how it may end.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scoring.errors import PolicyError
from scoring.policy.language.forms import Form, Identifier, Text
from scoring.policy.language.legal import Pinpoint, Tag, is_article
from scoring.policy.read.document import read_or_raise
from scoring.policy.read.instruments import instruments
from scoring.rules import RULES
from scoring.rules.wording import both

PROCEDURES = RULES / "procedures.toml"
Opener = Literal["firm", "window", "officer"]
Effect = Literal[
    "correct",
    "withdraw",
    "stand",
    "mend",
    "visit",
    "join",
    "part",
    "same",
    "different",
    "confirm",
    "return",
    "second",
    "take",
    "note",
]
"""What an outcome does; ``effects.py`` carries each of them out."""
Workdays = Annotated[int, Field(ge=1, le=250)]


class Basis(Pinpoint):
    """What a period rests on.

    Attributes:
        instrument: Its id in ``rules/law``; ``None``: the period is this system's own.
        tag: Where the citation is less sure than its instrument.
    """

    instrument: Identifier | None = None
    tag: Tag | None = None

    @property
    def words(self) -> dict[str, str]:
        """The article, and how sure it is."""
        cited = instruments().get(self.instrument or "")
        if cited is None:
            return both("basis_own" if self.tag == "not_law" else "basis_none")
        article = {"zh": self.article or "", "en": self.article or ""}
        sure = "basis_cited" if (self.tag or cited.tag) == "found" and self.article else "basis_unsure"
        return both(sure, title=cited.title.words, article=article)


class ObjectionGround(Form):
    """A ground that may be chosen."""

    id: Identifier
    label: Text


class CaseOutcome(Form):
    """How a case may end, and what that does."""

    id: Identifier
    label: Text
    effect: Effect


class Procedure(Form):
    """One procedure; the head of its file explains every key."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=16)]
    label: Text
    about: Literal["record", "proposal", "result"]
    opened_by: tuple[Opener, ...]
    answered_by: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    authority: Literal["own", "letter"] | None = None
    grounds: tuple[ObjectionGround, ...] = ()
    marks: bool = False
    once: bool = False
    accept: Workdays | None = None
    decide: Workdays
    extend: Workdays | None = None
    silence: Literal["escalate", "lapse", "anew"]
    every_days: Annotated[int, Field(ge=1, le=60)] | None = None
    basis: Basis
    outcomes: tuple[CaseOutcome, ...]
    next: Text | None = None

    def outcome(self, outcome_id: str | None) -> CaseOutcome | None:
        """The outcome of an id."""
        return next((outcome for outcome in self.outcomes if outcome.id == outcome_id), None)

    def outcome_with(self, effect: Effect) -> CaseOutcome | None:
        """The outcome of an effect."""
        return next((outcome for outcome in self.outcomes if outcome.effect == effect), None)


class ProcedureFile(Form):
    """All procedures."""

    procedures: tuple[Procedure, ...]


@cache
def procedures() -> Mapping[str, Procedure]:
    """The shipped procedures by id.

    Raises:
        PolicyError: The file is not valid, an id stands twice, or an article is none.
    """
    return read_procedures(PROCEDURES)


def read_procedures(path: Path) -> Mapping[str, Procedure]:
    """Procedures from a file; raises as ``procedures``."""
    by_id: dict[str, Procedure] = {}
    for procedure in read_or_raise(path, ProcedureFile).model.procedures:
        _require_sound(procedure, by_id, str(path))
        by_id[procedure.id] = procedure
    return by_id


def _require_sound(procedure: Procedure, before: Mapping[str, Procedure], path: str) -> None:
    """Refuses what has the right form and makes no sense."""
    basis, where = procedure.basis, {"place": path, "procedure": procedure.id}
    ids = [outcome.id for outcome in procedure.outcomes]
    if procedure.id in before or len(set(ids)) < len(ids):
        raise PolicyError("procedure_twice", **where)
    known = basis.instrument in instruments()
    # Without an instrument nothing is cited, and the tag says so.
    is_open = basis.instrument is None and basis.tag in ("not_confirmed", "not_law")
    if not (known or is_open) or (basis.article is not None and not is_article(basis.article)):
        raise PolicyError("procedure_article", **where)
    if (procedure.silence == "escalate") != (procedure.every_days is not None):
        raise PolicyError("procedure_silence", **where)
    if procedure.opened_by and not procedure.outcomes:
        raise PolicyError("procedure_endless", **where)
