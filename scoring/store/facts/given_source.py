"""A source as it lies there: where, its map, and its files with their digests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sqlalchemy import select

from scoring.records.map.source_map import SourceMap
from scoring.records.map.sources import SourceSpec, load_source_map
from scoring.records.read.files import resolve
from scoring.store.log.canonical_json import dumps
from scoring.store.tables.database import Database
from scoring.store.tables.orm import ImportRun, SourceMapVersion


@dataclass(frozen=True)
class GivenSource:
    """A source as it lies there.

    Attributes:
        spec: Where it lies.
        map: Its map.
        files: Its files, each with ``name`` and ``sha256``.
    """

    spec: SourceSpec
    map: SourceMap
    files: list[dict[str, str]]

    @classmethod
    def read(cls, spec: SourceSpec) -> GivenSource:
        """Looks at the files of a source.

        Raises:
            InputError: The source or its map cannot be read.
        """
        source_map = load_source_map(spec.map)
        paths: list[Path] = []
        for file in source_map.files.values():
            paths += resolve(file, spec.path)
        # Two tables of a map may stand in one file.
        files = [{"name": path.name, "sha256": _sha256(path)} for path in dict.fromkeys(paths)]
        return cls(spec, source_map, files)

    @cached_property
    def map_text(self) -> bytes:
        """Canonical JSON of the map."""
        return dumps(self.map.model_dump(mode="json", by_alias=True, exclude_none=True))

    @cached_property
    def map_sha256(self) -> str:
        """Digest of the map."""
        return hashlib.sha256(self.map_text).hexdigest()

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the map and all files: the same again brings nothing new."""
        return hashlib.sha256(dumps({"map": self.map_sha256, "files": self.files})).hexdigest()

    def as_begun(self, database: Database) -> tuple[GivenSource, bool]:
        """The source with the ids by which its map began in a store, and whether it did begin.

        Ids of another making would be other records: the store keeps those that it has.
        """
        used_before = select(SourceMapVersion.content).where(SourceMapVersion.map_id == self.map.id)
        with database.read() as connection:
            contents = [json.loads(content) for content in connection.execute(used_before).scalars()]
        ids = {content.get("ids", "as_written") for content in contents}
        if "as_written" in ids and "ids" not in self.map.model_fields_set:
            return replace(self, map=self.map.model_copy(update={"ids": "as_written"})), True
        return self, bool(contents)

    def known_before(self, database: Database) -> int | None:
        """How many versions the same files brought, if they were the last of their map and nothing was refused."""
        # A row that was refused may be accepted now, because its enterprise is known by now; and what other
        # files of the map have said since may contradict it.
        last_run = (
            select(
                ImportRun.fingerprint,
                ImportRun.rejected,
                ImportRun.enterprises,
                ImportRun.records,
                ImportRun.known,
            )
            .where(ImportRun.map_sha256 == self.map_sha256)
            .order_by(ImportRun.seq.desc())
            .limit(1)
        )
        with database.read() as connection:
            last = connection.execute(last_run).first()
        if last is None or last.rejected or last.fingerprint != self.fingerprint:
            return None
        return int(last.enterprises + last.records + last.known)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
