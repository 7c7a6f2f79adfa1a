"""What holds for every history under the shipped policy. Each example scores many enterprises in one query."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from random import Random

import pyarrow as pa
import pytest
from histories import ADVERSE, DAY, HISTORIES, RECORDS, SETTLED, History, district
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import Row, World, enterprise, record

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.policy.language.schema import Indicator
from scoring.policy.load import load_policy

EXAMPLES = int(os.environ.get("SISE_EXAMPLES", "6"))
"""Examples of each property; a campaign sets a greater number."""

VERSION = load_policy("quzhou-demo@2026-04-01", None)
POLICY = VERSION.policy
TAKING = [i for i in POLICY.indicators if i.direction == "adverse"]
OTHERS = [i for i in POLICY.indicators if i.direction != "adverse"]
LIMITS = [*(f"cap__{rule.id}" for rule in POLICY.caps), *(f"veto__{rule.id}" for rule in POLICY.vetoes)]

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
thorough = settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=SLOW
)


def played(stage: World, histories: Mapping[str, Sequence[Row]], *, days: int = 0) -> dict[str, Row]:
    """The engine's wide rows by enterprise, so many days after ``DAY``."""
    rows = facts_of(histories)
    table = (
        stage.holds([enterprise(e) for e in histories], rows).wide(POLICY, DAY + timedelta(days=days)).table
    )
    return {row["enterprise_id"]: row for row in table.to_pylist()}


def facts_of(histories: Mapping[str, Sequence[Row]]) -> list[Row]:
    """All records of the histories."""
    return [
        record(e, f"{e}-{n:03}", **fact) for e, history in histories.items() for n, fact in enumerate(history)
    ]


def part(row: Row, indicators: Iterable[Indicator]) -> int:
    """Sum of the points of some indicators."""
    return sum(row[f"p__{i.id}"] for i in indicators)


def named(histories: Sequence[Sequence[Row]], prefix: str = "e") -> dict[str, Sequence[Row]]:
    """Histories under ids that sort in their order."""
    return {f"{prefix}{n:03}": history for n, history in enumerate(histories)}


@thorough
@given(district(st.tuples(HISTORIES, ADVERSE)))
def test_an_adverse_record_never_helps(stage: World, pairs: list[tuple[list[Row], Row]]) -> None:
    """One more adverse record, of an act of its own, never raises the adverse part, nor lifts a cap or veto."""
    before = played(stage, named([history for history, _ in pairs]))
    after = played(stage, named([[*history, extra] for history, extra in pairs]))
    assert dict.fromkeys(before, True) == {
        e: part(after[e], TAKING) <= part(row, TAKING) for e, row in before.items()
    }
    assert dict.fromkeys(before, True) == {
        e: all(after[e][limit] or not row[limit] for limit in LIMITS) for e, row in before.items()
    }


@thorough
@given(district(st.tuples(HISTORIES, ADVERSE)))
def test_points_and_band_follow(stage: World, pairs: list[tuple[list[Row], Row]]) -> None:
    """With the other contributions and the gate as they were, neither points nor band improve by an adverse record."""
    before = played(stage, named([history for history, _ in pairs]))
    after = played(stage, named([[*history, extra] for history, extra in pairs]))
    same = [
        e
        for e, row in before.items()
        if (part(row, OTHERS), row["gate"]) == (part(after[e], OTHERS), after[e]["gate"])
    ]
    assert [True] * len(same) == [
        after[e]["points"] <= before[e]["points"] and after[e]["band_no"] >= before[e]["band_no"]
        for e in same
    ]


@thorough
@given(district(st.tuples(HISTORIES, ADVERSE)))
def test_a_restoration_never_hurts(stage: World, pairs: list[tuple[list[Row], Row]]) -> None:
    """An adverse record, of an act of its own, that is restored or withdrawn never leaves the adverse part lower."""
    with_it = played(stage, named([[*history, extra] for history, extra in pairs]))
    for ended in ("restored_on", "withdrawn_on"):
        after = played(stage, named([[*history, {**extra, ended: DAY}] for history, extra in pairs]))
        assert dict.fromkeys(with_it, True) == {
            e: part(after[e], TAKING) >= part(row, TAKING) for e, row in with_it.items()
        }
        assert dict.fromkeys(with_it, True) == {
            e: all(row[limit] or not after[e][limit] for limit in LIMITS) for e, row in with_it.items()
        }


