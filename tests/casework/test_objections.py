"""An objection: disputed at once, decided by the record's authority and nobody who has a part in it."""

from __future__ import annotations

from datetime import date

import pytest
from casework import CLERK, FOREIGN, OFFICER, OTHER, OWN, Counter, firm, record
from stores import ACTOR, AUDITOR

from scoring.errors import StoreError, UsageError
from scoring.store.audit.replay import replay
from scoring.store.audit.verify import verify


def test_it_is_disputed_at_once_and_the_fall_is_gone(counter: Counter) -> None:
    """In the transaction that opens it the record weighs nothing: the yellow that was proposed is not any more."""
    assert (None, True) == counter.colour("penalty-a")
    number = counter.object_to("penalty-a")
    assert ("disputed", ("green", False)) == (
        counter.contest(record("penalty-a")),
        counter.colour("penalty-a"),
    )
    state = counter.case(number).state
    assert ("deciding", "authority", date(2026, 10, 13)) == (state.stage, state.to_act, state.due_on)


@pytest.mark.parametrize(
    ("outcome", "more", "contest", "withdrawn"),
    [
        ("rejected", {}, None, None),
        ("withdrawn", {"document": "衢市监异〔2026〕1号"}, None, date(2026, 9, 30)),
        ("corrected", {"document": "衢市监异〔2026〕2号", "columns": {"severity": "minor"}}, None, None),
    ],
)
def test_its_authority_decides(
    counter: Counter, outcome: str, more: dict[str, object], contest: object, withdrawn: object
) -> None:
    """Not upheld the record counts again as before; upheld it is corrected or withdrawn, by its authority's officer."""
    number = counter.object_to("penalty-a")
    counter.follow("answer", number, outcome=outcome, office=OWN, **more)
    latest = counter.latest_version(record("penalty-a"))
    assert (contest, withdrawn) == (latest["contest"], latest["withdrawn_on"])
    expected = (None if outcome == "rejected" else "green", outcome == "rejected")
    assert expected[1] == counter.colour("penalty-a")[1]
    state = counter.case(number).state
    assert ("closed", outcome, ()) == (state.stage, state.outcome, state.may_follow)


@pytest.mark.parametrize(
    ("actor", "office", "refusal"),
    [
        (CLERK, OWN, "case_opener_answers"),
        (ACTOR, OWN, "case_recorder_answers"),
        (OFFICER, FOREIGN, "case_of_another_authority"),
        (OFFICER, "330800-market", "case_of_another_authority"),
        (OFFICER, None, "case_office_missing"),
    ],
)
def test_who_has_a_part_in_it_does_not_answer(
    counter: Counter, actor: str, office: str | None, refusal: str
) -> None:
    """Not who opened it, not who imported the record, not another authority; the refusal changes nothing."""
    number = counter.object_to("penalty-a")
    before = counter.count("audit_event")
    with pytest.raises((StoreError, UsageError), match=refusal):
        counter.follow("answer", number, actor, outcome="rejected", office=office)
    assert (before, "disputed") == (counter.count("audit_event"), counter.contest(record("penalty-a")))


def test_a_foreign_record_takes_a_letter_and_an_answer(counter: Counter) -> None:
    """Nobody decides here about another's record before its authority was written to and has answered by document."""
    number = counter.object_to("penalty-foreign")
    with pytest.raises(StoreError, match="case_of_another_authority"):
        counter.follow("answer", number, outcome="rejected", office=OWN, document="衢环函〔2026〕8号")
    with pytest.raises(UsageError, match="case_letter_missing"):
        counter.follow("sent", number, office=OWN)
    counter.follow("sent", number, office=OWN, document="衢异函〔2026〕3号")
    assert "sent" == counter.case(number).state.stage
    with pytest.raises(UsageError, match="case_answer_without_document"):
        counter.follow("answer", number, outcome="rejected", office=OWN)
    counter.follow("answer", number, outcome="withdrawn", office=OWN, document="衢环函〔2026〕8号")
    assert (date(2026, 9, 30), ("green", False)) == (
        counter.latest_version(record("penalty-foreign"))["withdrawn_on"],
        counter.colour("penalty-foreign"),
    )


