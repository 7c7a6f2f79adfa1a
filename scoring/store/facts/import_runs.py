"""That a source was read: its run, its map and the log entry of the import."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from scoring.records.link.new_versions import NewVersions
from scoring.store.facts.given_source import GivenSource
from scoring.store.log.canonical_json import Json, dumps
from scoring.store.tables.orm import ImportRun, SourceMapVersion
from scoring.store.tables.writing import Writing


def has_map(connection: Connection, given: GivenSource) -> bool:
    """Whether a map was used before."""
    stored = select(SourceMapVersion.sha256).where(SourceMapVersion.sha256 == given.map_sha256)
    return connection.execute(stored).first() is not None


def store_run(writing: Writing, given: GivenSource, brought: NewVersions, begun: int | None = None) -> None:
    """Stores the run of a source, with its map if it is new, and the log entry of the import; what came in parts is seen from then on."""
    if not has_map(writing.connection, given):
        writing.insert(SourceMapVersion, [_map_row(given)])
    import_run = _run_row(writing, given, brought, begun)
    writing.insert(ImportRun, [import_run])
    payload = {
        "source": str(given.spec),
        "map": given.map_sha256,
        "files": given.files,
        "known": brought.n_known,
        "seq": import_run["seq"],
    }
    writing.log("import", payload if begun is None else {**payload, "begun": begun})


def _map_row(given: GivenSource) -> dict[str, Any]:
    return {
        "sha256": given.map_sha256,
        "map_id": given.map.id,
        "status": given.map.status,
        "covers": json.dumps(sorted(given.map.covered())),
        "content": given.map_text.decode(),
    }


def _run_row(writing: Writing, given: GivenSource, brought: NewVersions, begun: int | None) -> dict[str, Any]:
    counts = brought.counts
    rows_by_file = {file_name: file.rows_in for file_name, file in counts.files.items()}
    files: Json = [{**file, "rows": rows_by_file.get(file["name"], 0)} for file in given.files]
    return {
        "seq": writing.seqs(1)[0],
        "source": str(given.spec),
        "map_sha256": given.map_sha256,
        "fingerprint": given.fingerprint,
        "files": dumps(files).decode(),
        "rows_in": counts.rows_in,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "merged": counts.merged,
        "out_of_scope": counts.out_of_scope,
        "enterprises": brought.n_enterprises,
        "records": brought.n_records + brought.n_corrections,
        "known": brought.n_known,
        "begun": begun,
    }
