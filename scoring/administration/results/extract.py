"""All facts and results of a store as files that SQL can ask, for questions about groups."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from scoring.administration.results.current import CurrentResults
from scoring.assess.results_writer import SCORES
from scoring.disk import scratch_folder
from scoring.engine.duckdb import DuckEngine
from scoring.entities import silent
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.literals import literal
from scoring.store.facts.facts_snapshot import FactsSnapshot
from scoring.store.tables.orm import Assessment, Standing

_FORM = pa.schema([(name, pa.string()) for name in ("enterprise_id", "band", "status")])


@dataclass
class Extract:
    """The files, in a folder that is there while the extract is open.

    Attributes:
        version: The policy of the results.
        as_of: Their day.
        fictitious: Whether some of the facts are made up.
        folder: Where ``enterprises``, ``records`` and ``scores`` ``.parquet`` are.
    """

    version: ResolvedPolicy
    as_of: date
    fictitious: bool
    folder: Path

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over the files (see ``file``)."""
        with DuckEngine(threads=1, memory="500MB") as engine:
            return list(engine.select(text).to_pylist())

    def file(self, name: str) -> str:
        """One of the files as SQL names it."""
        return f"read_parquet({literal(str(self.folder / name))})"


@contextmanager
def open_extract(results: CurrentResults) -> Iterator[Extract]:
    """Writes the facts and results as they stand, and removes them at the end."""
    with scratch_folder() as name:
        folder = Path(name)
        query = (
            select(Standing.enterprise_id, Standing.band, Assessment.status)
            .join(Assessment, Assessment.number == Standing.in_effect)
            .where(Standing.policy_id == results.version.policy.id)
        )
        with results.read() as connection:
            FactsSnapshot.take(connection, folder, silent, relations=results.version.law.relations)
            rows = [dict(row) for row in connection.execute(query).mappings()]
        pq.write_table(pa.Table.from_pylist(rows, _FORM), folder / SCORES)
        yield Extract(results.version, results.as_of, results.fictitious, folder)
