"""What is in effect is counted, and apart what is proposed; both databases say the same."""

from __future__ import annotations

from stores import StoreHarness

from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.entities import FIRST_NOTICE
from scoring.store.standing.open_proposals import proposals, unserved
from scoring.store.standing.standings import counts_in_effect

LISTING = {"kind": "serious_violation_listing", "severity": "serious", "decided_on": "2026-09-30"}


def test_counts_in_effect_add_up(scored: StoreHarness) -> None:
    """Bands in effect and reasons of not being rated make all enterprises; a proposal moves none of them."""
    with scored.database.read() as connection:
        before = counts_in_effect(connection, scored.version.policy.id)
    enterprise_id = scored.one("blue")
    scored.add(enterprise_id, **LISTING)
    with scored.database.read() as connection:
        after = counts_in_effect(connection, scored.version.policy.id)
        waiting = proposals(connection, scored.version)
        pending = pending_proposals(KeptReadings(scored.database), connection, scored.version, scored.day)
    assert before == after
    assert scored.count("standing") == sum(after.bands.values()) + sum(after.not_rated.values())
    assert ([enterprise_id], 1) == (
        [proposal.enterprise_id for proposal in waiting],
        unserved(waiting, scored.version.policy),
    )
    assert [(enterprise_id, ["new_record"])] == [
        (proposal.enterprise_id, [cause.code for cause in proposal.causes]) for proposal in pending
    ]


def test_a_first_result_that_waits_is_not_rated(empty: StoreHarness, district: object) -> None:
    """Before a stock is taken over, whose first result waits is counted as not rated for that reason."""
    empty.take(district)  # type: ignore[arg-type]
    empty.score()
    with empty.database.read() as connection:
        counts = counts_in_effect(connection, empty.version.policy.id)
        waiting = proposals(connection, empty.version)
    assert 0 < counts.not_rated[FIRST_NOTICE] == len(waiting)
    assert empty.count("standing") == sum(counts.bands.values()) + sum(counts.not_rated.values())
