"""From decided rows to what is written: reasons, contributions, coverage, lists, changes, files."""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from worlds import DAY, Row, World, enterprise, indicator, make_policy, per_unit, record, rule, version_of

from scoring.assess.frames import frame_prior
from scoring.assess.results_writer import CHANGES, CONTRIBUTIONS, SCORES, write_results
from scoring.engine import results
from scoring.entities import Colour
from scoring.policy.language.schema import Policy

POINTS = {"f": -5, "a": 20, "d": -20, "c": 3, "b": 0, "e": 1, "g": -30, "h": 5}
FLAT = make_policy(*[indicator(name, bins=[{"points": points}]) for name, points in POINTS.items()])
STEPS = indicator("honours", bins=per_unit(*range(0, 210, 10)))
BASE_50 = {"scale": {"base": 50, "low": 0, "high": 200}}


def holding(world: World, **counts: int) -> World:
    """Enterprises by name, each with so many honours."""
    records = []
    for name, count in counts.items():
        records += [record(name, f"{name}-{number}") for number in range(count)]
    return world.holds([enterprise(name) for name in counts], records)


def test_reasons_are_the_five_that_weigh_most(world: World) -> None:
    """Five indicators by the size of their points.

    Of equals the one that the policy names first.
    """
    holding(world, e1=0)
    assert ["g", "a", "d", "f", "h"] == world.scores(FLAT)["e1"]["reasons"]


def test_reasons_leave_out_what_moved_nothing(world: World) -> None:
    """An indicator without points is no reason."""
    policy = make_policy(
        STEPS, indicator("none"), indicator("accidents", kind="accident", bins=per_unit(7, 0))
    )
    holding(world, e1=0, e2=1)
    reasons = {name: row["reasons"] for name, row in world.scores(policy).items()}
    assert {"e1": ["accidents"], "e2": ["honours", "accidents"]} == reasons


def test_contributions_are_ordered(world: World) -> None:
    """Rows come by enterprise and indicator id, ``scale_limit`` in its place, none of zero points."""
    policy = make_policy(
        STEPS, indicator("zeal", bins=[{"points": 1}]), indicator("aim", bins=[{"points": -1}])
    )
    rows = results.contributions(holding(world, e2=20, e1=0, e10=1).wide(policy)).to_pylist()
    expected = [
        ("e1", "aim"),
        ("e1", "zeal"),
        ("e10", "aim"),
        ("e10", "honours"),
        ("e10", "zeal"),
        ("e2", "aim"),
        ("e2", "honours"),
        ("e2", "scale_limit"),
        ("e2", "zeal"),
    ]
    assert expected == [(row["enterprise_id"], row["indicator_id"]) for row in rows]


def test_contribution_says_unknown(world: World) -> None:
    """An unknown value is null and said to be unknown.

    The scale limit has no value and is not unknown.
    """
    policy = make_policy(
        indicator("recent", aggregate="days_since", unknown=150),
        indicator("honours", bins=[{"points": 5}]),
    )
    rows = results.contributions(holding(world, e1=0).wide(policy)).to_pylist()
    columns = itemgetter("indicator_id", "value", "unknown", "points")
    expected = [("honours", 0, False, 5), ("recent", None, True, 150), ("scale_limit", None, False, -55)]
    assert expected == list(map(columns, rows))


@pytest.mark.parametrize(("known", "percent"), [(0, 0), (1, 33), (2, 66), (3, 100)])
def test_coverage_is_the_share_of_known_values(world: World, known: int, percent: int) -> None:
    """Coverage is the whole percent of indicators whose value is known."""
    kinds = ["honour", "accident", "complaint"]
    policy = make_policy(*[indicator(kind, kind=kind) for kind in kinds])
    holding(world, e1=0)
    assert percent == world.covering(*kinds[:known]).scores(policy)["e1"]["coverage"]


def test_lists_are_of_each_enterprise(world: World) -> None:
    """Caps and vetoes are listed in the policy's order, for those whom they hit.

    Hysteresis stands after the caps.
    """
    two, one_at_least = ([{"indicator": "honours", "at_least": least}] for least in (2, 1))
    caps = [rule("cap2", all=two, band="B"), rule("cap1", all=one_at_least, band="B")]
    vetoes = [rule("veto", all=two, band="C")]
    policy = make_policy(STEPS, caps=caps, vetoes=vetoes, upgrade_margin=60)
    scores = holding(world, e0=0, e1=1, e2=2, e5=5).scores(policy, prior={"e5": "B"})
    expected: dict[str, tuple[list[str], list[str]]] = {
        "e0": ([], []),
        "e1": (["cap1"], []),
        "e2": (["cap2", "cap1"], ["veto"]),
        "e5": (["cap2", "cap1", "hysteresis"], ["veto"]),
    }
    assert expected == {name: (row["caps"], row["vetoes"]) for name, row in scores.items()}


def test_score_says_under_which_policy(world: World) -> None:
    """Each row carries the policy's id, version and hash, the day, and the colour of its band."""
    version = version_of(FLAT)
    row = holding(world, e1=0).scores(FLAT)["e1"]
    assert ("tiny", "2026-01-01", version.rules_sha256, DAY, Colour.YELLOW) == (
        row["policy_id"],
        row["policy_version"],
        row["rules_sha256"],
        row["as_of"],
        row["colour"],
    )


