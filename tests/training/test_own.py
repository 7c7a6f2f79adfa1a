"""Own data: a store trains as its files do, and no identity comes as far as training."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from stores import ACTOR, StoreHarness, ready
from trained_model import TrainedModel

from scoring.analysis.training.pipeline import train_table
from scoring.analysis.training.train import source_of
from scoring.entities import silent
from scoring.records.map.sources import SourceSpec
from scoring.store.facts.importing import Lists, import_source
from scoring.store.facts.pseudonymous import open_pseudonymous
from scoring.store.tables.database import Database

HIDDEN = re.compile(r"[0-9a-f]{20}")


@pytest.fixture(scope="module")
def store(district_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite store that holds the small district."""
    folder = tmp_path_factory.mktemp("own")
    address = str(folder / "sise.db")
    database = Database(address)
    try:
        harness = StoreHarness(database, date(2026, 11, 1))
        ready(database, harness.clock)
        spec = SourceSpec("canonical", district_folder)
        import_source(
            database,
            spec,
            ACTOR,
            harness.clock,
            lists=Lists(rejects=folder / "rejects.csv"),
        )
    finally:
        database.close()
    return address


def test_store_gives_the_table_that_its_files_give(trained: TrainedModel, store: str) -> None:
    """Under pseudonyms the same points are learned from the same cases.

    Identities, numbers and notes are nowhere in what is read.
    """
    with open_pseudonymous(store, "s" * 16, silent) as data:
        source = source_of(trained.definition, data.engine, data.tables, data.covers)
        table, ready = train_table(trained.definition, source)
        counts = data.intake.sources["1 canonical"]
        refused = data.intake.rejects.read_text(encoding="utf-8-sig").splitlines()
        people = data.engine.select(
            f"SELECT DISTINCT enterprise_id, name FROM {data.tables.enterprises}"
        ).to_pylist()
        revealing = data.engine.select(
            f"""
            SELECT count(document_no) + count(basis_document_no) + count(officer_note) AS told,
                   count(*) FILTER (NOT regexp_full_match(record_id, '{HIDDEN.pattern}')) AS named
            FROM {data.tables.records}"""
        ).to_pylist()
    assert all(HIDDEN.fullmatch(person["enterprise_id"]) for person in people)
    assert all(HIDDEN.fullmatch(person["name"]) for person in people)
    assert [{"told": 0, "named": 0}] == revealing
    accounted = counts.accepted + counts.rejected + counts.merged + counts.out_of_scope
    # The file of rejected rows has its head and nothing else.
    assert (counts.rows_in, 1) == (accounted, len(refused))
    assert len(ready.labelled.cases) == len(trained.ready.labelled.cases)
    assert table.features == trained.table.features
    assert table.metrics["holdout"]["window"] == trained.table.metrics["holdout"]["window"]
