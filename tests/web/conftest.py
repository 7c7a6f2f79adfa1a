"""A client over the small synthetic district, and one enterprise of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from scoring.folder import ResultFolder
from web import create_app

COLOURS = ("blue", "green", "yellow", "red", "none")


@pytest.fixture(scope="session")
def folder(results_folder: Path) -> ResultFolder:
    """The result folder, open."""
    return ResultFolder(results_folder)


@pytest.fixture(scope="session")
def client(results_folder: Path) -> FlaskClient:
    """A client of the enterprise's own pages."""
    return create_app(results_folder).test_client()


@pytest.fixture(scope="session")
def public(results_folder: Path) -> FlaskClient:
    """A client of the public's pages."""
    return create_app(results_folder, audience="public").test_client()


@pytest.fixture(scope="session")
def ids(folder: ResultFolder) -> Mapping[str, str]:
    """An enterprise of each colour and one that is not rated, each with many records."""
    found = {colour: folder.find("", colour, limit=30)[1] for colour in COLOURS}
    return {colour: max(scores, key=lambda s: s.n_records).enterprise_id for colour, scores in found.items()}
