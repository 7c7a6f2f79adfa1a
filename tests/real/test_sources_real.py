"""The shipped maps on real public records: every row has gone somewhere, and what is known of the files is found again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from scoring.records import SourceSpec, read_sources

EXPECTED = {  # rows in, accepted, rejected, merged, out of scope; records, enterprises
    "beijing-culture": (27_917, 24_737, 3_102, 0, 78, 21_115, 3_622),
    "chicago-food": (39_967, 39_967, 0, 0, 0, 50_605, 12_367),
    "sf-food": (72_390, 71_299, 92, 0, 999, 25_208, 7_729),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_counts_add_up(name: str, shared_data: Path, tmp_path: Path) -> None:
    """Accepted, rejected, merged and out of scope are the rows that came in, in all and in each file."""
    counts = read_sources([SourceSpec(name, shared_data / name)], tmp_path).sources[
        f"{name}:{shared_data / name}"
    ]
    got = (
        counts.rows_in,
        counts.accepted,
        counts.rejected,
        counts.merged,
        counts.out_of_scope,
        counts.records,
        counts.enterprises,
    )
    assert EXPECTED[name] == got
    assert counts.rows_in == counts.accepted + counts.rejected + counts.merged + counts.out_of_scope
    for one in counts.files.values():
        assert one.rows_in == one.accepted + one.rejected + one.merged + one.out_of_scope
    assert {"unknown_enterprise": counts.rejected} == (counts.rejected_by or {"unknown_enterprise": 0})


def test_undated_listings_are_accepted(shared_data: Path, tmp_path: Path) -> None:
    """The 47 abnormal-operations listings of Beijing have no date and are taken in without one."""
    table = pq.read_table(
        read_sources([SourceSpec("beijing-culture", shared_data / "beijing-culture")], tmp_path).records
    )
    listings = table.filter(pc.equal(table["kind"], "abnormal_operations_listing"))
    assert (47, {None}) == (listings.num_rows, set(listings["known_on"].to_pylist()))


@pytest.mark.parametrize("name", ["beijing-culture", "sf-food"])
def test_no_two_visits_are_one(name: str, shared_data: Path, tmp_path: Path) -> None:
    """No visit is merged with another for want of a number, not even the duplicate rows of the feeds."""
    table = pq.read_table(read_sources([SourceSpec(name, shared_data / name)], tmp_path).records)
    visits = table.filter(pc.equal(table["kind"], "inspection"))
    assert visits.num_rows == len(set(visits["act_id"].to_pylist()))
    assert {0} == set(visits["act_rank"].to_pylist())


def test_gravities_of_one_visit_are_one_act(shared_data: Path, tmp_path: Path) -> None:
    """Chicago: a visit with findings of several gravities is one act, its gravest finding first."""
    table = pq.read_table(
        read_sources([SourceSpec("chicago-food", shared_data / "chicago-food")], tmp_path).records
    )
    assert 39_967 == len(set(table["act_id"].to_pylist()))
    first = table.filter(pc.equal(table["act_rank"], 1))
    graver = {row["act_id"]: row["severity"] for row in first.select(["act_id", "severity"]).to_pylist()}
    serious = {
        row["act_id"] for row in table.to_pylist() if row["severity"] == "serious" and row["act_rank"] > 0
    }
    assert {"serious"} == {graver[act] for act in serious}
