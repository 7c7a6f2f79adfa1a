"""One enterprise alone gives its batch row, every column, and its explanation adds up."""

from __future__ import annotations

import os
from dataclasses import astuple, replace
from pathlib import Path

import pandas as pd
from districts import AS_OF, District, in_store

from scoring import Scorer, explain
from scoring.administration.results.search import EnterpriseSearch
from scoring.assess.assessor import Assessor, to_score
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import LINKED_COLUMNS, Explanation, Score

SAMPLE = int(os.environ.get("SISE_SINGLE", "120"))


def test_single_equals_batch(district: District) -> None:
    """``Assessor.one`` equals the batch row and its contributions for a sample of enterprises, all columns."""
    frame = pd.read_parquet(district.results / "scores.parquet", dtype_backend="pyarrow")
    sample = frame.sample(min(SAMPLE, len(frame)), random_state=1)
    rows = [to_score(row) for row in sample.to_dict("records")]
    contributions = pd.read_parquet(district.results / "contributions.parquet")
    points = {name: list(group["points"]) for name, group in contributions.groupby("enterprise_id")}
    covers = frozenset(district.run["covers"])  # type: ignore[call-overload]
    enterprises, records = (district.results / f"{name}.parquet" for name in ("enterprises", "records"))
    with DuckEngine(threads=1) as engine:
        files = engine.files(Clustered(enterprises, records, covers))
        tables = engine.memory(files, [row.enterprise_id for row in rows])
        assessor = Assessor(engine, district.version, covers, tables)
        for row in rows:
            score, given = assessor.one(row.enterprise_id, AS_OF)
            assert astuple(_plain(row)) == astuple(score)
            expected = points.get(row.enterprise_id, [])
            assert expected == [contribution.points for contribution in given]


def _plain(score: Score) -> Score:
    """A row read through pandas, with its missing values as ``None``."""
    missing = {name: None for name, value in vars(score).items() if value is pd.NA}
    return replace(score, **missing)


def test_contributions_sum_to_points(district: District) -> None:
    """Base and contributions add up to the points of every rated enterprise, exactly.

    The not rated have none.
    """
    scores = pd.read_parquet(district.results / "scores.parquet").set_index("enterprise_id")
    contributions = pd.read_parquet(district.results / "contributions.parquet")
    rated = scores[scores["status"] == "rated"]
    sums = contributions.groupby("enterprise_id")["points"].sum().reindex(rated.index, fill_value=0)
    assert list(rated["points"]) == list(sums + district.version.policy.scale.base)
    assert set() == set(contributions["enterprise_id"]) - set(rated.index)
    assert 0 == (contributions["points"] == 0).sum()


def test_frames_go_through_the_same_path(district: District) -> None:
    """``Scorer.score`` and ``score_one`` on DataFrames give the rows that the batch wrote."""
    scores = pd.read_parquet(district.results / "scores.parquet")
    chosen = list(scores["enterprise_id"][:40])
    enterprises = pd.read_parquet(district.results / "enterprises.parquet")
    records = pd.read_parquet(district.results / "records.parquet").drop(columns=[*LINKED_COLUMNS])
    of_chosen = records[(records["scope"] == "own") & records["enterprise_id"].isin(chosen)]
    kept = enterprises[enterprises["enterprise_id"].isin(chosen)]
    scorer = Scorer(district.version, AS_OF)
    actual = scorer.score(kept, of_chosen).scores
    # In the batch records of branches count too, which these DataFrames leave out.
    with_branches = set(records[records["scope"] == "branch"]["enterprise_id"])
    comparable = set(chosen) - with_branches
    expected = scores[scores["enterprise_id"].isin(comparable)].reset_index(drop=True)
    actual = actual[actual["enterprise_id"].isin(comparable)].reset_index(drop=True)
    pd.testing.assert_frame_equal(expected, actual.astype(expected.dtypes))

    row = expected[expected["status"] == "rated"].iloc[0]
    name = row["enterprise_id"]
    alone = kept[kept["enterprise_id"] == name], of_chosen[of_chosen["enterprise_id"] == name]
    score, _ = scorer.score_one(*alone)
    # A missing value of a row of pandas is a NaN, which equals nothing.
    assert to_score(row.astype(object).where(row.notna(), None).to_dict()) == score
    assert score == explain(scorer, *alone).score


def test_explanations_add_up(district: District, tmp_path: Path) -> None:
    """Each explanation of a sample shows the points it explains, its band, and records that weigh."""
    stored = in_store(district.sources, district.version, AS_OF, tmp_path)
    for colour in ("blue", "green", "yellow", "red", "none"):
        for row in stored.find(EnterpriseSearch(colour=colour), limit=3)[1]:
            explained = stored.explain(row.enterprise_id)
            _adds_up(explained)
            assert row == explained.score


def _adds_up(explained: Explanation) -> None:
    score = explained.score
    if score.points is None:
        assert ((), None) == (explained.contributions, explained.band)
        assert 1 == len(explained.rules)
        return
    contributions = [contribution.points for contribution in explained.contributions]
    assert score.points == explained.base + sum(contributions)
    assert list(score.reasons) == [reason.indicator_id for reason in explained.reasons][:5]
    assert explained.band is not None and score.band == explained.band.id
    for reason in explained.reasons:
        assert all(evidence.weight > 0 for evidence in reason.evidence)
        assert reason.direction != "adverse" or reason.legal