class Move(NamedTuple):
    """A row of changes: bands before and after, what it is, and whether a person reviews it."""

    bands: str
    change: str
    state: str
    reviewed: bool


def changes_of(world: World, prior: dict[str, str], **settings: Row) -> dict[str, Move]:
    """Rows of changes by enterprise."""
    policy = make_policy(STEPS, **{**BASE_50, **settings})
    moves = {}
    for row in results.changes(world.wide(policy, prior=prior)).to_pylist():
        bands = f"{row['prior_band']}{row['band']}"
        moves[row["enterprise_id"]] = Move(bands, row["change"], row["state"], row["needs_review"])
    return moves


def test_changes(world: World) -> None:
    """A worse band is proposed, a better one takes effect at once.

    Without a band in effect there is no change.
    """
    holding(world, e1=0, e2=5, e3=10, e4=5)
    expected = {
        "e1": ("BC", "worse", "proposed", False),
        "e2": ("BB", "same", "in_effect", False),
        "e3": ("BA", "better", "in_effect", False),
    }
    assert expected == changes_of(world, {"e1": "B", "e2": "B", "e3": "B"})


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        ({}, []),
        ({"fall_of_bands": 1}, ["e1", "e2"]),
        ({"fall_of_bands": 2}, ["e1"]),
        ({"fall_of_bands": 3}, []),
        ({"to": ["B"]}, ["e2"]),
        ({"to": ["B", "C"]}, ["e1", "e2"]),
        ({"to": ["D"]}, []),
        ({"fall_of_bands": 2, "to": ["B"]}, ["e1", "e2"]),
    ],
)
def test_falls_that_need_review(world: World, review: Row, expected: list[str]) -> None:
    """A person reviews a fall by so many bands or into a named band.

    Never a rise into it, nor staying there.
    """
    holding(world, e1=0, e2=5, e3=5, e4=5)
    moves = changes_of(world, {"e1": "A", "e2": "A", "e3": "B", "e4": "C"}, review=review)
    assert expected == [name for name, move in moves.items() if move.reviewed]


def test_unrated_have_no_change(world: World) -> None:
    """Not rated cannot be compared with a band, so it is no change."""
    world.holds([enterprise(entity_type="other")], [])
    assert {} == changes_of(world, {"e1": "A"})


def test_empty_range(world: World) -> None:
    """A range without enterprises gives tables without rows, of the announced columns."""
    rows = world.holds([], []).wide(FLAT, prior={})
    tables = {
        "scores": results.scores(rows, version_of(FLAT)),
        "contributions": results.contributions(rows),
        "changes": results.changes(rows),
    }
    schemas = [results.SCORE_SCHEMA, results.CONTRIBUTION_SCHEMA, results.CHANGE_SCHEMA]
    assert schemas == [table.schema for table in tables.values()]
    assert {0} == {table.num_rows for table in tables.values()}


def write(world: World, policy: Policy, folder: Path) -> dict[str, bytes]:
    """The files of a run over two ranges, as bytes."""
    folder.mkdir()
    prior = frame_prior(pd.DataFrame({"enterprise_id": ["e1", "e2"], "band": ["A", "B"]}), policy)
    tables = world.engine.with_prior(world.tables, prior)
    ranges = [("e1", "e1"), ("e2", "e9"), ("x", "y")]
    rows = world.engine.batch(version_of(policy), DAY, world.covers, tables, ranges)
    tally = write_results(rows, version_of(policy), folder, changes=True)
    assert {"yellow": 1, "green": 1, None: 1} == dict(tally.colours)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_are_the_same_twice(world: World, tmp_path: Path) -> None:
    """The same records give the same bytes, file by file."""
    world.holds(
        [enterprise("e1"), enterprise("e2"), enterprise("e3", entity_type="other")],
        [record("e2", f"r{n}") for n in range(5)],
    )
    policy = make_policy(STEPS, **BASE_50)
    assert write(world, policy, tmp_path / "one") == write(world, policy, tmp_path / "two")


def test_files_hold_the_rows(world: World, tmp_path: Path) -> None:
    """The three files hold all ranges in order, and an empty range leaves no trace."""
    world.holds(
        [enterprise("e1"), enterprise("e2"), enterprise("e3", entity_type="other")],
        [record("e2", f"r{n}") for n in range(5)],
    )
    write(world, make_policy(STEPS, **BASE_50), tmp_path / "out")
    scores = pq.read_table(tmp_path / "out" / SCORES)
    contributions = pq.read_table(tmp_path / "out" / CONTRIBUTIONS).to_pylist()
    changes = pq.read_table(tmp_path / "out" / CHANGES).to_pylist()
    assert ["e1", "e2", "e3"] == scores.column("enterprise_id").to_pylist()
    assert [("e2", "honours", 50)] == [
        (row["enterprise_id"], row["indicator_id"], row["points"]) for row in contributions
    ]
    assert [("e1", "worse"), ("e2", "same")] == [(row["enterprise_id"], row["change"]) for row in changes]
    # A list may name its items otherwise in the file.
    types = [pa.list_(pa.string()) if pa.types.is_list(kind) else kind for kind in scores.schema.types]
    assert results.SCORE_SCHEMA.types == types
