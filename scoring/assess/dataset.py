"""Sources that are read and open in an engine: what training, evaluation and ranking ask their questions of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoring.engine.cases import Relations
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Progress
from scoring.records.intake import Intake, read_sources
from scoring.records.map.sources import SourceSpec


@dataclass(frozen=True)
class Dataset:
    """Tables that are open in an engine, the kinds that their sources cover, and the files behind them."""

    engine: DuckEngine
    tables: Relations
    covers: frozenset[str]
    intake: Intake


@contextmanager
def open_sources(specs: Sequence[SourceSpec], progress: Progress) -> Iterator[Dataset]:
    """Reads sources into a temporary folder and opens an engine on them."""
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine() as engine:
        intake = read_sources(specs, Path(folder), progress=progress)
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        yield Dataset(engine, tables, intake.covers, intake)
