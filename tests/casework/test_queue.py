"""The queue of cases: by the end of their period, filtered, read at once; and steps of before there were cases."""

from __future__ import annotations

from datetime import date

import pytest
from casework import CLERK, DAY, OFFICER, OTHER, OWN, Counter, firm, record
from sqlalchemy import event

from scoring.administration.casework import case_words
from scoring.administration.casework.case_files import (
    CaseFilters,
    case,
    open_cases,
)
from scoring.administration.casework.daily import authority_above
from scoring.administration.casework.waiting import waiting_proposals
from scoring.errors import StoreError
from scoring.store.people.grants import Grant
from scoring.store.standing.case_steps import NewStep, insert_step
from scoring.store.standing.open_proposals import require_open
from scoring.store.tables.writing import begin_writing

LATE = date(2026, 10, 20)
OTHERS = ("finding-a", "finding-b", "finding-foreign", "penalty-a", "penalty-b", "penalty-foreign")


@pytest.fixture
def busy(counter: Counter) -> Counter:
    """The town with an objection each to an own and a foreign record, a re-check and a recalculation."""
    counter.object_to("penalty-a")
    counter.object_to("penalty-foreign")
    counter.open("recheck", firm("finding-a"), record_id=record("finding-a"))
    counter.open("recalculation", firm("penalty-b"))
    return counter


def numbers(town: Counter, day: date = DAY, **filters: object) -> list[int]:
    """The cases of a filter in the order of the queue."""
    with town.database.read() as connection:
        return [file.number for file in open_cases(connection, CaseFilters(**filters), day)]  # type: ignore[arg-type]


def test_the_queue_goes_by_the_clock(busy: Counter) -> None:
    """What is due first comes first; each filter leaves what it says."""
    assert [3, 1, 2, 4] == numbers(busy)
    assert [1, 2] == numbers(busy, kinds=["objection"])
    assert [1, 3] == sorted(numbers(busy, office=OWN))
    assert [2] == numbers(busy, office="330802-ecology")
    assert [4] == numbers(busy, enterprise_ids=[firm("penalty-b")])
    assert [3, 1, 2, 4] == numbers(busy, areas=["330800"]) == numbers(busy, areas=["330802"])
    assert [] == numbers(busy, areas=["330803"])
    assert [3] == numbers(busy, most=1)
    assert ([], [3, 1, 2, 4]) == (numbers(busy, overdue=True), numbers(busy, LATE, overdue=True))
    busy.follow("answer", 1, outcome="rejected", office=OWN)
    assert ([3, 2, 4], [3, 2, 4, 1]) == (numbers(busy), numbers(busy, closed=True))


def statements_of(town: Counter, filters: CaseFilters) -> int:
    """How many statements a queue takes."""
    statements: list[object] = []

    def note(*given: object) -> None:
        """Notes a statement."""
        statements.append(given[2])

    event.listen(town.database.engine, "before_cursor_execute", note)
    with town.database.read() as connection:
        open_cases(connection, filters, DAY)
    event.remove(town.database.engine, "before_cursor_execute", note)
    return len(statements)


def test_it_is_read_at_once(busy: Counter) -> None:
    """Four cases take no more statements than one."""
    counts = [
        statements_of(busy, CaseFilters(most=1, enterprise_ids=[firm("penalty-a")])),
        statements_of(busy, CaseFilters()),
    ]
    assert counts[0] == counts[1] <= 6


def test_what_is_late_goes_to_the_authority_above(busy: Counter) -> None:
    """The city's counterpart of the record's authority, else who publishes the results; the step says who."""
    with busy.database.read() as connection:
        above = {number: authority_above(case(connection, number, DAY), DAY) for number in (1, 2, 4)}
    assert {1: "330800-market", 2: "330800-ecology", 4: "330800-development"} == above
    busy.go_to(LATE)
    assert {1, 2, 3, 4} == set(busy.daily().escalated)
    assert () == busy.daily().escalated
    assert "330800-market" == busy.case(1).further[0].kept["to"]


def test_confirmations_wait_in_a_queue_of_their_own(counter: Counter) -> None:
    """Red waits for two people within thirty working days of the proposal, first; what is only unserved has no clock."""
    waiting = waiting_of(counter)
    needs = ("service", "confirmation")
    due = [(firm(name), needs, date(2026, 11, 17), 0) for name in ("listing-a", "listing-foreign")]
    assert due == waiting[:2]
    assert {("service",)} == {entry[1] for entry in waiting[2:]}
    assert sorted(firm(name) for name in OTHERS) == [entry[0] for entry in waiting[2:]]


def waiting_of(counter: Counter, within: list[Grant] | None = None) -> list[tuple[object, ...]]:
    """What waits: whose, for what, until when, and for how long too late."""
    with counter.database.read() as connection:
        waiting = waiting_proposals(connection, counter.version, LATE, within)
    return [(one.proposal.enterprise_id, one.needs, one.due_on, one.overdue_by) for one in waiting]


def test_what_a_proposal_waits_for(counter: Counter) -> None:
    """Served, it waits for people; with one ordinary reviewer for a legal one; a statement waits to be answered."""
    who = firm("listing-a")
    counter.serve(who)
    counter.step("statement", who, CLERK)
    counter.step("confirm", who, OTHER)
    needs = {entry[0]: entry[1] for entry in waiting_of(counter)}
    assert ("answer", "confirmation", "legal_review") == needs[who]
    assert ("service",) == needs[firm("penalty-a")]


def test_a_queue_holds_its_own_areas_alone(counter: Counter) -> None:
    """Grants of another district show nothing; those of the district show what no grant would leave out."""
    mine, other = ([Grant("x", "supervisor", "t", areas=frozenset({area}))] for area in ("330802", "330803"))
    assert [] == waiting_of(counter, other)
    assert waiting_of(counter) == waiting_of(counter, mine)


def test_steps_of_before_read_back(counter: Counter) -> None:
    """A statement and its answer as earlier versions stored them are a case, closed and without an outcome."""
    who = firm("penalty-a")
    with begin_writing(counter.database, OFFICER, counter.clock) as writing:
        assessment = require_open(writing.connection, counter.version.policy, who).assessment
        number = insert_step(writing, "tiny", NewStep("statement", who, "said"), DAY, assessment)
        answer = NewStep("answer", who, "heard", answers=number)
        insert_step(writing, "tiny", answer, DAY, assessment)
        writing.log("review statement", {"step": number})
    file = counter.case(number)
    assert ("closed", None) == (file.state.stage, file.state.outcome)
    assert "已答复" in case_words.state_words(file)["zh"]
    described = case_words.described(file)
    assert (number, ["statement", "answer"]) == (
        described["case"],
        [step["kind"] for step in described["steps"]],
    )


def test_words_in_both_languages(busy: Counter) -> None:
    """Every case says in both languages what it is, where it stands, who acts and what it rests on."""
    for number in range(1, 5):
        described = case_words.described(busy.case(number, LATE))
        for key in ("title", "state", "who", "basis", "next"):
            assert described[key]["zh"] != described[key]["en"], key
        assert described["overdue_by"] > 0 and described["remarks"]


def test_no_case_no_file(counter: Counter) -> None:
    """A number of no case is refused, that of a step that only follows one too."""
    for number in (0, 77):
        with pytest.raises(StoreError, match="case_unknown"):
            counter.case(number)
