"""The same expression on Spark Connect (Sail, no JVM).

Contents equal row by row, every aggregate included.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from districts import AS_OF, District

from scoring.assess.folder import BatchOptions, score_sources
from scoring.errors import UsageError
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Sail server on a free port of this machine."""
    # A worker of xdist has no main file, which pyspark takes for a run of its own doctests.
    monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    yield f"sc://127.0.0.1:{port}"
    server.stop()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_spark_equals_duckdb(district: District, remote: str, tmp_path: Path) -> None:
    """All rows are equal on both engines, under a policy that uses every aggregate and a model."""
    prior = tmp_path / "prior.csv"
    before = pd.read_parquet(district.results / "scores.parquet", columns=["enterprise_id", "band"])
    before["band"] = before["band"].map({"A": "B", "B": "A", "C": "D", "D": "A"})
    before.dropna().to_csv(prior, index=False)
    source = SourceSpec("canonical", district.sources)
    version = load_policy("quzhou-demo@2026-12-01", None)
    on_duckdb = BatchOptions(prior=prior)
    on_spark = BatchOptions(engine="spark", remote=remote, prior=prior)
    score_sources([source], version, AS_OF, tmp_path / "duckdb", on_duckdb)
    score_sources([source], version, AS_OF, tmp_path / "spark", on_spark)
    for name in ("scores", "contributions", "changes"):
        expected = pd.read_parquet(tmp_path / "duckdb" / f"{name}.parquet")
        pd.testing.assert_frame_equal(expected, pd.read_parquet(tmp_path / "spark" / f"{name}.parquet"))
    assert set(AGGREGATES) == {indicator.aggregate for indicator in version.policy.indicators}


def test_spark_needs_an_address(district: District, tmp_path: Path) -> None:
    """Without an address the sentence says which form it has, and nothing is written."""
    with pytest.raises(UsageError, match="sc://"):
        source, options = SourceSpec("canonical", district.sources), BatchOptions(engine="spark")
        score_sources([source], district.version, AS_OF, tmp_path / "o", options)
    assert [] == list(tmp_path.iterdir())
