"""A synthetic district, generated and scored once for the tests of the batch."""

from __future__ import annotations

import os

import pytest
from districts import District, make_district


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """A district of 2,000 enterprises (``SISE_ENTERPRISES`` for the campaign) under ``quzhou-demo``."""
    enterprises = int(os.environ.get("SISE_ENTERPRISES", "2000"))
    return make_district(tmp_path_factory.mktemp("district"), enterprises)
