"""A successor in a store: facts entered one by one give what the batch gives, and its past is computed again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from policy_forms import DAY, PolicyHarness, write_small_district
from stores import REVIEWERS, ready
from worlds import indicator, make_policy, per_unit, rule

from scoring.administration.results.reader import ResultsReader
from scoring.errors import StoreError
from scoring.policy.resolved import resolve
from scoring.store.audit.replay import replay
from scoring.store.facts.family import parents_by_branch, successors_of
from scoring.store.tables.database import Database

KINDS = ("administrative_penalty", "wage_arrears_listing", "inspection", "honour", "tax_arrears")
POLICY = make_policy(
    *(
        indicator(
            kind,
            kind=kind,
            select={} if kind != "inspection" else {"result": ["problem"], "state": ["open"]},
            direction="favourable" if kind == "honour" else "adverse",
            bins=per_unit(0, 7, 12) if kind == "honour" else per_unit(0, -5, -9, -12, -14),
        )
        for kind in KINDS
    ),
    relations="enforcement-2026",
    vetoes=[rule("listed", all=[{"indicator": "wage_arrears_listing", "at_least": 1}], band="D")],
    review={"to": ["D"]},
    audiences={"enterprise": dict.fromkeys(("colour", "points", "reasons", "records"), True)},
)
VERSION = resolve(POLICY, path="tiny.toml", text="# tiny\n")
ONE, TWO, THREE, FOUR, FIVE, SIX = (f"case:e{number}" for number in range(6))
DAYS = (0, 3, 9)


@pytest.fixture
def entered(address: str, tmp_path: Path) -> Iterator[PolicyHarness]:
    """A scored store of six enterprises."""
    harness = PolicyHarness(Database(address), VERSION, tmp_path)
    ready(harness.database, harness.clock)
    harness.take(write_small_district(VERSION, tmp_path / "district"))
    harness.score()
    yield harness
    harness.database.close()


def succeed(harness: PolicyHarness, owner: str, predecessor: str, result: str) -> None:
    """Enters that somebody succeeded another one today."""
    columns = {
        "kind": "succession",
        "result": result,
        "decided_on": str(harness.day),
        "refers_to": predecessor,
    }
    harness.add(owner, **columns)


def test_one_by_one_is_the_batch(entered: PolicyHarness) -> None:
    """After mergers, divisions and conversions, chained and in a circle, and facts of all concerned, the batch changes nothing."""
    chance = Random(3)
    pairs = [
        (TWO, THREE, "merger"),
        (ONE, TWO, "conversion"),
        (FOUR, THREE, "division"),
        (THREE, ONE, "merger"),
    ]
    for later, (owner, predecessor, result) in zip((*DAYS, 12), pairs, strict=True):
        entered.go_to(DAY + timedelta(days=later))
        entered.score()
        succeed(entered, owner, predecessor, result)
        for _fact in range(3):
            day = str(entered.day - timedelta(days=chance.randint(0, 3)))
            kind = chance.choice(KINDS)
            columns = {
                "kind": kind,
                "severity": "general",
                "decided_on": day,
                "occurred_on": day,
                "field": "food",
            }
            columns |= {"result": "problem"} if kind == "inspection" else {}
            columns |= {"field": "tax"} if kind == "tax_arrears" else {}
            entered.add(chance.choice((ONE, TWO, THREE, FOUR)), **columns)
        assert 0 == entered.score().changed
    replayed = replay(entered.database, None, entered.clock)
    assert ([], [], []) == (replayed.different, replayed.gone, replayed.withheld)


def test_an_entry_of_the_predecessor_moves_its_successors(entered: PolicyHarness) -> None:
    """A list entry that comes later proposes the fall of each successor at once; whoever has nothing to do with it stays."""
    succeed(entered, TWO, ONE, "merger")
    succeed(entered, FIVE, TWO, "merger")
    # of the first firm nothing is on file
    before = {firm: entered.latest(firm)["band"] for firm in (FIVE, SIX)}
    listing = {"kind": "wage_arrears_listing", "severity": "serious", "decided_on": str(entered.day)}
    entered.add(ONE, **listing)
    assert "D" == entered.latest(FIVE)["band"] == entered.latest(TWO)["band"] == entered.latest(ONE)["band"]
    assert before[SIX] == entered.latest(SIX)["band"]
    assert 0 == entered.score().changed
    reader = ResultsReader(entered.database.place)
    proposed = reader.current().explain(FIVE).proposed
    assert proposed is not None
    from_whom = [sentence["zh"] for sentence in proposed.joined if "承继" in sentence["zh"]]
    assert [True, True] == [any(f"{firm} 的" in sentence for sentence in from_whom) for firm in (ONE, TWO)]
    assert all("《公司法》第二百二十一条" in sentence for sentence in from_whom)
    reader.database.close()


def test_who_recorded_a_succession_reviews_nothing_of_it(entered: PolicyHarness) -> None:
    """Neither who entered the succession nor who entered the entry confirms the fall of the successor; others do."""
    entered.add(
        ONE, by=REVIEWERS[0], kind="wage_arrears_listing", severity="serious", decided_on=str(entered.day)
    )
    columns = {"kind": "succession", "result": "merger", "decided_on": str(entered.day), "refers_to": ONE}
    entered.add(SIX, by=REVIEWERS[1], **columns)
    assert ("D", True) == (entered.latest(SIX)["band"], entered.standing(SIX)["proposed"])
    for actor in REVIEWERS[:2]:
        with pytest.raises(StoreError, match="recorder_reviews"):
            entered.step("confirm", SIX, actor)
    entered.step("confirm", SIX, REVIEWERS[2])


def test_who_needs_whose_facts(entered: PolicyHarness) -> None:
    """Over several steps a successor needs what its predecessors have, and is asked for by each of them."""
    succeed(entered, TWO, THREE, "merger")
    succeed(entered, ONE, TWO, "division")
    succeed(entered, THREE, ONE, "conversion")
    with entered.database.read() as connection:
        assert [ONE, TWO] == successors_of(connection, THREE)
        assert {TWO: {ONE}, THREE: {ONE}, ONE: {ONE}} == dict(parents_by_branch(connection, [ONE]))
        assert [] == successors_of(connection, FOUR)
