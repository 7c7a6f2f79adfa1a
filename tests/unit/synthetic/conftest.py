"""A district of 20,000 enterprises, made once, and the real names and codes that must not occur in it."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest

from scoring.analysis.synthetic import DistrictPlan, generate
from scoring.analysis.synthetic.district import Tables

REPOSITORY = Path(__file__).parents[3]
COLUMNS = ("enterprise_id", "display_name", "id_as_published")


@pytest.fixture(scope="session")
def district() -> Tables:
    """(enterprises, records, ledger) of the default plan."""
    return next(generate(DistrictPlan()))


@pytest.fixture(scope="session")
def real_words() -> set[str]:
    """Every code and name of the real records of Beijing's culture market."""
    folder = REPOSITORY.parent / "shared" / "data" / "beijing-culture"
    if not folder.is_dir():
        message = f"no real records at {folder}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    words: set[str] = set()
    for path in sorted(folder.glob("*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            words.update(row[column].strip() for row in rows for column in COLUMNS if row.get(column))
    return words
