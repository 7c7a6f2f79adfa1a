"""A small synthetic district, scored under the shipped policy and under a draft, and the simulation of the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scoring.analysis.impact.simulate import simulate
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec

AS_OF = date(2026, 9, 30)
ENTERPRISES = 4_000
DRAFT = """
id = "quzhou-demo"
valid_from = 2026-08-01
extends = "quzhou-demo@2026-04-01"
drop = { caps = ["abnormal_operations"] }

[[indicators]]
id = "annual_report_recency"
bins = [{ upto = 400, points = 5 }, { points = 0 }]

[[indicators]]
id = "market_penalties"
bins = [{ upto = 0, points = 0 }, { upto = 45, points = -10 }, { points = -60 }]

[[indicators]]
id = "food_findings"
bins = [{ upto = 0, points = 0 }, { upto = 20, points = -30 }, { points = -120 }]

[[caps]]
id = "breaches"
label = { zh = "一年内违反承诺", en = "Broken promises within a year" }
all = [{ indicator = "commitment_breaches", at_least = 1 }]
band = "C"
legal = ["zj_credit_16"]
"""
"""Points that are fewer and points that are more, a cap that is gone and one that appeared."""


@dataclass(frozen=True)
class Trial:
    """Sources, the two policies, the simulation with its folder, and the two results that it must agree with."""

    sources: list[SourceSpec]
    old: ResolvedPolicy
    new: ResolvedPolicy
    found: dict[str, Any]
    out: Path
    scored: dict[str, Path]

    def scores(self, side: str) -> pd.DataFrame:
        """Scores of one policy by enterprise."""
        return pd.read_parquet(self.scored[side] / "scores.parquet").set_index("enterprise_id").sort_index()

    def points(self, side: str) -> dict[tuple[str, str], int]:
        """Points of one policy by enterprise and indicator."""
        frame = pd.read_parquet(self.scored[side] / "contributions.parquet")
        return dict(
            zip(zip(frame["enterprise_id"], frame["indicator_id"], strict=True), frame["points"], strict=True)
        )


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[SourceSpec]:
    """The district's records."""
    folder = tmp_path_factory.mktemp("district")
    write_district(DistrictPlan(enterprises=ENTERPRISES, as_of=AS_OF), folder)
    return [SourceSpec("canonical", folder)]


@pytest.fixture(scope="session")
def trial(sources: list[SourceSpec], tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """A draft tried against the newest version."""
    folder = tmp_path_factory.mktemp("trial")
    (folder / "draft.toml").write_text(DRAFT, encoding="utf-8")
    old, new = load_policy("quzhou-demo@2026-04-01", None), load_policy(str(folder / "draft.toml"), None)
    found = simulate(sources, old, new, AS_OF, folder / "simulation")
    for side, version in (("old", old), ("new", new)):
        score_sources(sources, version, AS_OF, folder / side)
    return Trial(
        sources, old, new, found, folder / "simulation", {side: folder / side for side in ("old", "new")}
    )
