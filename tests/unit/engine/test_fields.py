"""Points and tier by field: related indicators alone, for the fields in which an enterprise is active."""

from __future__ import annotations

from typing import Any

from worlds import Row, World, ago, enterprise, indicator, make_policy, per_unit, record, rule

from scoring.engine.field_results import fields

FOOD = indicator(
    "food", kind="inspection", select={"field": ["food"], "result": ["problem"]}, bins=per_unit(0, -40)
)
FIRE = indicator(
    "fire", kind="inspection", select={"field": ["fire"], "result": ["problem"]}, bins=per_unit(0, -60)
)
LISTED = indicator("listed", kind="serious_violation_listing", bins=per_unit(0, -10))
FIELDS: dict[str, Any] = {
    "fields": [{"id": "food", "indicators": ["food", "listed"]}, {"id": "fire", "indicators": ["fire"]}],
    "activity": {"kind": ["inspection", "licence"], "window_days": 365},
    "vetoes": [rule("list", all=[{"indicator": "listed", "at_least": 1}], band="D")],
}
POLICY = make_policy(FOOD, FIRE, LISTED, **FIELDS)


def tiers(world: World, *records: Row) -> dict[str, tuple[int, str]]:
    """Points and band of the enterprise by field."""
    world.holds([enterprise()], records)
    rows = fields(world.wide(POLICY)).to_pylist()
    return {row["field"]: (row["points"], row["band"]) for row in rows}


def visit(field: str, result: str = "problem", **changes: Any) -> Row:
    """A visit in a field."""
    return record(record_id=field, kind="inspection", field=field, result=result, **changes)


def test_each_field_sees_what_is_related(world: World) -> None:
    """A problem with fire safety takes nothing in food; the whole has both."""
    assert {"food": (60, "C"), "fire": (40, "D")} == tiers(world, visit("food"), visit("fire"))
    assert 0 == world.scores(POLICY)["e1"]["points"]


def test_a_field_without_activity_has_no_tier(world: World) -> None:
    """A licence shows activity, an old visit does not."""
    licence = record(record_id="l", kind="licence", field="food")
    assert {"food": (100, "B")} == tiers(world, licence)
    assert {} == tiers(world, visit("food", decided_on=ago(400)))


def test_a_veto_holds_in_the_fields_that_it_is_related_to(world: World) -> None:
    """A list entry fixes the band where its indicator is related, and nowhere else."""
    listing = record(record_id="s", kind="serious_violation_listing")
    found = tiers(world, listing, visit("food", "no_problem"), visit("fire", "no_problem"))
    assert {"food": (90, "D"), "fire": (100, "B")} == found


def test_who_is_not_rated_has_no_tiers(world: World) -> None:
    """Outside the scheme no field is rated either."""
    world.holds([enterprise(entity_type="sole_trader")], [visit("food")])
    assert 0 == fields(world.wide(POLICY)).num_rows
