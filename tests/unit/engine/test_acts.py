"""One act counts once for points; gates, caps and vetoes see every record."""

from __future__ import annotations

from itertools import product

from worlds import (
    DAY,
    Row,
    World,
    ago,
    enterprise,
    indicator,
    make_policy,
    per_unit,
    record,
    rule,
    version_of,
)

PENALTIES = indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -10, -20, -30))
LISTINGS = indicator("listings", kind="serious_violation_listing", bins=per_unit(0, -50))
ONCE = make_policy(
    PENALTIES, LISTINGS, vetoes=[rule("listed", all=[{"indicator": "listings", "at_least": 1}], band="D")]
)


def of_act(rank: int, kind: str = "administrative_penalty", **changes: object) -> Row:
    """The record of this rank in the act ``a``."""
    return record(record_id=f"r{rank}", act_id="a", act_rank=rank, kind=kind, **changes)


def excluded(world: World) -> dict[str, str | None]:
    """What became of each record."""
    return {row["record_id"]: row["excluded"] for row in world.traced(ONCE)}


def test_the_gravest_counts(world: World) -> None:
    """Of three records of one act the first in rank gives points.

    The others are shown as the same act.
    """
    world.holds([enterprise()], [of_act(3), of_act(1), of_act(2)])
    assert {"r1": None, "r2": "same_act", "r3": "same_act"} == excluded(world)
    assert {"e1": {"penalties": -10}} == world.contributions(ONCE)
    assert {"same_act": 2} == world.engine.exclusions(version_of(ONCE), DAY, world.tables)


def test_the_next_counts_where_the_gravest_does_not(world: World) -> None:
    """If the gravest record is out of the snapshot that day, the next in rank counts."""
    world.holds([enterprise()], [of_act(1, restored_on=DAY), of_act(2), of_act(3)])
    assert {"r1": "restored", "r2": None, "r3": "same_act"} == excluded(world)
    assert {"e1": {"penalties": -10}} == world.contributions(ONCE)


def test_the_gravest_comes_later(world: World) -> None:
    """Before the gravest record is known another one counts, and gives way from that day on."""
    world.holds([enterprise()], [of_act(1, age=5), of_act(2, age=10)])
    before = {row["record_id"]: row["excluded"] for row in world.traced(ONCE, day=ago(6))}
    assert {"r1": "not_known", "r2": None} == before
    assert {"r1": None, "r2": "same_act"} == excluded(world)


def test_versions_of_the_gravest(world: World) -> None:
    """A corrected record keeps its place: the version in force that day stands for the act."""
    old = of_act(2, age=9, known_until=ago(3))
    new = {**of_act(1, age=9), "record_id": "r2", "known_on": ago(3)}
    world.holds([enterprise()], [old, new, of_act(3, age=9)])
    today = [(row["record_id"], row["excluded"]) for row in world.traced(ONCE)]
    assert [("r2", "superseded"), ("r2", None), ("r3", "same_act")] == today
    earlier = [(row["record_id"], row["excluded"]) for row in world.traced(ONCE, day=ago(4))]
    assert [("r2", None), ("r2", "not_known"), ("r3", "same_act")] == earlier


def test_vetoes_see_merged_records(world: World) -> None:
    """A listing merged into its penalty gives no points and still fixes the band."""
    world.holds([enterprise()], [of_act(1), of_act(2, "serious_violation_listing")])
    score = world.scores(ONCE)["e1"]
    assert ({"e1": {"penalties": -10}}, 90, "D", ["listed"]) == (
        world.contributions(ONCE),
        score["points"],
        score["band"],
        score["vetoes"],
    )


def test_merged_records_keep_their_weight(world: World) -> None:
    """The trace of a merged record keeps its weight.

    It is evidence of a veto, though not of points.
    """
    world.holds([enterprise()], [of_act(1), of_act(2, "serious_violation_listing")])
    assert [("r1", 100, 0), ("r2", 0, 100)] == [
        (row["record_id"], row["weights"].get("penalties", 0), row["weights"].get("listings", 0))
        for row in world.traced(ONCE)
    ]


def test_vetoes_count_distinct_over_merged_records(world: World) -> None:
    """A rule on the number of authorities sees those of merged records too, the points do not."""
    offices = indicator(
        "offices", kind="administrative_penalty", aggregate="distinct", bins=per_unit(0, -1, -2)
    )
    policy = make_policy(offices, caps=[rule("two", all=[{"indicator": "offices", "at_least": 2}], band="C")])
    world.holds([enterprise()], [of_act(1, authority="A"), of_act(2, authority="B")])
    assert ({"e1": {"offices": -1}}, ["two"]) == (
        world.contributions(policy),
        world.scores(policy)["e1"]["caps"],
    )


def test_other_enterprises_are_not_touched(world: World) -> None:
    """The same act number under another enterprise is another act."""
    rows = []
    for name, rank in product(("e1", "e2"), (1, 2)):
        rows.append({**of_act(rank), "enterprise_id": name, "record_id": f"{name}-{rank}"})
    world.holds([enterprise("e1"), enterprise("e2")], rows)
    assert {"e1": {"penalties": -10}, "e2": {"penalties": -10}} == world.contributions(ONCE)


def test_unshared_records_are_not_merged(world: World) -> None:
    """Rows of rank 0 are all counted, whatever their act says."""
    penalty = {"act_id": "a", "kind": "administrative_penalty"}
    world.holds([enterprise()], [record(record_id=f"r{number}", **penalty) for number in range(3)])
    assert {"e1": {"penalties": -30}} == world.contributions(ONCE)


def test_five_hundred_visits_stay_five_hundred(world: World) -> None:
    """Visits on one day by one authority are that many records."""
    visits = indicator("visits", kind="inspection")
    visit = {"kind": "inspection", "authority": "A"}
    world.holds([enterprise()], [record(record_id=f"r{number:03}", **visit) for number in range(500)])
    assert ({"e1": {"visits": 500}}, 500) == (
        world.values(make_policy(visits)),
        world.scores(make_policy(visits))["e1"]["n_records"],
    )
