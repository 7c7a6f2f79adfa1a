"""Where photographs lie: in a folder beside the store, by visit and digest, and never in the database."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoring.administration.inspection.photo_reading import ReadPhoto
from scoring.disk import atomic_file, private_file
from scoring.errors import EnvironmentRefusedError, InputError
from scoring.store.tables.database import Database

FOLDER = "SISE_PHOTOS"
"""Environment variable with the folder; beside a SQLite store there is one by default."""
SUFFIX = ".photos"
_KEY = re.compile(r"[0-9a-f]{8,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class PhotoFolder:
    """The folder.

    Attributes:
        place: Where it is; ``None``: nobody said where, and no photograph is taken.
    """

    place: Path | None

    @classmethod
    def of(cls, database: Database, environment: Mapping[str, str]) -> PhotoFolder:
        """The folder that belongs to a store."""
        if named := environment.get(FOLDER):
            return cls(Path(named))
        return cls(Path(f"{database.url.database}{SUFFIX}") if database.is_sqlite else None)

    def keep(self, key: str, photo: ReadPhoto) -> None:
        """Keeps a photograph of a visit; the same again changes nothing.

        Args:
            key: What the records of the visit begin with.
            photo: The photograph.

        Raises:
            EnvironmentRefusedError: There is no folder.
        """
        path = self._path(key, photo.sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic_file(path) as part:
            private_file(part)
            part.write_bytes(photo.content)

    def read(self, key: str, sha256: str) -> bytes | None:
        """A photograph; ``None``: it is gone.

        Raises:
            InputError: It is not the one that was kept.
        """
        path = self._path(key, sha256)
        if not path.is_file():
            return None
        content = path.read_bytes()
        # The name is the digest, which the minutes hold and the log binds.
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError("photo_changed", sha256=sha256)
        return content

    def drop(self, key: str, sha256: str | None = None) -> int:
        """Deletes a photograph of a visit, or all of them; how many."""
        if self.place is None or not self.place.exists():
            return 0
        if sha256 is not None:
            path = self._path(key, sha256)
            is_there = path.exists()
            path.unlink(missing_ok=True)
            return int(is_there)
        folder = self._folder(key)
        count = len(list(folder.glob("*.jpg"))) if folder.is_dir() else 0
        shutil.rmtree(folder, ignore_errors=True)
        return count

    def visit_keys(self) -> list[str]:
        """The visits of which there are photographs."""
        if self.place is None or not self.place.is_dir():
            return []
        return sorted(entry.name for entry in self.place.iterdir() if _KEY.fullmatch(entry.name))

    def kept(self, key: str) -> list[str]:
        """The digests of the photographs of a visit."""
        folder = self._folder(key)
        return sorted(path.stem for path in folder.glob("*.jpg")) if folder.is_dir() else []

    def _folder(self, key: str) -> Path:
        if self.place is None:
            raise EnvironmentRefusedError("photo_folder_missing", variable=FOLDER)
        # Nothing that somebody typed is part of a path.
        if not _KEY.fullmatch(key):
            raise InputError("photo_unreadable", formats=["JPEG", "PNG"])
        return self.place / key

    def _path(self, key: str, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise InputError("photo_unreadable", formats=["JPEG", "PNG"])
        return self._folder(key) / f"{sha256}.jpg"
