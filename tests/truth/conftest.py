"""A scored district and its explained enterprises, for checking that what is printed is true."""

from __future__ import annotations

import os

import pytest
from districts import AS_OF, District, in_store, make_district

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.search import EnterpriseSearch
from scoring.entities import Explanation

SAMPLE = int(os.environ.get("SISE_TRUTH", "12"))
"""Enterprises that are explained; a campaign sets 1,000."""


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A district with enough enterprises of every colour."""
    # Read on its own day: a store of that day refuses what bears a later one.
    return make_district(tmp_path_factory.mktemp("truth"), max(2_000, SAMPLE * 15), today=AS_OF)


@pytest.fixture(scope="session")
def stored(district: District, tmp_path_factory: pytest.TempPathFactory) -> CurrentResults:
    """The district in a store."""
    return in_store(district.sources, district.version, AS_OF, tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def explained(stored: CurrentResults) -> dict[str, Explanation]:
    """Explanations by id: of every colour alike as far as there are enough, then of those that have records to explain."""
    colours = ("red", "yellow", "blue", "green", "none")
    chosen: list[str] = []
    for n, colour in enumerate(colours):
        wanted = (SAMPLE - len(chosen)) // (len(colours) - n)
        chosen += [row.enterprise_id for row in stored.find(EnterpriseSearch(colour=colour), limit=wanted)[1]]
    assert AS_OF == stored.as_of
    return {enterprise_id: stored.explain(enterprise_id) for enterprise_id in chosen}
