"""Between two days only an enterprise with a record that turns can change its result."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from histories import DAY
from linked_pasts import link_pasts
from related_histories import past_of
from worlds import ALL_KINDS, World

from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.engine.turning import turning_enterprises, turning_records
from scoring.policy.load import list_policies
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.computed import computed_results

HISTORIES = int(os.environ.get("SISE_TURNING", "300"))
"""Histories; a campaign sets a greater number."""
STEPS = (1, 1, 1, 1, 7, 30, 200)
"""Days from one look to the next."""
LOOKS = 12


def policies() -> list[ResolvedPolicy]:
    """The newest version of each policy."""
    return list({version.policy.id: version for version in list_policies()}.values())


def keys(world: World, version: ResolvedPolicy, day: date) -> dict[str, tuple[object, ...]]:
    """What a store keeps of each result on a day."""
    rows = next(iter(world.engine.batch(version, day, ALL_KINDS, world.tables, [("", "\U0010ffff")])))
    return {
        result.enterprise_id: result.key
        for result in computed_results(DecidedRows.of(rows, version.policy), version)
    }


def turning(world: World, version: ResolvedPolicy, before: date, after: date) -> set[str]:
    """Enterprises of which something turns."""
    tables = (
        (world.tables.records, turning_records(version, before, after)),
        (world.tables.enterprises, turning_enterprises(before, after)),
    )
    found: set[str] = set()
    for table, condition in tables:
        rows = world.engine.select(f"SELECT DISTINCT enterprise_id FROM {table} WHERE {condition}")
        found.update(rows.column(0).to_pylist())
    return found


@pytest.mark.parametrize(
    "version", policies(), ids=lambda version: f"{version.policy.id}@{version.policy.version}"
)
def test_nothing_changes_without_a_turn(tmp_path: Path, version: ResolvedPolicy) -> None:
    """Whatever the days, who has no record that turns has the result of before; and not everybody turns."""
    world = World(DuckEngine(), tmp_path)
    link_pasts(world, version.law.relations, [past_of(seed) for seed in range(HISTORIES)])
    chance = Random(version.policy.id)
    before = DAY - timedelta(days=400)
    known = keys(world, version, before)
    changed_in_all, turned_in_all, least = 0, 0, 1.0
    for _ in range(LOOKS):
        after = before + timedelta(days=chance.choice(STEPS))
        now = keys(world, version, after)
        changed = {who for who, key in now.items() if known.get(who) != key}
        turned = turning(world, version, before, after)
        assert changed <= turned, (before, after, sorted(changed - turned)[:3])
        changed_in_all, turned_in_all = changed_in_all + len(changed), turned_in_all + len(turned)
        least = min(least, len(turned) / HISTORIES)
        before, known = after, now
    print(f"{version.policy.id}: {changed_in_all} results changed, {turned_in_all} had a turn")
    assert turned_in_all
    assert least < 0.5
