"""A district in buckets of enterprises gives what it gives in one file, cell by cell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from districts import AS_OF, District

import scoring.entities.buckets as buckets
from scoring.assess.assessor import Assessor
from scoring.assess.dataset import open_intake
from scoring.assess.folder import BatchOptions, score_sources
from scoring.entities.buckets import bucket_number
from scoring.errors import InputError
from scoring.policy.load import load_policy
from scoring.records import read_sources
from scoring.records.map.sources import SourceSpec
from scoring.sql.connect import connect
from scoring.sql.parquet_files import bucket_files, bucket_of

ORDER = {
    "enterprises": ["enterprise_id", "known_on"],
    "records": ["enterprise_id", "record_id", "known_on"],
    "scores": ["enterprise_id"],
    "contributions": ["enterprise_id", "indicator_id"],
    "fields": ["enterprise_id", "field"],
    "changes": ["enterprise_id"],
}
ROWS = 4_000
"""Rows of a bucket here: some six buckets."""
SCORED = """
import sys
from datetime import date
from pathlib import Path
import scoring.entities.buckets as buckets
from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
buckets.MOST_ROWS = int(sys.argv[4])
source, out, day = Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3])
score_sources([SourceSpec("canonical", source)], load_policy("quzhou-demo", day), day, out)
"""


@pytest.fixture
def in_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some thousand rows are more than one bucket."""
    monkeypatch.setattr(buckets, "MOST_ROWS", ROWS)


def table(folder: Path, name: str) -> pa.Table:
    """The rows of a table, whatever its files, in an order that depends on nothing else."""
    rows = pq.read_table(folder / f"{name}.parquet")
    return rows.sort_by([(column, "ascending") for column in ORDER[name]]).combine_chunks()


def test_every_engine_finds_the_bucket() -> None:
    """SQL and Python compute one bucket of an id, and all buckets have some."""
    ids = [f"91330802MA{number:07}X" for number in range(500)] + ["scheme:柯城-1"]
    rows = pa.table({"id": ids})
    with connect() as connection:
        connection.register("given", rows)
        computed = connection.execute(f"SELECT {bucket_of('id', 7)} FROM given").fetchall()
    assert [number for (number,) in computed] == [bucket_number(text, 7) for text in ids]
    assert set(range(7)) == {number for (number,) in computed}


@pytest.mark.usefixtures("in_buckets")
def test_buckets_hold_what_one_file_holds(district: District, tmp_path: Path) -> None:
    """Clustered, linked and scored rows, counts and rejects are those of one file; each bucket has its enterprises in order."""
    prior = BatchOptions(prior=district.results / "scores.parquet")
    version = load_policy("quzhou-demo", AS_OF)
    run = score_sources([SourceSpec("canonical", district.sources)], version, AS_OF, tmp_path / "many", prior)
    buckets.MOST_ROWS = 10**9
    one = score_sources([SourceSpec("canonical", district.sources)], version, AS_OF, tmp_path / "one", prior)
    for name in ORDER:
        if (tmp_path / "one" / f"{name}.parquet").exists():
            assert table(tmp_path / "one", name).equals(table(tmp_path / "many", name)), name
    assert (tmp_path / "one" / "rejects.csv").read_bytes() == (tmp_path / "many" / "rejects.csv").read_bytes()
    for told in ("sources", "enterprises", "records", "colours", "not_rated", "excluded", "not_looked_at"):
        assert one[told] == run[told], told
    files = bucket_files(tmp_path / "many" / "records.parquet")
    assert len(files) > 3
    for number, file in enumerate(files):
        ids = pq.read_table(file, columns=["enterprise_id"])["enterprise_id"].to_pylist()
        assert ids == sorted(ids)
        assert {number} == {bucket_number(enterprise_id, len(files)) for enterprise_id in ids}


@pytest.mark.usefixtures("in_buckets")
def test_one_enterprise_is_found_in_its_bucket(district: District) -> None:
    """Whoever is asked for alone has the result of the batch."""
    scores = pq.read_table(district.results / "scores.parquet").to_pylist()
    sources = [SourceSpec("canonical", district.sources)]
    relations = district.version.law.relations
    with open_intake(lambda folder: read_sources(sources, folder, relations=relations)) as data:
        assessor = Assessor(data.engine, district.version, data.covers, data.tables)
        assert len(data.tables.buckets) > 3
        for row in scores[:: len(scores) // 8]:
            score, _ = assessor.one(row["enterprise_id"], AS_OF)
            assert (row["points"], row["band"]) == (score.points, score.band)
            assert assessor.full(row["enterprise_id"], AS_OF).score == score


@pytest.mark.usefixtures("in_buckets")
def test_its_own_buckets_are_a_source(district: District, tmp_path: Path) -> None:
    """A folder of buckets is taken as it is; one without a bucket is refused."""
    version = district.version
    run = score_sources([SourceSpec("canonical", district.sources)], version, AS_OF, tmp_path / "first")
    again = score_sources([SourceSpec("canonical", tmp_path / "first")], version, AS_OF, tmp_path / "again")
    for name in ("scores.parquet", "contributions.parquet", "records.parquet/00001.parquet"):
        assert run["sha256"][name] == again["sha256"][name]
    bucket_files(tmp_path / "first" / "records.parquet")[1].unlink()
    with pytest.raises(InputError, match=r"records\.parquet"):
        score_sources([SourceSpec("canonical", tmp_path / "first")], version, AS_OF, tmp_path / "third")


def test_a_killed_clustering_is_begun_anew(district: District, tmp_path: Path) -> None:
    """kill -9 while buckets are written leaves no result, and run again it ends in the digests of an undisturbed run."""
    command = [sys.executable, "-c", SCORED, str(district.sources)]
    rest = [AS_OF.isoformat(), str(ROWS)]
    subprocess.run([*command, str(tmp_path / "whole"), *rest], check=True)
    running = subprocess.Popen([*command, str(tmp_path / "killed"), *rest])
    # The first bucket of the records is there, and not yet the last.
    while running.poll() is None and not list(tmp_path.glob("*killed*/records.parquet/00001.parquet")):
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGKILL)
    assert -signal.SIGKILL == running.wait()
    assert not (tmp_path / "killed").exists()
    subprocess.run([*command, str(tmp_path / "killed"), *rest], check=True)
    whole, killed = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.parquet") if file.is_file()}
        for folder in (tmp_path / "whole", tmp_path / "killed")
    )
    assert whole == killed
