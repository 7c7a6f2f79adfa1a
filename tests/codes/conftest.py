"""A small district with codes, made once for all tests of codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from coded_stores import CodedStore
from stores import DAY

from scoring.analysis.synthetic import DistrictPlan, write_district

ENTERPRISES = int(os.environ.get("SISE_CODED", "120"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of enterprises whose colours are in effect and have codes; it is closed, to be copied."""
    folder, place = tmp_path_factory.mktemp("district"), tmp_path_factory.mktemp("built")
    write_district(DistrictPlan(enterprises=ENTERPRISES), folder)
    made = CodedStore(place, DAY)
    made.take(folder)
    made.score()
    made.adopt()
    made.database.close()
    return place
