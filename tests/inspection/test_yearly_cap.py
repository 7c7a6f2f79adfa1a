"""The yearly cap: counted by authority, field and day, lifted by a published exception alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from casework import DAY, OWN, VERSION
from visits import FIRE, VisitTown, answers, make_visit_town, quiet, visit
from worlds import writable

from scoring.administration.inspection.new_visit import DepartmentPart
from scoring.errors import StoreError
from scoring.policy.language.schema import Supervision
from scoring.policy.resolved import ResolvedPolicy

QUIET = quiet(1)[0]


class CappedTown(VisitTown):
    """The town under rules with a cap of one visit a year."""

    capped: ResolvedPolicy

    @property
    def version(self) -> ResolvedPolicy:
        """The tiny policy with its cap."""
        return self.capped


def test_a_second_visit_needs_an_exception(tmp_path: Path) -> None:
    """One a year: the next is refused, with its exception and number it goes; complaints and re-checks are outside."""
    town = make_visit_town(tmp_path)
    policy = VERSION.policy.model_copy(
        update={
            "supervision": {band.id: supervision(1) for band in VERSION.policy.bands},
            "valid_from": VERSION.policy.valid_from.replace(month=2),
        }
    )
    capped = CappedTown(town.database, town.day, town.folder)
    capped.capped, capped.clock = writable(replace(VERSION, policy=policy)), town.clock
    capped.recorder = town.recorder
    fire = DepartmentPart(FIRE, answers("fire", FIRE))
    both = (DepartmentPart(OWN, answers()), fire)
    capped.visits(visit(QUIET, visited_on=DAY - timedelta(days=5), late_reason="t", departments=both))
    with pytest.raises(StoreError) as refused:
        capped.visits(visit(QUIET, task_no="2"))
    assert ("visit_over_cap", "1") == (refused.value.code, str(refused.value.parameters["used"]))
    exception: dict[str, Any] = {"cap_exception": "complaint", "cap_document": "12315-7"}
    capped.visits(visit(QUIET, task_no="2", **exception))
    capped.visits(visit(QUIET, task_no="3", occasion="triggered"))
    # Another field of the same authority is another cap, and what is done on the same day is one visit.
    capped.visits(visit(QUIET, task_no="4", departments=(DepartmentPart(OWN, answers("market")),)))
    capped.database.close()


def supervision(cap: int) -> Any:
    """How a band is supervised."""
    return Supervision(sampling_bp=100, annual_cap=cap)
