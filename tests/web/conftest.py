"""A client over the small synthetic district, and one enterprise of each kind."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest
from readers import AudienceClient, noon_of
from reading_day import day_of_result

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch

COLOURS = ("blue", "green", "yellow", "red", "none")


@pytest.fixture(scope="session")
def served_store(scored_store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the scored store in which accounts may be made."""
    place = tmp_path_factory.mktemp("served") / "sise.db"
    shutil.copyfile(scored_store, place)
    return str(place)


@pytest.fixture(scope="session")
def desk(served_store: str) -> AudienceClient:
    """A client of the desk, for all areas and departments."""
    return AudienceClient(served_store, "officer", noon_of(day_of_result()))


@pytest.fixture(scope="session")
def folder(scored_store: str) -> CurrentResults:
    """The results of the scored store."""
    return open_results(scored_store)


@pytest.fixture(scope="session")
def client(served_store: str) -> AudienceClient:
    """A client of the enterprise's own pages."""
    return AudienceClient(served_store, "enterprise", noon_of(day_of_result()))


@pytest.fixture(scope="session")
def public(served_store: str) -> AudienceClient:
    """A client of the public's pages."""
    return AudienceClient(served_store, "public", noon_of(day_of_result()))


@pytest.fixture(scope="session")
def ids(folder: CurrentResults) -> Mapping[str, str]:
    """An enterprise of each colour, one that is not rated, each with many records; and one outside the scheme."""
    found = {colour: folder.find(EnterpriseSearch(colour=colour), limit=30)[1] for colour in COLOURS}
    unrated = folder.find(EnterpriseSearch(colour="none"), limit=500)[1]
    found["outside"] = [score for score in unrated if score.status_reason == "outside_scheme"]
    found["none"] = [score for score in unrated if score.status_reason != "outside_scheme"]
    return {colour: max(scores, key=lambda s: s.n_records).enterprise_id for colour, scores in found.items()}
