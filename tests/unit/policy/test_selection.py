"""One definition of what a selection looks at: what ``Select.looks_at`` says, the engine does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

import pytest
from worlds import Row, World, enterprise, indicator, make_policy, record

from scoring.entities import CODED_COLUMNS, codes
from scoring.policy.language.schema import Indicator, Policy
from scoring.policy.language.selection import RECORD_CODES

SEEDS = range(int(os.environ.get("SISE_EXAMPLES", "6")))
"""Seeds of generated policies; a campaign sets a greater number."""
INDICATORS, RECORDS = 8, 40
AGGREGATES = ("count", "weighted_count", "share", "days_since", "distinct")
WINDOWS = (1, 2, 30, 365)


class Generator:
    """Selections and records over the same few codes, so that they meet about as often as they miss."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.pool: dict[str, list[str]] = {}
        for column in RECORD_CODES:
            known = list(codes()[CODED_COLUMNS[column]])
            self.pool[column] = self.random.sample(known, k=min(2, len(known)))

    def policy(self) -> Policy:
        """A policy of some indicators, each with a selection of its own."""
        return make_policy(*(self.indicator(f"i{number}") for number in range(INDICATORS)))

    def indicator(self, name: str) -> Row:
        """An indicator of some aggregate; a share has a denominator and a weighted count fades."""
        aggregate = self.random.choice(AGGREGATES)
        window_days = self.random.choice(WINDOWS)
        keys: Row = {"aggregate": aggregate, "window_days": window_days}
        if aggregate == "share":
            keys["among"] = self.select()
        if aggregate == "weighted_count":
            # the last limit lies beyond the window, which ends the weight before it
            keys["age_weights"] = [[max(window_days // 2, 1), 100], [window_days + 1, 40]]
        return indicator(name, **keys) | {"select": self.select()}

    def select(self) -> Row:
        """A selection with some of its keys: several codes, the same one twice, or none at all."""
        select: Row = {"kind": self.random.choices(self.pool["kind"], k=self.random.randint(1, 3))}
        for column in RECORD_CODES[1:]:
            if self.random.random() < 0.25:
                length = self.random.choice([0, 1, 2, 2, 3, 3, 3])
                select[column] = self.random.choices(self.pool[column], k=length)
        return select

    def facts(self) -> Mapping[str, Row]:
        """Records by id, with codes of the pool or null, dated about the edge of some window or in the future."""
        facts = {}
        for number in range(RECORDS):
            coded = {column: self.random.choice([None, *self.pool[column]]) for column in RECORD_CODES}
            age = self.random.choice(WINDOWS) + self.random.randint(-2, 1)
            facts[f"r{number:02}"] = {**coded, "age": age}
        return facts


Decisions = Mapping[tuple[str, str], bool]
"""By record and indicator, whether the record counts in the indicator."""


def defined(policy: Policy, facts: Mapping[str, Row]) -> Decisions:
    """What the definition says of each record and indicator."""
    pairs = product(facts.items(), policy.indicators)
    return {(name, given.id): looks_at(given, fact) for (name, fact), given in pairs}


def looks_at(given: Indicator, fact: Mapping[str, Any]) -> bool:
    """Whether the selection, of a share both, looks at a record whose age lies in the window."""
    among = given.among or given.select
    in_window = 0 <= fact["age"] < given.window_days
    return in_window and given.select.looks_at(fact) and among.looks_at(fact)


def computed(world: World, policy: Policy, facts: Mapping[str, Row]) -> Decisions:
    """What the engine does with each record in each indicator."""
    records = [record(record_id=name, **fact) for name, fact in facts.items()]
    traced = world.holds([enterprise()], records).traced(policy)
    pairs = product(traced, policy.indicators)
    return {(row["record_id"], given.id): given.id in row["weights"] for row, given in pairs}


@pytest.mark.parametrize("seed", SEEDS)
def test_engine_looks_at_what_the_selection_says(world: World, seed: int) -> None:
    """A record weighs in an indicator exactly when the selections look at it and its age is in the window."""
    generator = Generator(seed)
    policy, facts = generator.policy(), generator.facts()
    assert defined(policy, facts) == computed(world, policy, facts)


def test_generated_records_meet_and_miss() -> None:
    """The cases above are many, and both those that are looked at and those that are not are enough."""
    cases: list[bool] = []
    for generator in map(Generator, SEEDS):
        cases += defined(generator.policy(), generator.facts()).values()
    assert INDICATORS * RECORDS * len(SEEDS) == len(cases) > 1_000
    assert 0.04 * len(cases) < sum(cases) < 0.5 * len(cases)


@pytest.mark.parametrize("scope", [["own"], ["own", "own"], ["branch", "branch"], [], ["own", "branch"]])
def test_scope_is_told_apart(world: World, scope: list[str]) -> None:
    """A scope that is written twice, or none, selects no more than it says; without a scope a record is own."""
    policy = make_policy(indicator("honours", select={"scope": scope}))
    nothing = dict.fromkeys(RECORD_CODES)
    facts = {
        str(code): {**nothing, "kind": "honour", "scope": code, "age": 0} for code in ("own", "branch", None)
    }
    expected = {"own": "own" in scope, "branch": "branch" in scope, "None": "own" in scope}
    assert expected == {name: counts for (name, _), counts in computed(world, policy, facts).items()}