def test_ones_own_record_needs_no_letter(counter: Counter) -> None:
    """A letter to oneself is refused."""
    number = counter.object_to("penalty-a")
    with pytest.raises(StoreError, match="case_of_own_authority"):
        counter.follow("sent", number, office=OWN, document="1")


def test_a_second_on_the_same_ground_marks_nothing(counter: Counter) -> None:
    """Answered once, the same ground opens a case and disputes nothing; another ground or a new document does."""
    first = counter.object_to("penalty-a")
    with pytest.raises(StoreError, match="case_open_already"):
        counter.object_to("penalty-a", OTHER)
    counter.follow("answer", first, outcome="rejected", office=OWN)
    second = counter.object_to("penalty-a")
    assert (None, "deciding") == (
        counter.contest(record("penalty-a")),
        counter.case(second).state.stage,
    )
    # Who decided the first one has made the decision that is contested again.
    with pytest.raises(StoreError, match="case_recorder_answers"):
        counter.follow("answer", second, outcome="rejected", office=OWN)
    counter.follow("answer", second, OTHER, outcome="rejected", office=OWN)
    third = counter.object_to("penalty-a", document="新证据1")
    assert "disputed" == counter.contest(record("penalty-a"))
    counter.follow("answer", third, AUDITOR, outcome="rejected", office=OWN)
    counter.object_to("penalty-a", document="新证据1")
    assert None is counter.contest(record("penalty-a"))


def test_dropped_the_record_counts_again(counter: Counter) -> None:
    """Who opened it takes it back: the record stands, and the fall is proposed again."""
    number = counter.object_to("penalty-a")
    counter.follow("dropped", number, CLERK)
    assert (None, True) == (counter.contest(record("penalty-a")), counter.colour("penalty-a")[1])
    assert "dropped" == counter.case(number).state.outcome


def test_one_hand_alone_leaves_no_red(after: Counter) -> None:
    """In red the objection holds nothing up: the better colour is proposed and waits for another account."""
    assert ("red", False) == after.colour("listing-a")
    after.object_to("listing-a")
    assert ("red", True) == after.colour("listing-a")
    with pytest.raises(StoreError, match="case_open_already"):
        after.object_to("listing-a")


def test_a_claim_and_an_objection_hold_one_record(counter: Counter) -> None:
    """While an objection is open a claim of the authority that lapses does not let the record stand again."""
    claim = counter.facts.end("withdrawn", record("penalty-a"), counter.day, "我方有误")
    counter.enter(claim, OTHER)
    assert "disputed" == counter.contest(record("penalty-a"))
    number = counter.object_to("penalty-a")
    counter.go_to(date(2026, 10, 14))
    counter.score()
    assert "disputed" == counter.contest(record("penalty-a"))
    counter.follow("answer", number, outcome="rejected", office=OWN)
    assert None is counter.contest(record("penalty-a"))


def test_what_does_not_fit_is_refused(counter: Counter) -> None:
    """No ground, no reason of the list, another's record, an unknown procedure: nothing is written."""
    before = counter.count("audit_event")
    wrong = [
        ({"reason": "because"}, "case_reason_unknown"),
        ({"reason": "wrong", "record_id": record("penalty-b")}, "record_of_another"),
        ({"reason": "wrong", "record_id": None}, "case_record_missing"),
    ]
    for more, refusal in wrong:
        with pytest.raises((StoreError, UsageError), match=refusal):
            counter.open("objection", firm("penalty-a"), **{"record_id": record("penalty-a"), **more})
    for procedure in ("withdraw", "confirmation", "wish"):
        with pytest.raises(UsageError, match="procedure_unknown"):
            counter.open(procedure, firm("penalty-a"))
    assert before == counter.count("audit_event")


def test_the_log_is_sound_and_replay_is_equal(counter: Counter) -> None:
    """After objections, answers and a drop every row is sealed and every result follows from what was known."""
    first = counter.object_to("penalty-a")
    counter.follow(
        "answer", first, outcome="corrected", office=OWN, document="1", columns={"severity": "minor"}
    )
    second = counter.object_to("penalty-foreign")
    counter.follow("sent", second, office=OWN, document="2")
    counter.follow("extended", second)
    counter.follow("dropped", second, CLERK)
    with counter.database.read() as connection:
        assert [] == verify(connection).findings
    assert [] == replay(counter.database, None, counter.clock).different
