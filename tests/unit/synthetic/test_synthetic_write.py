"""The same plan gives the same bytes, whatever is made beside it; the committed sample is what the generator makes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

import scoring.analysis.synthetic.plan
from scoring.analysis.synthetic import DistrictPlan, generate, write_district
from scoring.analysis.synthetic.district import make_chunk
from scoring.analysis.synthetic.plan import Chunk, chunks
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.errors import UsageError

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
FILES = ("enterprises.csv", "records.csv", "ledger.csv")


def test_the_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    """Regenerating the sample gives the committed files byte for byte."""
    write_district(DistrictPlan(enterprises=300), tmp_path, format="csv")
    for name in FILES:
        assert (SAMPLE / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_the_sample_is_small() -> None:
    """The committed data stay below 600 KB, datasheet included."""
    assert 600_000 > sum(path.stat().st_size for path in SAMPLE.parent.rglob("*") if path.is_file())


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_plan_gives_the_same_bytes_twice(tmp_path: Path, format: str) -> None:
    """Two runs of one plan write equal files, and another seed writes others."""
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_district(
            DistrictPlan(enterprises=200, seed=seed),
            tmp_path / name,
            format="csv" if format == "csv" else "parquet",
        )
    for file in (f"enterprises.{format}", f"records.{format}", "ledger.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
        assert (tmp_path / "a" / file).read_bytes() != (tmp_path / "c" / file).read_bytes()


def test_a_chunk_does_not_depend_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second chunk made alone equals the second of a run, and no enterprise or record is in both."""
    monkeypatch.setattr(scoring.analysis.synthetic.plan, "CHUNK", 400)
    plan = DistrictPlan(enterprises=1_000)
    first, second, third = generate(plan)
    alone = make_chunk(Chunk(1, 400, 400, plan))
    for expected, actual in zip(alone, second, strict=True):
        pd.testing.assert_frame_equal(expected, actual)
    assert [400, 400, 200] == [chunk.size for chunk in chunks(plan)]
    assert set() == set(first[0]["enterprise_id"]) & (
        set(second[0]["enterprise_id"]) | set(third[0]["enterprise_id"])
    )
    assert set() == set(first[1]["record_id"]) & (set(second[1]["record_id"]) | set(third[1]["record_id"]))


def test_parquet_has_the_canonical_types_and_progress_ends_at_one(tmp_path: Path) -> None:
    """Parquet columns are string, date32 and int64 as the canonical tables say; the last progress is 1."""
    types = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}
    seen: list[tuple[str, float]] = []
    write_district(
        DistrictPlan(enterprises=50), tmp_path, progress=lambda stage, share: seen.append((stage, share))
    )
    for name, columns in (("enterprises", ENTERPRISE_COLUMNS), ("records", RECORD_COLUMNS)):
        schema = pyarrow.parquet.read_schema(tmp_path / f"{name}.parquet")
        assert {column: types[kind] for column, kind in columns.items()} == dict(
            zip(schema.names, schema.types, strict=True)
        )
    assert ("district", 1.0) == seen[-1]


def test_rows_are_not_sorted_by_enterprise(tmp_path: Path) -> None:
    """Neither table is in order of its enterprises: a reader has to cluster by itself."""
    enterprises, records, _ = next(generate(DistrictPlan(enterprises=100)))
    assert not enterprises["enterprise_id"].is_monotonic_increasing
    assert records["enterprise_id"].ne(records["enterprise_id"].shift()).mean() > 0.9


@pytest.mark.parametrize("size", [1, 2, 7])
def test_the_smallest_districts_work(size: int) -> None:
    """A district of one enterprise is a district."""
    enterprises, records, ledger = next(generate(DistrictPlan(enterprises=size)))
    assert size == enterprises["enterprise_id"].nunique()
    assert len(records) > 0
    assert len(ledger) > 0


@pytest.mark.parametrize("wrong", [{"enterprises": 0}, {"records_per": 500}, {"seed": -1}])
def test_impossible_plans_are_refused_with_an_example(wrong: dict[str, int]) -> None:
    """A number out of bounds is refused, saying what was expected and giving an example, in both languages."""
    with pytest.raises(UsageError, match="for example") as refusal:
        DistrictPlan(**wrong)  # type: ignore[arg-type]
    assert "例如" in refusal.value.zh


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    """A format that is neither CSV nor Parquet is refused before anything is written."""
    with pytest.raises(UsageError, match="expected csv or parquet"):
        write_district(DistrictPlan(enterprises=1), tmp_path / "out", format="xlsx")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
