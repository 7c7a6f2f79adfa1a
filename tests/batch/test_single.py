"""One enterprise alone gives its batch row, every column, and its explanation adds up."""

from __future__ import annotations

import os
from dataclasses import astuple
from pathlib import Path

import pandas as pd
from districts import AS_OF, District, in_store

from scoring import Scorer, explain
from scoring.assess.assessor import Assessor, to_score
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Explanation

SAMPLE = int(os.environ.get("SISE_SINGLE", "1000"))


def test_single_equals_batch(district: District) -> None:
    """``Assessor.one`` equals the batch row and its contributions for 1,000 enterprises, all columns."""
    frame = pd.read_parquet(district.results / "scores.parquet", dtype_backend="pyarrow")
    rows = [to_score(row) for row in frame.sample(min(SAMPLE, len(frame)), random_state=1).to_dict("records")]
    found = pd.read_parquet(district.results / "contributions.parquet")
    points = {key: list(group["points"]) for key, group in found.groupby("enterprise_id")}
    covers = frozenset(district.run["covers"])  # type: ignore[call-overload]
    clustered = Clustered(
        district.results / "enterprises.parquet", district.results / "records.parquet", covers
    )
    with DuckEngine(threads=1) as engine:
        tables = engine.memory(engine.files(clustered), [row.enterprise_id for row in rows])
        assessor = Assessor(engine, district.version, covers, tables)
        for row in rows:
            score, contributions = assessor.one(row.enterprise_id, AS_OF)
            assert astuple(_plain(row)) == astuple(score)
            assert points.get(row.enterprise_id, []) == [c.points for c in contributions]


def _plain(score: object) -> object:
    """A row read through pandas, with its missing values as ``None``."""
    values = {
        k: None if v is pd.NA else tuple(v) if isinstance(v, tuple) else v for k, v in vars(score).items()
    }
    return type(score)(**values)


def test_contributions_sum_to_points(district: District) -> None:
    """Base and contributions add up to the points of every rated enterprise, exactly.

    The not rated have none.
    """
    scores = pd.read_parquet(district.results / "scores.parquet").set_index("enterprise_id")
    found = pd.read_parquet(district.results / "contributions.parquet")
    rated = scores[scores["status"] == "rated"]
    sums = found.groupby("enterprise_id")["points"].sum().reindex(rated.index, fill_value=0)
    assert list(rated["points"]) == list(sums + district.version.policy.scale.base)
    assert set() == set(found["enterprise_id"]) - set(rated.index)
    assert 0 == (found["points"] == 0).sum()


def test_frames_go_through_the_same_path(district: District) -> None:
    """``Scorer.score`` and ``score_one`` on DataFrames give the rows that the batch wrote."""
    scores = pd.read_parquet(district.results / "scores.parquet")
    chosen = list(scores["enterprise_id"][:40])
    enterprises = pd.read_parquet(district.results / "enterprises.parquet")
    records = pd.read_parquet(district.results / "records.parquet").drop(columns=["act_rank"])
    own = records[(records["scope"] == "own") & records["enterprise_id"].isin(chosen)]
    kept = enterprises[enterprises["enterprise_id"].isin(chosen)]
    scorer = Scorer(district.version, AS_OF)
    assessed = scorer.score(kept, own)
    with_branches = set(records[records["scope"] == "branch"]["enterprise_id"])
    expected = scores[
        scores["enterprise_id"].isin(chosen) & ~scores["enterprise_id"].isin(with_branches)
    ].reset_index(drop=True)
    actual = assessed.scores[assessed.scores["enterprise_id"].isin(expected["enterprise_id"])].reset_index(
        drop=True
    )
    pd.testing.assert_frame_equal(expected, actual.astype(expected.dtypes))
    first = expected["enterprise_id"][expected["status"] == "rated"].iloc[0]
    one = kept[kept["enterprise_id"] == first], own[own["enterprise_id"] == first]
    alone, _ = scorer.score_one(*one)
    row = expected[expected["enterprise_id"] == first].iloc[0].to_dict()
    assert to_score({k: None if isinstance(v, float) and v != v else v for k, v in row.items()}) == alone
    assert alone == explain(scorer, *one).score


def test_explanations_add_up(district: District, tmp_path: Path) -> None:
    """Each explanation of a sample shows the points it explains, its band and records that select its indicators."""
    stored = in_store(district.sources, district.version, AS_OF, tmp_path)
    for colour in ("blue", "green", "yellow", "red", "none"):
        for row in stored.find("", colour, limit=8)[1]:
            explained = stored.explain(row.enterprise_id)
            _adds_up(explained)
            assert row == explained.score


def _adds_up(explained: Explanation) -> None:
    score = explained.score
    if score.points is None:
        assert ((), None, True) == (explained.contributions, explained.band, len(explained.rules) == 1)
        return
    assert score.points == explained.base + sum(c.points for c in explained.contributions)
    assert list(score.reasons) == [r.indicator_id for r in explained.reasons][:5]
    assert explained.band is not None and score.band == explained.band.id
    for reason in explained.reasons:
        assert all(e.weight > 0 for e in reason.evidence)
        assert reason.direction != "adverse" or reason.legal
