"""Sources that are read and open in an engine, for training, evaluation, ranking and DataFrames."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from scoring.disk import scratch_folder
from scoring.engine.cases import Relations
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Progress, RelationSet
from scoring.records.intake import Intake, read_sources
from scoring.records.map.sources import SourceSpec


@dataclass(frozen=True)
class Dataset:
    """Tables that are open in an engine, the kinds that their sources cover, and their files."""

    engine: DuckEngine
    tables: Relations
    covers: frozenset[str]
    intake: Intake


def open_sources(
    specs: Sequence[SourceSpec],
    progress: Progress,
    today: date | None = None,
    relations: RelationSet | None = None,
) -> AbstractContextManager[Dataset]:
    """Reads sources into a temporary folder and opens an engine on them.

    Args:
        specs: The sources.
        progress: Called with a step and the share done.
        today: The clock's day: nothing that happened may lie after it; without one any day may.
        relations: How records stand to each other; ``None``: by their act alone.
    """
    return open_intake(
        lambda folder: read_sources(specs, folder, today=today, progress=progress, relations=relations)
    )


@contextmanager
def open_intake(read: Callable[[Path], Intake]) -> Iterator[Dataset]:
    """Opens an engine on what ``read`` writes into a temporary folder."""
    with scratch_folder() as folder, DuckEngine() as engine:
        intake = read(Path(folder))
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        yield Dataset(engine, tables, intake.covers, intake)


def first_rejects(intake: Intake, most: int) -> list[dict[str, str]]:
    """The first lines of the rejects file, by its columns."""
    with intake.rejects.open(encoding="utf-8-sig", newline="") as rejects_file:
        return list(islice(csv.DictReader(rejects_file), most))
