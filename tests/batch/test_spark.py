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
from scoring.policy.language.schema import Aggregate
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Sail server on a free port of this machine."""
    # a worker of xdist has no main file, which pyspark takes for a run of its own doctests
    monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    yield f"sc://127.0.0.1:{port}"
    server.stop()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_spark_equals_duckdb(district: District, remote: str, tmp_path: Path) -> None:
    """Scores, contributions and changes are equal on both engines under a policy that uses every aggregate and a model."""
    prior = tmp_path / "prior.csv"
    before = pd.read_parquet(district.results / "scores.parquet", columns=["enterprise_id", "band"])
    before["band"] = before["band"].map({"A": "B", "B": "A", "C": "D", "D": "A"})
    before.dropna().to_csv(prior, index=False)
    source, version = SourceSpec("canonical", district.sources), load_policy("quzhou-demo@2026-12-01", None)
    score_sources([source], version, AS_OF, tmp_path / "duckdb", BatchOptions(prior=prior))
    score_sources(
        [source], version, AS_OF, tmp_path / "spark", BatchOptions(engine="spark", remote=remote, prior=prior)
    )
    for name in ("scores", "contributions", "changes"):
        expected, actual = (
            pd.read_parquet(tmp_path / engine / f"{name}.parquet") for engine in ("duckdb", "spark")
        )
        pd.testing.assert_frame_equal(expected, actual)
    assert set(Aggregate.__args__) == {i.aggregate for i in version.policy.indicators}  # type: ignore[attr-defined]


def test_spark_needs_an_address(district: District, tmp_path: Path) -> None:
    """Without an address the sentence says which form it has, and nothing is written."""
    with pytest.raises(UsageError, match="sc://"):
        score_sources(
            [SourceSpec("canonical", district.sources)],
            district.version,
            AS_OF,
            tmp_path / "o",
            BatchOptions(engine="spark"),
        )
    assert [] == list(tmp_path.iterdir())
