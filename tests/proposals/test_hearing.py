"""Until when a proposal can be answered: not served, running, over, or cut short by an emergency."""

from __future__ import annotations

from datetime import date

import pytest
from town import AUTHORITY, LAST_DAY, NOW, Town, confirm, who

from scoring.entities import Hearing
from scoring.explain.words import proposal_words
from scoring.explain.words.figures import prose_day

OVER = date(2026, 10, 26)
NEXT = date(2026, 10, 16)


def test_unserved(town: Town) -> None:
    """Before its service no period runs, and the words say so."""
    proposal = town.pending("new-record")
    assert Hearing(None, None, None, None, 5, "unserved", authorities=(AUTHORITY,)) == proposal.hearing
    answer = proposal_words.answering(proposal)
    assert answer is not None and "未送达" in answer["zh"] and "has not been served" in answer["en"]
    assert proposal_words.served_words(proposal) is None


@pytest.mark.parametrize("how", ["handed_over", "account", "post", "announcement"])
def test_served(town: Town, how: str) -> None:
    """Served today, the period runs from tomorrow for five working days; how it was served is told."""
    town.step("served", who("new-record"), how=how)
    proposal = town.pending("new-record")
    assert Hearing(NOW, how, NEXT, LAST_DAY, 5, "running", authorities=(AUTHORITY,)) == proposal.hearing
    answer, served = proposal_words.answering(proposal), proposal_words.served_words(proposal)
    assert answer is not None and served is not None
    assert all(prose_day(LAST_DAY)[lang] in answer[lang] for lang in ("zh", "en"))
    assert all(prose_day(NOW)[lang] in served[lang] for lang in ("zh", "en"))
    assert "service_" not in served["zh"]


def test_over(town: Town) -> None:
    """After the last day it is over, and what is still waited for is told."""
    town.serve(who("two-alike"))
    confirm(town, "two-alike", 1)
    town.go_to(OVER)
    town.score()
    proposal = town.pending("two-alike")
    assert ("over", ("review",)) == (proposal.hearing.state, proposal.waits)
    assert "人工审查" in proposal_words.takes_effect(proposal)["zh"]
    assert "1 of 2" in " ".join(line["en"] for line in proposal_words.lines(proposal))


def test_an_emergency_is_over_with_its_service(town: Town) -> None:
    """An emergency can be answered on the day of its service, and is over on the next."""
    assert town.pending("urgent").hearing.emergency
    town.serve(who("urgent"))
    hearing = town.pending("urgent").hearing
    assert (NOW, NOW, "running") == (hearing.first_day, hearing.last_day, hearing.state)
    assert "over" == town.pending("urgent", NEXT).hearing.state
    answer = proposal_words.answering(town.pending("urgent"))
    assert answer is not None and "紧急" in answer["zh"]


def test_statements_and_returned_facts_are_told(town: Town) -> None:
    """A statement without an answer and a fact sent back are lines of their own."""
    town.step("statement", who("new-record"))
    town.step("return", who("new-record"), record_id="hand:new-record:0")
    proposal = town.pending("new-record")
    assert (1, True) == (len(proposal.open_statements), proposal.returned)
    assert 2 == len(list(proposal_words.lines(proposal)))
