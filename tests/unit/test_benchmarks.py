"""The peers of the benchmark give our result, row by row; else a ratio would compare different work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from benchmarks.measure import AS_OF
from benchmarks.peers import hand_written, with_pandas
from scoring.engine import results
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import Wide
from scoring.entities import codes
from scoring.policy.load import load_policy
from scoring.records.intake import id_ranges, read_sources
from scoring.records.sources import SourceSpec
from scoring.synthetic import DistrictPlan, write_district

COLUMNS = ["enterprise_id", "points", "band", "colour", "gate"]
KINDS = frozenset(codes()["kinds"])


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic district of 2,000 enterprises, clustered, with minor penalties that count: upheld at once, which chance rarely brings."""
    folder = tmp_path_factory.mktemp("district")
    write_district(DistrictPlan(enterprises=2_000, as_of=AS_OF), folder / "unsorted")
    records = pd.read_parquet(path := folder / "unsorted" / "records.parquet")
    chosen = records.index[records.kind == "administrative_penalty"][::10]
    for column, value in {"severity": "minor", "contest": "upheld", "procedure": "ordinary"}.items():
        records.loc[chosen, column] = value
    records.loc[chosen, ["decided_on", "occurred_on", "served_on", "final_on", "known_on"]] = AS_OF - timedelta(days=30)
    records.loc[chosen, ["publish_until", "restored_on", "withdrawn_on", "known_until"]] = None
    records.to_parquet(path)
    (folder / "clustered").mkdir()
    read_sources([SourceSpec("canonical", folder / "unsorted")], folder / "clustered")
    return folder / "clustered"


@pytest.fixture(scope="module")
def ours(clustered: Path) -> list[dict[str, object]]:
    """Our result as rows of the peers' columns."""
    version = load_policy("quzhou-demo", AS_OF)
    files = Clustered(clustered / "enterprises.parquet", clustered / "records.parquet", KINDS)
    with DuckEngine() as engine:
        tables = list(engine.batch(version.policy, AS_OF, KINDS, engine.files(files), id_ranges(files.enterprises)))
    scores = results.scores(Wide.of(pa.concat_tables(tables), version.policy), version)
    rows: list[dict[str, object]] = scores.rename_columns({"status_reason": "gate"}).select(COLUMNS).to_pylist()
    return rows


def test_hand_written_sql_gives_our_result(clustered: Path, ours: list[dict[str, object]]) -> None:
    """The hand-written SQL gives the same points, band, colour and gate for every enterprise."""
    found = pa.concat_tables(hand_written(clustered, AS_OF)).to_pylist()
    assert ours == found


def test_pandas_gives_our_result(clustered: Path, ours: list[dict[str, object]]) -> None:
    """pandas gives the same points, band, colour and gate for every enterprise."""
    frame = with_pandas(clustered, AS_OF).astype(object)
    found = frame.where(frame.notna(), None).to_dict("records")
    assert ours == found


def test_every_indicator_is_exercised(clustered: Path) -> None:
    """The comparison means something: every indicator with points gives points to somebody, and every rule takes effect."""
    version = load_policy("quzhou-demo", AS_OF)
    files = Clustered(clustered / "enterprises.parquet", clustered / "records.parquet", KINDS)
    with DuckEngine() as engine:
        wide: pd.DataFrame = pa.concat_tables(
            engine.batch(version.policy, AS_OF, KINDS, engine.files(files), id_ranges(files.enterprises))
        ).to_pandas()
    silent = [i.id for i in version.policy.indicators if any(b.points for b in i.bins) and not wide[f"p__{i.id}"].any()]
    unused = [c for c in wide.columns if c.startswith(("cap__", "veto__")) and not wide[c].any()]
    assert ([], []) == (silent, unused)
