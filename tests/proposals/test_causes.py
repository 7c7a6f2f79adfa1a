"""What brings a proposal: the record or the day, with its points then and now."""

from __future__ import annotations

from datetime import date

import pytest
from town import AUTHORITY, BY_HAND, NAMES, NOW, RECORDS, Town, who
from town_cases import CASES, Brings

from scoring.administration.results.reader import ResultsReader
from scoring.entities import PendingProposal


def brought(proposal: PendingProposal) -> tuple[Brings, ...]:
    """The causes of a proposal as the table has them."""
    causes = []
    for cause in proposal.causes:
        codes = tuple(record.code for record in cause.records)
        numbers = tuple(record.document_no for record in cause.records)
        points = (cause.points_before, cause.points_now)
        causes.append(Brings(codes, cause.records[0].on, numbers, points, len(cause.rules)))
    return tuple(causes)


@pytest.mark.parametrize("name", CASES)
def test_each_cause(town: Town, name: str) -> None:
    """Every kind of fall names its record or its day, the points of it, and the totals."""
    proposal, expected = town.pending(name), CASES[name]
    bands = (proposal.before.id if proposal.before else None, proposal.proposed.id)
    assert expected == (bands, (proposal.points_before, proposal.points_now), brought(proposal))


def test_everybody_but_the_quiet_one_waits(town: Town) -> None:
    """Who has no new result has no proposal, and all others have one."""
    assert {who(name) for name in NAMES if name != "quiet"} == set(town.all_pending())
    assert set(CASES) == {*RECORDS, *BY_HAND}


@pytest.mark.parametrize("name", [name for name in CASES if name != "first"])
def test_causes_and_the_rest_add_up(town: Town, name: str) -> None:
    """Points in effect, what each cause moves and everything else make the points proposed."""
    proposal = town.pending(name)
    assert proposal.points_before is not None and proposal.others is not None
    moved = sum(cause.change for cause in proposal.causes)
    assert proposal.points_now == proposal.points_before + moved + proposal.others


@pytest.mark.parametrize("name", CASES)
def test_one_is_found_as_among_all(town: Town, name: str) -> None:
    """A proposal that is asked for alone is the same as among all."""
    reader = ResultsReader(town.database.place)
    alone = reader.current().proposed(who(name))
    reader.database.close()
    assert town.pending(name) == alone


def test_a_correction_tells_both_versions(town: Town) -> None:
    """A corrected record says what it said before and what it says now, and who decided it."""
    record = town.pending("corrected").causes[0].records[0]
    assert [("severity", "minor", "general")] == [
        (correction.column, correction.before, correction.now) for correction in record.corrections
    ]
    assert AUTHORITY == record.authority


def test_time_that_goes_on_changes_no_cause(town: Town) -> None:
    """Scored again later, with nothing new, a proposal is brought by the same."""
    before = {name: brought(town.pending(name)) for name in CASES}
    town.go_to(date(2026, 10, 20))
    town.score()
    assert before == {name: brought(town.pending(name)) for name in CASES}


def test_a_rise_that_waits_is_no_fall(town: Town) -> None:
    """Out of red by one hand: another person is waited for, no notice, and what ended says why."""
    town.serve(who("urgent"))
    for reviewer in ("anna", "bert"):
        town.step("confirm", who("urgent"), reviewer)
    town.score()
    withdrawn = town.facts.end("withdrawn", "hand:urgent:0", NOW, "wrong")
    town.enter(withdrawn)
    proposal = town.pending("urgent")
    assert (True, ("review",)) == (proposal.better, proposal.waits)
    cause = brought(proposal)[0]
    assert (("ended",), (-5, 0)) == (cause.codes, cause.points)