@thorough
@given(district(HISTORIES), st.randoms(use_true_random=False))
def test_order_of_records_does_not_matter(stage: World, histories: list[list[Row]], random: Random) -> None:
    """Whatever the order of the rows, and with acts shared among them, the result is the same in every column."""
    rows = [
        {
            **record(f"e{n:03}", f"e{n:03}-{i}", **fact),
            "act_id": f"a{i % 4}",
            "act_rank": i + 1 if i % 4 < 2 else 0,
        }
        for n, history in enumerate(histories)
        for i, fact in enumerate(history)
    ]
    enterprises = [enterprise(f"e{n:03}") for n in range(len(histories))]
    first = stage.holds(enterprises, rows).wide(POLICY, DAY).table
    random.shuffle(rows)
    random.shuffle(enterprises)
    assert first.equals(stage.holds(enterprises, rows).wide(POLICY, DAY).table)


@thorough
@given(district(st.tuples(HISTORIES, RECORDS, st.integers(1, 400))))
def test_what_is_not_known_yet_changes_nothing(
    stage: World, triples: list[tuple[list[Row], Row, int]]
) -> None:
    """A record that becomes known after the day, however old, leaves every column as it was."""
    before = played(stage, named([history for history, _, _ in triples]))
    late = [[*history, {**extra, "known_on": DAY + timedelta(days=n)}] for history, extra, n in triples]
    assert before == played(stage, named(late))


@thorough
@given(district(HISTORIES))
def test_contributions_make_the_points(stage: World, histories: list[list[Row]]) -> None:
    """For every rated enterprise base and contributions make the points, exactly and within the scale."""
    table = played_table(stage, histories)
    points = stage.contributions(POLICY, DAY)
    rated = {row["enterprise_id"]: row["points"] for row in table.to_pylist() if row["gate"] is None}
    assert rated == {e: POLICY.scale.base + sum(points.get(e, {}).values()) for e in rated}
    assert (set(), True) == (
        set(points) - set(rated),
        all(POLICY.scale.low <= p <= POLICY.scale.high for p in rated.values()),
    )


def played_table(stage: World, histories: Sequence[Sequence[Row]]) -> pa.Table:
    """The engine's table for histories, left in place for further questions."""
    played(stage, named(histories))
    return stage.wide(POLICY, DAY).table


@thorough
@given(district(SETTLED), st.integers(1, 800))
def test_time_alone_never_lowers_the_adverse_part(
    stage: World, histories: list[list[Row]], days: int
) -> None:
    """Known and final records only fade; shares apart, for an old good visit that lapses makes the rest weigh more."""
    fading = [i for i in TAKING if i.aggregate != "share"]
    today, later = played(stage, named(histories)), played(stage, named(histories), days=days)
    assert dict.fromkeys(today, True) == {
        e: part(later[e], fading) >= part(row, fading) for e, row in today.items()
    }


@thorough
@given(district(HISTORIES))
def test_batch_equals_single(stage: World, histories: list[list[Row]]) -> None:
    """One enterprise asked alone, from memory or among many days, has the row it has in the batch, bit for bit."""
    names = list(named(histories))
    table = played_table(stage, histories)
    cases = [Case(e, e, DAY) for e in names]
    alone = next(iter(stage.engine.batch(VERSION, DAY, stage.covers, stage.tables, [(names[-1], names[-1])])))
    assert table.equals(stage.engine.cases(VERSION, cases, stage.covers, stage.tables))
    assert table.slice(len(names) - 1).equals(alone)


@thorough
@given(district(HISTORIES))
def test_explanation_counts_what_the_batch_counts(stage: World, histories: list[list[Row]]) -> None:
    """The trace drops as many records of an enterprise as the batch does."""
    table = played_table(stage, histories)
    chosen = table.column("enterprise_id").to_pylist()[:3]
    counted = {
        e: sum(row["excluded"] in (None, "same_act") for row in stage.traced(POLICY, e, DAY)) for e in chosen
    }
    batch = {row["enterprise_id"]: row["n_records"] for row in table.to_pylist()}
    assert counted == {e: batch[e] for e in chosen}


@pytest.fixture(scope="module")
def kept() -> Iterator[DuckEngine]:
    """One engine for all examples: what it holds is exchanged, its plan is not made again."""
    with DuckEngine(threads=1) as engine:
        yield engine


@thorough
@given(district(HISTORIES))
def test_a_kept_plan_answers_as_a_new_one(stage: World, kept: DuckEngine, histories: list[list[Row]]) -> None:
    """Over rows that are exchanged from example to example the plan of the first one gives what the batch gives, bit for bit."""
    mine = named(histories)
    table = played_table(stage, histories)
    tables = kept.hold([enterprise(e) for e in mine], facts_of(mine))
    assert table.equals(kept.cases(VERSION, [Case(e, e, DAY) for e in mine], stage.covers, tables))


def test_examples_do_reach_the_rules(stage: World) -> None:
    """The strategies are no empty promise: among twelve thousand histories every adverse indicator takes points from somebody."""
    rows = played(stage, named([History(seed) for seed in range(12_000)])).values()
    assert {i.id for i in TAKING} == {i.id for i in TAKING if any(row[f"p__{i.id}"] < 0 for row in rows)}
