"""A client over the small synthetic district, and one enterprise of each kind."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from reading_day import day_of_result

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from web import create_app

COLOURS = ("blue", "green", "yellow", "red", "none")


@pytest.fixture(scope="session")
def folder(scored_store: str) -> CurrentResults:
    """The results of the scored store."""
    return open_results(scored_store)


@pytest.fixture(scope="session")
def client(scored_store: str) -> FlaskClient:
    """A client of the enterprise's own pages."""
    return create_app(scored_store, today=day_of_result).test_client()


@pytest.fixture(scope="session")
def public(scored_store: str) -> FlaskClient:
    """A client of the public's pages."""
    return create_app(scored_store, today=day_of_result, audience="public").test_client()


@pytest.fixture(scope="session")
def ids(folder: CurrentResults) -> Mapping[str, str]:
    """An enterprise of each colour, one that is not rated, each with many records; and one outside the scheme."""
    found = {colour: folder.find("", colour, limit=30)[1] for colour in COLOURS}
    unrated = folder.find("", "none", limit=500)[1]
    found["outside"] = [score for score in unrated if score.status_reason == "outside_scheme"]
    found["none"] = [score for score in unrated if score.status_reason != "outside_scheme"]
    return {colour: max(scores, key=lambda s: s.n_records).enterprise_id for colour, scores in found.items()}
