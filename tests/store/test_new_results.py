"""The results of a batch compared by column are those compared one by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stores import StoreHarness

from scoring.entities import silent
from scoring.store.standing.batch import Batch, open_batch
from scoring.store.standing.computed import computed_table, results_of
from scoring.store.standing.new_results import change_table, changed_results, changes_in_batch
from scoring.store.standing.pending import open_proposals
from scoring.store.standing.standings import read_range, standings_of


def one_by_one_and_together(batch: Batch) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """What becomes of all results of a store, both ways."""
    ids = ("", "~")
    with batch.database.read() as connection:
        standings = read_range(connection, batch.version.policy.id, ids)
        proposals = open_proposals(connection, batch.version.policy)
        results = computed_table(batch._rows(standings, ids), batch.version)
    by_row = changed_results(
        results_of(results), standings_of(standings), proposals, batch.version, batch.as_of
    )
    together = changes_in_batch(results, standings, proposals, batch.version, batch.as_of, {})
    rows = change_table(list(by_row)).to_pylist(), together.to_pylist()
    return tuple(sorted(part, key=lambda row: str(row["enterprise_id"])) for part in rows)  # type: ignore[return-value]


@pytest.mark.parametrize("later", [0, 40, 200, 500, 1_200])
def test_both_ways_agree(scored: StoreHarness, later: int) -> None:
    """On days on which few, many and all results are new, with proposals open and without."""
    with open_batch(scored.database, scored.version, scored.day, silent, full=True) as batch:
        unchanged = one_by_one_and_together(batch)
    assert unchanged == ([], [])
    with open_batch(
        scored.database, scored.version, scored.day + timedelta(later), silent, full=True
    ) as batch:
        one_by_one, together = one_by_one_and_together(batch)
    assert one_by_one == together
    assert bool(one_by_one) == (later > 0)
    if later == 500:
        scored.go_to(scored.day + timedelta(later))
        scored.score()
        with open_batch(
            scored.database, scored.version, scored.day + timedelta(90), silent, full=True
        ) as batch:
            one_by_one, together = one_by_one_and_together(batch)
        assert one_by_one == together and one_by_one


def test_a_first_scoring_agrees(empty: StoreHarness, district: object) -> None:
    """Where nobody stands anywhere yet."""
    empty.take(district)  # type: ignore[arg-type]
    with open_batch(empty.database, empty.version, empty.day, silent) as batch:
        one_by_one, together = one_by_one_and_together(batch)
    assert one_by_one == together
    assert {row["state"] for row in together} == {"in_effect", "proposed"}
