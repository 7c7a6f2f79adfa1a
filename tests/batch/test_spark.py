"""The same expression on Spark Connect: Apache Spark itself, and Sail, which needs no JVM.

What Sail accepts Spark may refuse, so every shipped policy and every form of the language is scored
on a real Spark; contents equal DuckDB's row by row.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import spark
from districts import AS_OF, District
from policy_forms import DAY, generated, name_of, newest, write_small_district
from worlds import draft

import scoring.entities.buckets as buckets
from benchmarks.peers import JULY
from scoring.assess.folder import BatchOptions, score_sources
from scoring.engine.cases import Relations, Views
from scoring.engine.spark import SparkEngine
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning")
POLICIES = [*newest(), *map(generated, range(2))]
ODD_ID = "case:e5 o'n\\t%_`"
FILES = ("scores", "contributions", "changes")


@pytest.fixture(scope="module")
def as_a_program() -> Iterator[None]:
    """A worker of xdist has no main file, which pyspark takes for a run of its own doctests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
        yield


@pytest.fixture(scope="module")
def sail(as_a_program: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Sail server on a free port of this machine."""
    os.environ["SAIL_EXECUTION__CHECKPOINT__PATH"] = f"file://{tmp_path_factory.mktemp('sail')}"
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    _, port = server.listening_address
    yield f"sc://127.0.0.1:{port}"
    server.stop()


@contextmanager
def server_or_skip(folder: Path) -> Iterator[str]:
    """Address of Apache Spark; without Java the test is skipped (under CI: fails)."""
    try:
        with spark.server(folder) as address:
            yield address
    except spark.NoJavaError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def apache(as_a_program: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Apache Spark on a free port of this machine."""
    with server_or_skip(tmp_path_factory.mktemp("spark")) as address:
        yield address


def assert_same(source: SourceSpec, version: ResolvedPolicy, remote: str, folder: Path) -> None:
    """Scores, contributions and changes of both engines are equal, cell by cell, and there are scores."""
    for engine in ("duckdb", "spark"):
        options = BatchOptions(
            engine=engine, remote=remote if engine == "spark" else None, prior=folder / "prior.csv"
        )
        score_sources([source], version, DAY, folder / engine, options)
    for name in FILES:
        expected, got = (pq.read_table(folder / engine / f"{name}.parquet") for engine in ("duckdb", "spark"))
        assert (expected.num_rows > 0 or name != "scores") and expected.equals(got), name


@pytest.mark.parametrize("version", POLICIES, ids=name_of)
def test_every_policy_on_apache_spark(version: ResolvedPolicy, apache: str, tmp_path: Path) -> None:
    """A small district in which every indicator sees records, some of whose bands are in effect."""
    folder = write_small_district(version, tmp_path / "district")
    for file in folder.iterdir():  # ids that mean something in SQL
        file.write_text(file.read_text().replace("case:e5", ODD_ID))
    bands = [band.id for band in version.policy.bands]
    prior = pd.DataFrame(
        {"enterprise_id": [f"case:e{number}" for number in range(len(bands))], "band": bands}
    )
    prior.to_csv(tmp_path / "prior.csv", index=False)
    assert_same(SourceSpec("canonical", folder), version, apache, tmp_path)


def test_every_aggregate_on_sail(district: District, sail: str, tmp_path: Path) -> None:
    """A district under policies with relations and a model, with a least and a mean, with a share: every aggregate is used."""
    versions = [draft("with-model"), draft("summaries"), load_policy(JULY, None)]
    before = pd.read_parquet(district.results / "scores.parquet", columns=["enterprise_id", "band"])
    before["band"] = before["band"].map({"A": "B", "B": "A", "C": "D", "D": "A"})
    before.dropna().to_csv(tmp_path / "prior.csv", index=False)
    used = set()
    for version in versions:
        folder = tmp_path / version.rules_sha256
        folder.mkdir()
        shutil.copy(tmp_path / "prior.csv", folder)
        assert_same(SourceSpec("canonical", district.sources), version, sail, folder)
        used |= {indicator.aggregate for indicator in version.policy.indicators}
    assert set(AGGREGATES) == used


@pytest.mark.parametrize("cluster", ["sail", "apache"])
def test_buckets_on_a_cluster(
    cluster: str,
    district: District,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Of a district in buckets each range is read out of its own."""
    monkeypatch.setattr(buckets, "MOST_ROWS", 12_000)
    before = pd.read_parquet(district.results / "scores.parquet", columns=["enterprise_id", "band"])
    before.dropna().to_csv(tmp_path / "prior.csv", index=False)
    remote = request.getfixturevalue(cluster)
    assert_same(SourceSpec("canonical", district.sources), load_policy(JULY, None), remote, tmp_path)
    assert (tmp_path / "spark" / "records.parquet" / "00001.parquet").exists()


@pytest.mark.parametrize("folder", ["[1] {a,b}*?", "`衢州` 'a\" %41", "back\\slash"])
def test_any_name_of_a_folder(folder: str, apache: str, tmp_path: Path) -> None:
    """Spark reads a name as a pattern; ours are names."""
    version = generated(0)
    source = SourceSpec("canonical", write_small_district(version, tmp_path / "district"))
    options = BatchOptions(engine="spark", remote=apache)
    score_sources([source], version, DAY, tmp_path / folder / "out", options)
    assert pq.read_table(tmp_path / folder / "out" / "scores.parquet").num_rows > 4


REFUSED = {
    "SELECT GREATEST(1)": ("spark_failed", "WRONG_NUM_ARGS"),
    "SELEKT 1": ("spark_failed", "PARSE_SYNTAX_ERROR"),
    "SELECT 1 / (a - a) AS case_id FROM case_records": ("spark_failed", "DIVIDE_BY_ZERO"),
    "SELECT raise_error('x')": ("spark_failed", "USER_RAISED_EXCEPTION"),
    "SELECT * FROM parquet.`/nowhere/records.parquet`": ("spark_files_unseen", "/nowhere"),
    "SELECT nothing": ("spark_failed", "UNRESOLVED_COLUMN"),
}


@pytest.mark.parametrize("query", REFUSED)
def test_an_error_of_the_cluster_is_a_sentence(
    query: str, apache: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a cluster answers while it works is one of our refusals, short and without its stack."""
    code, word = REFUSED[query]
    monkeypatch.setattr("scoring.engine.spark.sql", lambda *_: query)
    monkeypatch.setattr("scoring.engine.spark.batch_views", lambda *_: Views(*["SELECT 1 AS a"] * 3))
    with SparkEngine(apache) as engine, pytest.raises(EnvironmentRefusedError) as refused:
        list(engine.batch(generated(0), DAY, frozenset(), Relations("", ""), [("", "z")]))
    assert code == refused.value.code and word in str(refused.value)
    for lang in ("zh", "en"):
        assert len(refused.value.text(lang)) < 600 and "stacktrace" not in refused.value.text(lang)
    assert "" == capfd.readouterr().err


@pytest.mark.parametrize(
    "remote", ["", "127.0.0.1:15002", "sc://", "sc://h:x", "sc://h:1/path", "sc://h:1/;bad"]
)
def test_an_address_that_is_none(remote: str, as_a_program: None) -> None:
    """The sentence says which form an address has."""
    with pytest.raises(UsageError, match="--remote sc://"):
        SparkEngine(remote)


def test_a_cluster_that_dies(tmp_path: Path, as_a_program: None, district: District) -> None:
    """A server that is killed within a job is said within a minute, and nothing is written."""
    (tmp_path / "spark").mkdir()
    with server_or_skip(tmp_path / "spark") as address:
        source, version = SourceSpec("canonical", district.sources), district.version
        killed: list[int] = []

        def kill(stage: str, share: float) -> None:
            if stage == "score" and not killed:
                killed.append(spark.process_of(tmp_path / "spark"))
                os.kill(killed[0], signal.SIGKILL)

        options = BatchOptions(engine="spark", remote=address, progress=kill)
        begun = time.monotonic()
        with pytest.raises(EnvironmentRefusedError, match="cannot reach"):
            score_sources([source], version, AS_OF, tmp_path / "out", options)
    assert killed and time.monotonic() - begun < 60
    assert ["spark"] == [path.name for path in tmp_path.iterdir()]


def test_an_address_is_needed(district: District, tmp_path: Path) -> None:
    """Without an address nothing is written."""
    with pytest.raises(UsageError, match="sc://"):
        source, options = SourceSpec("canonical", district.sources), BatchOptions(engine="spark")
        score_sources([source], district.version, AS_OF, tmp_path / "o", options)
    assert [] == list(tmp_path.iterdir())
