"""Own data: what the store holds, pseudonymous before anything that learns or ranks sees it, unless names are asked for.

Ids of enterprises and records, names, parents and acts become salted hashes; document numbers and notes are left out. Codes, days,
amounts and authorities stay: without them nothing could be learned. With them a pseudonym is no anonymity: the files are temporary.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from scoring.assess.dataset import Dataset
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Progress
from scoring.records.intake import Intake
from scoring.records.link.accounting import HEADER, SourceCounts
from scoring.sql.literals import literal
from scoring.store.standing.assessing import Snapshot
from scoring.store.tables import migrate
from scoring.store.tables.orm import ImportRun, SourceMapVersion

_HASHED = ("enterprise_id", "name", "parent_id", "record_id", "act_id")
_LEFT_OUT = ("document_no", "basis_document_no", "officer_note")


@contextmanager
def open_pseudonymous(address: str, salt: str | None, progress: Progress) -> Iterator[Dataset]:
    """The facts of a store, open in an engine; the copies are gone when the block ends.

    Args:
        address: A SQLite file or the URL of a PostgreSQL database.
        salt: What is hashed with every id; ``None`` leaves ids and names as they are, for those who act on them.
        progress: Called with a stage and the share done.
    """
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine() as engine:
        named, hidden = Path(folder) / "named", Path(folder) / "hidden"
        named.mkdir()
        hidden.mkdir()
        database = migrate.open_store(address)
        try:
            with database.read() as connection:
                facts, sources = Snapshot.take(connection, named, progress).clustered, _imports(connection)
        finally:
            database.close()
        shown = facts if salt is None else _pseudonymous(engine, facts, salt, hidden, progress)
        intake = _counted(engine, shown, sources)
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        yield Dataset(engine, tables, intake.covers, intake)


def _imports(connection: Connection) -> dict[str, SourceCounts]:
    """What became of the rows of every import, by its number and map: the path that it came from is somebody's folder."""
    told = ("rows_in", "accepted", "rejected", "merged", "out_of_scope", "records", "enterprises")
    asked = select(SourceMapVersion.map_id, *(getattr(ImportRun, name) for name in told))
    runs = connection.execute(
        asked.join(SourceMapVersion, SourceMapVersion.sha256 == ImportRun.map_sha256).order_by(ImportRun.seq)
    )
    return {f"{n} {name}": SourceCounts(*counts) for n, (name, *counts) in enumerate(runs.all(), 1)}


def _pseudonymous(
    engine: DuckEngine, facts: Clustered, salt: str, out: Path, progress: Progress
) -> Clustered:
    progress("pseudonyms", 0.0)
    enterprises, records = out / "enterprises.parquet", out / "records.parquet"
    _hide(engine, facts.enterprises, enterprises, salt, "enterprise_id, known_on NULLS FIRST")
    _hide(engine, facts.records, records, salt, "enterprise_id, record_id, known_on NULLS FIRST")
    facts.enterprises.unlink()
    facts.records.unlink()
    progress("pseudonyms", 1.0)
    return Clustered(enterprises, records, facts.covers)


def _counted(engine: DuckEngine, facts: Clustered, sources: dict[str, SourceCounts]) -> Intake:
    n_enterprises, n_records = (
        engine.select(f"SELECT {what} AS n FROM read_parquet({literal(str(path))})").to_pylist()[0]["n"]
        for what, path in (("count(DISTINCT enterprise_id)", facts.enterprises), ("count(*)", facts.records))
    )
    rejects = facts.enterprises.with_name("rejects.csv")
    rejects.write_text(
        ",".join(HEADER) + "\r\n", encoding="utf-8-sig", newline=""
    )  # what was refused is not in the store
    return Intake(facts.enterprises, facts.records, rejects, sources, facts.covers, n_enterprises, n_records)


def _hide(engine: DuckEngine, source: Path, target: Path, salt: str, order: str) -> None:
    """Copies a clustered file under pseudonyms, in their order."""
    rows = f"read_parquet({literal(str(source))})"
    columns = engine.select(f"SELECT * FROM {rows} LIMIT 0").column_names
    hidden = {name: f"left(sha256({literal(salt)} || {name}), 20)" for name in _HASHED}
    hidden |= dict.fromkeys(_LEFT_OUT, "CAST(NULL AS VARCHAR)")
    replaced = ", ".join(f"{expression} AS {name}" for name, expression in hidden.items() if name in columns)
    ordered = f"SELECT * FROM (SELECT * REPLACE ({replaced}) FROM {rows}) ORDER BY {order}"
    engine.select(f"COPY ({ordered}) TO {literal(str(target))} (FORMAT parquet)")
