"""The facts as of a ``seq``, as files that an engine reads."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, select

from scoring.engine.duckdb import Clustered
from scoring.entities import Progress, RelationSet
from scoring.records.intake import id_ranges
from scoring.records.link.versions import cluster_versions
from scoring.store.facts.stored_facts import versions
from scoring.store.tables.orm import Head, SourceMapVersion

MEMORY = "500MB"
"""Buffers of DuckDB while the facts are sorted: the server that does it has other work too."""


@dataclass(frozen=True)
class FactsSnapshot:
    """The facts up to ``seq`` as clustered files, with the kinds that the sources cover."""

    seq: int
    clustered: Clustered

    @classmethod
    def take(
        cls,
        connection: Connection,
        folder: Path,
        progress: Progress,
        seq: int | None = None,
        without: Collection[int] = (),
        relations: RelationSet | None = None,
    ) -> FactsSnapshot:
        """Writes the facts that a connection sees into a folder.

        Args:
            connection: The store.
            folder: Where.
            progress: Called with ``facts`` and the share done.
            seq: The last fact, by default the last one there.
            without: Versions of records to leave out: they are about to be deleted.
            relations: How records stand to each other; ``None``: by their act alone.
        """
        progress("facts", 0.0)
        last_fact = connection.execute(select(Head.seq)).scalar_one() if seq is None else seq
        kinds = covers(connection)
        enterprises = versions(connection, "enterprises", seq)
        records = versions(connection, "records", seq, without)
        paths = cluster_versions(enterprises, records, kinds, folder, memory=MEMORY, relations=relations)
        progress("facts", 1.0)
        return cls(last_fact, Clustered(*paths, kinds))

    def ranges(self, size: int) -> Sequence[tuple[str, str]]:
        """First and last id of every so many enterprises, in order."""
        return id_ranges(self.clustered.enterprises, size)


def covers(connection: Connection) -> frozenset[str]:
    """Kinds that the sources of the store cover together."""
    lists_of_kinds = connection.execute(select(SourceMapVersion.covers)).scalars()
    return frozenset(chain.from_iterable(map(json.loads, lists_of_kinds)))
