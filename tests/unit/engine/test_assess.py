"""The one path from DataFrames and from clustered files to scores, and the records behind each reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from worlds import (
    ALL_KINDS,
    DAY,
    Row,
    World,
    ago,
    enterprise,
    indicator,
    make_policy,
    per_unit,
    record,
    version_of,
)

from scoring.assess.assessor import Assessor
from scoring.assess.scorer import Scorer
from scoring.engine.duckdb import DuckEngine
from scoring.entities import Contribution
from scoring.errors import InputError, UnknownEnterpriseError
from scoring.explain.build import decisive, explain
from scoring.explain.outlook.lifetime import counts_until
from scoring.policy.language.schema import Policy
from scoring.sql.connect import connect

POLICY = make_policy(
    indicator("honours", bins=per_unit(*range(0, 210, 10))),
    indicator("accidents", kind="accident", bins=per_unit(0, -7)),
)
VERSION = version_of(POLICY)
ENTERPRISES = pd.DataFrame({"enterprise_id": ["x:1", "x:2"], "name": ["甲", "乙"], "entity_type": "company"})


def facts(*rows: Row) -> pd.DataFrame:
    """Records of ``x:1`` as a DataFrame, honours by default."""
    defaults = {"enterprise_id": "x:1", "kind": "honour", "decided_on": DAY, "known_on": DAY}
    numbered = enumerate(rows)
    return pd.DataFrame([{**defaults, "record_id": f"r{number}", **row} for number, row in numbered])


def assessor(world: World, policy: Policy = POLICY) -> Assessor:
    """An assessor of the world as it stands."""
    return Assessor(world.engine, version_of(policy), ALL_KINDS, world.tables)


def test_frames_are_scored() -> None:
    """DataFrames give scores and contributions as DataFrames, integers staying integers where some are missing."""
    scores, contributions = Scorer(VERSION, DAY).score(ENTERPRISES, facts({}, {}))
    assert [["x:1", 120], ["x:2", 100]] == scores[["enterprise_id", "points"]].to_numpy().tolist()
    columns = ["enterprise_id", "indicator_id", "points"]
    assert [["x:1", "honours", 20]] == contributions[columns].to_numpy().tolist()
    assert ("Int32", "Int64") == (str(scores["points"].dtype), str(contributions["value"].dtype))


def test_one_frame_equals_many() -> None:
    """One enterprise alone has the score that it has among others."""
    many = Scorer(VERSION, DAY).score(ENTERPRISES, facts({}, {})).scores.iloc[0]
    score, contributions = Scorer(VERSION, DAY).score_one(ENTERPRISES.iloc[:1], facts({}, {}))
    assert (many["points"], many["band"], many["n_records"]) == (score.points, score.band, score.n_records)
    assert [Contribution("honours", 2, False, 20)] == list(contributions)


def test_nothing_to_score() -> None:
    """Frames without rows give frames without rows."""
    scores, contributions = Scorer(VERSION, DAY).score(ENTERPRISES.iloc[:0], facts({}).iloc[:0])
    assert (0, 0) == (len(scores), len(contributions))


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"kind": "nonsense"}, "kind=nonsense"),
        ({"amount_fen": -5}, "amount_fen=-5"),
        ({"enterprise_id": "x:9"}, "enterprise_id=x:9"),
    ],
)
def test_a_bad_row_is_named(row: Row, word: str) -> None:
    """Nothing is refused silently.

    A bad row raises, with row, column and value, in both languages.
    """
    with pytest.raises(InputError) as caught:
        Scorer(VERSION, DAY).score(ENTERPRISES, facts({}, row))
    assert (True, True) == (word in caught.value.zh, word in caught.value.en)


def test_prior_of_another_form_is_refused() -> None:
    """Bands in effect without their columns, with a strange band or with one enterprise twice are refused."""
    frames = [
        pd.DataFrame({"id": ["x:1"]}),
        pd.DataFrame({"enterprise_id": ["x:1"], "band": ["Z"]}),
        pd.DataFrame({"enterprise_id": ["x:1", "x:1"], "band": ["A", "B"]}),
    ]
    for frame in frames:
        with pytest.raises(InputError):
            Scorer(VERSION, DAY, prior=frame).score(ENTERPRISES, facts({}))


def test_scores_of_many_days(world: World) -> None:
    """Every enterprise on every day in one query.

    Before it is known an enterprise has no score, and no question no answer.
    """
    world.holds([enterprise("e1"), enterprise("e2", known_on=ago(3))], [record("e1", age=5)])
    scores = assessor(world).scores(["e1", "e2", "e9"], [ago(6), ago(5), DAY])
    assert [("e1", ago(6), 100), ("e1", ago(5), 110), ("e1", DAY, 110), ("e2", DAY, 100)] == [
        (score.enterprise_id, score.as_of, score.points) for score in scores
    ]
    assert [] == assessor(world).scores([], [DAY])


def test_unknown_enterprise_is_an_error(world: World) -> None:
    """Asking for an enterprise that is not known on the day says so, with the day."""
    world.holds([enterprise("e1", known_on=DAY)], [])
    for enterprise_id, day in (("e1", ago(1)), ("e9", DAY)):
        with pytest.raises(UnknownEnterpriseError, match=f"{enterprise_id}.*{day}"):
            assessor(world).full(enterprise_id, day)


def test_full_holds_every_version(world: World) -> None:
    """An assessment in full shows each version of each record with its fate, and the enterprise as it was that day."""
    versions = [enterprise(name="old", known_until=ago(10)), enterprise(name="new", known_on=ago(10))]
    records = [
        record(record_id="r1", age=20, known_until=ago(5)),
        record(record_id="r1", age=20, known_on=ago(5)),
        record(record_id="r2"),
    ]
    full = assessor(world.holds(versions, records)).full("e1", ago(7))
    assert "old" == assessor(world).full("e1", ago(11)).enterprise["name"]
    assert ("new", [("r1", None, 13), ("r1", "not_known", 13), ("r2", "not_known", -7)]) == (
        full.enterprise["name"],
        [(version["record_id"], version["excluded"], version["age"]) for version in full.records],
    )


MEASURED: list[tuple[str, dict[str, Any], list[Row], list[str]]] = [
    ("days since", {"aggregate": "days_since"}, [{"age": 9}, {"age": 2}, {"age": 5}], ["r1"]),
    (
        "latest",
        {"aggregate": "latest", "of": "value_x100"},
        [{"age": 2, "value_x100": 3}, {"age": 1, "value_x100": 1}],
        ["r1"],
    ),
    (
        "latest with a value",
        {"aggregate": "latest", "of": "value_x100"},
        [{"age": 2, "value_x100": 3}, {"age": 1}],
        ["r0"],
    ),
    (
        "latest of one day",
        {"aggregate": "latest", "of": "value_x100"},
        [{"value_x100": 3}, {"value_x100": 9}],
        ["r1"],
    ),
    (
        "max",
        {"aggregate": "max", "of": "value_x100"},
        [{"value_x100": 3}, {"value_x100": 9}, {"value_x100": 9, "age": 4}],
        ["r1", "r2"],
    ),
    (
        "max below zero",
        {"aggregate": "max", "of": "value_x100"},
        [{"value_x100": -3}, {"value_x100": None}],
        ["r0"],
    ),
    (
        "gravest",
        {"aggregate": "max", "of": "severity"},
        [{"severity": "minor"}, {"severity": "serious"}, {"severity": None}],
        ["r1"],
    ),
    ("count", {}, [{"age": 3}, {"age": 1}], ["r1", "r0"]),
]


@pytest.mark.parametrize(
    ("changes", "rows", "expected"), [case[1:] for case in MEASURED], ids=[case[0] for case in MEASURED]
)
def test_evidence_is_what_made_the_value(
    world: World, changes: dict[str, Any], rows: list[Row], expected: list[str]
) -> None:
    """The records shown for a reason are those that gave its value, newest first."""
    policy = make_policy(indicator("it", bins=[{"points": 5}], **changes))
    records = [record(record_id=f"r{number}", **row) for number, row in enumerate(rows)]
    full = assessor(world.holds([enterprise()], records), policy).full("e1", DAY)
    shown = decisive(list(full.records), policy.indicators[0])
    assert expected == [version["record_id"] for version in shown]
    reason = explain(full, version_of(policy)).reasons[0]
    assert expected == [evidence.record_id for evidence in reason.evidence]


MINOR_PENALTY = {
    "kind": "administrative_penalty",
    "severity": "minor",
    "procedure": "ordinary",
    "amount_fen": 400_000,
    "final_on": date(2026, 6, 29),
    "publish_until": date(2027, 6, 29),
    "age": 1,
}


@pytest.mark.parametrize(
    ("changes", "row", "expected"),
    [
        ({}, {}, date(2027, 6, 29)),
        (
            {"aggregate": "weighted_count", "age_weights": [[100, 100], [200, 50], [365, 0]]},
            {},
            date(2027, 1, 15),
        ),
        ({}, {"publish_until": date(2026, 8, 1)}, date(2026, 8, 1)),
        ({}, {"restored_on": date(2026, 8, 1)}, date(2026, 7, 31)),
        ({}, {"withdrawn_on": date(2026, 8, 1), "publish_until": date(2026, 7, 15)}, date(2026, 7, 15)),
        (
            {"kind": "administrative_penalty", "finality": "zhejiang-11", "window_days": 3_000},
            MINOR_PENALTY,
            date(2026, 9, 29),
        ),
        (
            {"kind": "judgment_default", "finality": "zhejiang-11", "window_days": 3_000},
            {"kind": "judgment_default"},
            date(2028, 6, 30),
        ),
    ],
)
def test_last_day_is_told_exactly(world: World, changes: dict[str, Any], row: Row, expected: date) -> None:
    """The day named as the last on which a record counts is the last on which the engine counts it."""
    of_indicator = {key: value for key, value in changes.items() if key != "finality"}
    policy = make_policy(indicator("it", **of_indicator), finality=changes.get("finality", "at-once"))
    world.holds([enterprise()], [record(**row)])
    full = assessor(world, policy).full("e1", DAY)
    last_day = counts_until(full.records[0], policy.indicators[0], version_of(policy))
    day_after = date.fromordinal(expected.toordinal() + 1)
    then, later = (world.values(policy, day)["e1"]["it"] for day in (expected, day_after))
    assert (expected, True, 0) == (last_day, bool(then), later)


def test_duckdb_draws_no_bar_of_its_own(tmp_path: Path) -> None:
    """DuckDB would draw a bar on stdout, into a pipe too, when a query lasts two seconds.

    Its connections are told not to.
    """
    setting = "SELECT current_setting('enable_progress_bar') AS bar"
    with DuckEngine() as engine, connect(1, "100MB", tmp_path) as connection:
        assert [{"bar": False}] == engine.select(setting).to_pylist()
        assert [{"bar": False}] == connection.execute(setting).to_arrow_table().to_pylist()
