"""The same expression on Spark Connect: Apache Spark itself, and Sail, which needs no JVM.

What Sail accepts Spark may refuse, so every shipped policy and every form of the language is scored
on a real Spark; contents equal DuckDB's row by row.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import spark
from districts import District
from policy_forms import DAY, generated, write_small_district

from scoring.assess.folder import BatchOptions, score_sources
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.load import list_policies, load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")
POLICIES = [*list_policies(), *map(generated, range(4))]
FILES = ("scores", "contributions", "changes")


@pytest.fixture(scope="module")
def as_a_program() -> Iterator[None]:
    """A worker of xdist has no main file, which pyspark takes for a run of its own doctests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
        yield


@pytest.fixture(scope="module")
def sail(as_a_program: None) -> Iterator[str]:
    """A Sail server on a free port of this machine."""
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    yield f"sc://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="module")
def apache(as_a_program: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Apache Spark on a free port of this machine; without Java the test is skipped (under CI: fails)."""
    try:
        with spark.server(tmp_path_factory.mktemp("spark")) as address:
            yield address
    except spark.NoJavaError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


def assert_same(source: SourceSpec, version: ResolvedPolicy, remote: str, folder: Path) -> None:
    """Scores, contributions and changes of both engines are equal, cell by cell, and there are some."""
    for engine in ("duckdb", "spark"):
        options = BatchOptions(
            engine=engine, remote=remote if engine == "spark" else None, prior=folder / "prior.csv"
        )
        score_sources([source], version, DAY, folder / engine, options)
    for name in FILES:
        expected, got = (pq.read_table(folder / engine / f"{name}.parquet") for engine in ("duckdb", "spark"))
        assert (expected.num_rows > 0 or name != "scores") and expected.equals(got), name


def name_of(version: ResolvedPolicy) -> str:
    """A policy as it is written."""
    return f"{version.policy.id}@{version.policy.version}"


@pytest.mark.parametrize("version", POLICIES, ids=name_of)
def test_every_policy_on_apache_spark(version: ResolvedPolicy, apache: str, tmp_path: Path) -> None:
    """A small district in which every indicator sees records, some of whose bands are in effect."""
    folder = write_small_district(version, tmp_path / "district")
    bands = [band.id for band in version.policy.bands]
    prior = pd.DataFrame({"enterprise_id": [f"case:e{number}" for number in range(4)], "band": bands[:4]})
    prior.to_csv(tmp_path / "prior.csv", index=False)
    assert_same(SourceSpec("canonical", folder), version, apache, tmp_path)


def test_every_aggregate_on_sail(district: District, sail: str, tmp_path: Path) -> None:
    """A district under a policy that uses every aggregate and a model."""
    version = load_policy("quzhou-demo@2026-12-01", None)
    before = pd.read_parquet(district.results / "scores.parquet", columns=["enterprise_id", "band"])
    before["band"] = before["band"].map({"A": "B", "B": "A", "C": "D", "D": "A"})
    before.dropna().to_csv(tmp_path / "prior.csv", index=False)
    assert_same(SourceSpec("canonical", district.sources), version, sail, tmp_path)
    assert set(AGGREGATES) == {indicator.aggregate for indicator in version.policy.indicators}
