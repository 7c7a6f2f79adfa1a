"""What must hold, told from end to end: a finding that arrives by file, a re-check, an objection to another's record.

Red by two people stands in ``test_parties``, a whole story on paper in ``tests/cli/test_case.py``.
"""

from __future__ import annotations

from datetime import date

from casework import FINDING, OWN, Counter, firm, record, row_of


def test_a_finding_arrives_by_file(counter: Counter) -> None:
    """It is proposed; unserved nothing falls however long; served, it falls when the period is over and not before."""
    quiet = row_of("penalty-quiet", severity="minor", publish_until="2027-01-01")
    counter.take(counter.file("before", quiet))
    counter.score()
    assert ("green", False) == counter.colour("penalty-quiet")
    counter.go_to(date(2026, 10, 8))
    finding = {**FINDING, "record_id": "new:1", "occurred_on": "2026-10-07", "known_on": "2026-10-08"}
    counter.take(counter.file("finding", row_of("penalty-quiet", **finding, document_no="检〔2026〕1号")))
    counter.score()
    assert ("green", True) == counter.colour("penalty-quiet")
    counter.go_to(date(2026, 11, 9))
    counter.score()
    assert ("green", True) == counter.colour("penalty-quiet")
    counter.serve(firm("penalty-quiet"))
    for day, colour in ((date(2026, 11, 16), "green"), (date(2026, 11, 17), "yellow")):
        counter.go_to(day)
        counter.score()
        assert colour == counter.colour("penalty-quiet")[0], day


def test_a_yellow_firm_asks_for_a_recheck(after: Counter) -> None:
    """It is passed by documents; the finding closes on that day, and the colour returns."""
    assert ("yellow", False) == after.colour("finding-a")
    number = after.open("recheck", firm("finding-a"), record_id=record("finding-a"), document="整改报告")
    after.follow("accepted", number)
    assert ("yellow", False) == after.colour("finding-a")
    after.follow("answer", number, outcome="documents", document="核验单1号", office=OWN)
    assert ("green", False) == after.colour("finding-a")
    latest = after.latest("town:finding-a")
    assert 100 == latest["points"]


def test_an_objection_to_another_authoritys_record(after: Counter) -> None:
    """Letter, next month's file, answer, applied: disputed all the while, and ended by the answer's document."""
    name = "penalty-foreign"
    assert ("yellow", False) == after.colour(name)
    number = after.object_to(name, document="完税证明")
    after.follow("sent", number, office=OWN, document="衢异函〔2026〕3号")
    after.go_to(date(2026, 10, 20))
    after.take(after.file("month", row_of(name, amount_fen=900_000, known_on=after.day)))
    after.daily()
    after.score()
    assert ("disputed", ("green", False)) == (after.contest(record(name)), after.colour(name))
    after.follow("answer", number, outcome="withdrawn", office=OWN, document="衢环函〔2026〕8号")
    after.score()
    latest = after.latest_version(record(name))
    assert (after.day, 900_000, None) == (latest["withdrawn_on"], latest["amount_fen"], latest["contest"])
    assert ("green", False) == after.colour(name)
