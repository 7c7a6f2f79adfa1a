"""The main job on real records that nobody here wrote: every enterprise gets a colour or a reasoned *not rated*."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec

CASES = [
    ("beijing-culture", "quzhou-demo", date(2024, 12, 31), 3_622),
    ("chicago-food", "food-demo", date(2014, 12, 31), 12_367),
    ("sf-food", "food-demo", date(2018, 4, 5), 7_729),
]


@pytest.mark.parametrize(("name", "policy", "as_of", "enterprises"), CASES, ids=[case[0] for case in CASES])
def test_everybody_gets_an_answer(
    shared_data: Path, tmp_path: Path, name: str, policy: str, as_of: date, enterprises: int
) -> None:
    """Counts add up, most enterprises are rated in several colours, and the others have a reason."""
    run = score_sources(
        [SourceSpec(name, shared_data / name)], load_policy(policy, as_of), as_of, tmp_path / "out"
    )
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert enterprises == len(scores) == sum(run["colours"].values())
    rated = scores["status"] == "rated"
    assert scores[rated]["colour"].notna().all() and scores[~rated]["status_reason"].notna().all()
    assert rated.mean() > 0.6 and scores[rated]["colour"].nunique() >= 2
    for counts in run["sources"].values():
        assert counts["rows_in"] == sum(counts[k] for k in ("accepted", "rejected", "merged", "out_of_scope"))
    found = (
        pd.read_parquet(tmp_path / "out" / "contributions.parquet").groupby("enterprise_id")["points"].sum()
    )
    base = load_policy(policy, as_of).policy.scale.base
    assert list(scores[rated]["points"]) == list(
        found.reindex(scores[rated]["enterprise_id"], fill_value=0) + base
    )


def test_undated_listings_are_kept_and_never_used(shared_data: Path, tmp_path: Path) -> None:
    """The 47 undated listings of Beijing are accepted, excluded as ``no_date``, and no two visits are merged."""
    day = date(2024, 12, 31)
    source = SourceSpec("beijing-culture", shared_data / "beijing-culture")
    run = score_sources([source], load_policy("quzhou-demo", day), day, tmp_path / "out")
    assert (47, 0) == (run["excluded"]["no_date"], run["excluded"].get("same_act", 0))
    records = pd.read_parquet(tmp_path / "out" / "records.parquet", columns=["kind", "act_rank", "known_on"])
    assert 20_693 == (records["kind"] == "inspection").sum()
    assert 0 == records[records["kind"] == "inspection"]["act_rank"].sum()
    assert 47 == (records["known_on"].isna()).sum()
