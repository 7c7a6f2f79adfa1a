"""All facts and results of a store as files that SQL can ask, for questions about groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.resolve import COLUMNS
from scoring.sql.literals import literal
from scoring.store.snapshot.renewing import open_linked_facts
from scoring.store.tables.orm import Assessment, Standing

_FORM = pa.schema([(name, pa.string()) for name in ("enterprise_id", "band", "status")])


@dataclass
class Extract:
    """The files, which are there while the extract is open.

    Attributes:
        version: The policy of the results.
        as_of: Their day.
        fictitious: Whether some of the facts are made up.
        tables: The rows as relations of DuckDB, by the names of the files of a batch.
    """

    version: ResolvedPolicy
    as_of: date
    fictitious: bool
    tables: Mapping[str, str]

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over the files (see ``file``)."""
        with DuckEngine(threads=1, memory="500MB") as engine:
            return list(engine.select(text).to_pylist())

    def file(self, name: str) -> str:
        """One of the files as DuckDB names it."""
        return self.tables[name]


@contextmanager
def open_extract(results: CurrentResults) -> Iterator[Extract]:
    """The facts and results as they stand, until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(scratch_folder()))
        query = (
            select(Standing.enterprise_id, Standing.band, Assessment.status)
            .join(Assessment, Assessment.number == Standing.in_effect)
            .where(Standing.policy_id == results.version.policy.id)
        )
        with results.read() as connection:
            relations = results.version.law.relations
            facts = stack.enter_context(
                open_linked_facts(results.kept.database, connection, relations, folder)
            )
            rows = [dict(row) for row in connection.execute(query).mappings()]
        pq.write_table(pa.Table.from_pylist(rows, _FORM), folder / SCORES)
        tables = {f"{fact}.parquet": facts.rows(fact) for fact in COLUMNS}
        tables[SCORES] = f"read_parquet({literal(str(folder / SCORES))})"
        yield Extract(results.version, results.as_of, results.fictitious, tables)
