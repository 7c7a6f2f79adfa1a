"""The facts of a store under pseudonyms, for whatever learns or ranks, unless names are asked for.

Ids of enterprises and records, names, parents and acts become salted hashes; document numbers and
notes are left out. Codes, days, amounts and authorities stay: without them nothing could be
learned. With them a pseudonym is no anonymity: the files are temporary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select

from scoring.assess.dataset import Dataset
from scoring.disk import scratch_folder
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Progress
from scoring.records.intake import Intake
from scoring.records.link.accounting import HEADER, SourceCounts
from scoring.records.link.versions import cluster_versions
from scoring.sql.literals import literal
from scoring.store.facts.covered_kinds import covers
from scoring.store.facts.stored_facts import TABLES, versions
from scoring.store.tables import migrate
from scoring.store.tables.orm import ImportRun, SourceMapVersion

_HASHED = (
    *("enterprise_id", "name", "parent_id", "record_id", "act_id", "matter_id"),
    *("refers_to", "matter", "recheck_of", "series", "inherited_from"),
)
_LEFT_OUT = ("document_no", "basis_document_no", "officer_note")


@contextmanager
def open_pseudonymous(address: str, salt: str | None, progress: Progress) -> Iterator[Dataset]:
    """The facts of a store, open in an engine; the copies are gone when the block ends.

    Args:
        address: A SQLite file or the URL of a PostgreSQL database.
        salt: What is hashed with every id; ``None`` leaves ids and names, for whoever acts on them.
        progress: Called with a stage and the share done.
    """
    with scratch_folder() as folder, DuckEngine() as engine:
        named, hidden = Path(folder) / "named", Path(folder) / "hidden"
        named.mkdir()
        hidden.mkdir()
        database = migrate.open_store(address)
        try:
            with database.read() as connection:
                facts = _clustered(connection, named, progress)
                sources = _imports(connection)
        finally:
            database.close()
        if salt is not None:
            facts = _hide_facts(engine, facts, salt, hidden, progress)
        intake = _intake(engine, facts, sources)
        yield Dataset(engine, engine.files(facts), intake.covers, intake)


def _clustered(connection: Connection, folder: Path, progress: Progress) -> Clustered:
    """All facts as clustered files in a folder, related by their acts alone."""
    progress("facts", 0.0)
    kinds = covers(connection)
    enterprises, records = (versions(connection, fact) for fact in TABLES)
    paths = cluster_versions(enterprises, records, kinds, folder)
    progress("facts", 1.0)
    return Clustered(*paths, kinds)


def _imports(connection: Connection) -> dict[str, SourceCounts]:
    """What became of the rows of every import, by its number and map."""
    # Not by its path, which names somebody's folder.
    counts = ("rows_in", "accepted", "rejected", "merged", "out_of_scope", "records", "enterprises")
    import_runs = connection.execute(
        select(SourceMapVersion.map_id, *(getattr(ImportRun, column) for column in counts))
        .join(SourceMapVersion, SourceMapVersion.sha256 == ImportRun.map_sha256)
        .order_by(ImportRun.seq)
    ).all()
    return {
        f"{number} {map_id}": SourceCounts(*numbers)
        for number, (map_id, *numbers) in enumerate(import_runs, 1)
    }


def _hide_facts(
    engine: DuckEngine, facts: Clustered, salt: str, folder: Path, progress: Progress
) -> Clustered:
    """Copies of the clustered files under pseudonyms; the originals are deleted."""
    progress("pseudonyms", 0.0)
    enterprises, records = folder / "enterprises.parquet", folder / "records.parquet"
    _hide(engine, facts.enterprises, enterprises, salt, "enterprise_id, known_on NULLS FIRST")
    _hide(engine, facts.records, records, salt, "enterprise_id, record_id, known_on NULLS FIRST")
    facts.enterprises.unlink()
    facts.records.unlink()
    progress("pseudonyms", 1.0)
    return Clustered(enterprises, records, facts.covers)


def _intake(engine: DuckEngine, facts: Clustered, sources: dict[str, SourceCounts]) -> Intake:
    """The facts as what a reading of sources would have given."""
    n_enterprises = _count(engine, facts.enterprises, "count(DISTINCT enterprise_id)")
    n_records = _count(engine, facts.records, "count(*)")
    rejects = facts.enterprises.with_name("rejects.csv")
    # The head alone: what was refused is not in the store.
    rejects.write_text(",".join(HEADER) + "\r\n", encoding="utf-8-sig", newline="")
    return Intake(facts.enterprises, facts.records, rejects, sources, facts.covers, n_enterprises, n_records)


def _count(engine: DuckEngine, path: Path, expression: str) -> int:
    counted = engine.select(f"SELECT {expression} AS n FROM read_parquet({literal(str(path))})")
    return int(counted.to_pylist()[0]["n"])


def _hide(engine: DuckEngine, source: Path, target: Path, salt: str, order: str) -> None:
    """Copies a clustered file under pseudonyms, in their order."""
    clustered_rows = f"read_parquet({literal(str(source))})"
    columns = engine.select(f"SELECT * FROM {clustered_rows} LIMIT 0").column_names
    expressions = {column: f"left(sha256({literal(salt)} || {column}), 20)" for column in _HASHED}
    expressions |= dict.fromkeys(_LEFT_OUT, "CAST(NULL AS VARCHAR)")
    replaced = ", ".join(
        f"{expression} AS {column}" for column, expression in expressions.items() if column in columns
    )
    hidden = f"SELECT * FROM (SELECT * REPLACE ({replaced}) FROM {clustered_rows}) ORDER BY {order}"
    engine.select(f"COPY ({hidden}) TO {literal(str(target))} (FORMAT parquet)")
