"""The files of a source in its folder: which a map reads, and which lie beside them unread."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from scoring.errors import InputError
from scoring.records.map.source_map import FileSpec

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".xlsx", ".parquet")
"""Formats that are read, by suffix, in capitals or not."""
OTHER_SHEETS = (".xls", ".xlsb", ".xlsm", ".ods", ".et", ".xlsx.gz", ".xls.gz")
"""Workbooks of other formats: what they hold belongs to the source."""
LOCKS = ("~$", "._", ".~lock.")
"""How the names of files begin that programs leave beside a file that is open."""
MOST_FOLDERS = 10_000
WILD = frozenset("*?[")


@dataclass
class FolderFiles:
    """What lies in the folder of a source.

    Attributes:
        root: The folder, or the single file.
        locks: Names of files that a program left beside one that was open; they hold no rows.
        unread: Names of other files that no pattern of the map meets.
    """

    root: Path
    locks: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def of(self, spec: FileSpec) -> list[Path]:
        """Files that an entry of the map describes, in order of name.

        Raises:
            InputError: Several alternatives of one file are present, so that it is not clear which
                is meant; or what has its name is no file.
        """
        for pattern in spec.paths:
            self._refuse_other_sheets(pattern)
        if not self.root.is_dir():
            return [self.root] if any(_matches(self.root.name, path) for path in spec.paths) else []
        alternatives = [self._of_pattern(pattern) for pattern in spec.paths]
        present = [paths for paths in alternatives if paths]
        first_names = [paths[0].name for paths in present]
        if len(present) == 1 and not WILD & set(spec.paths[alternatives.index(present[0])]):
            first_names = [path.name for path in present[0]]
        if len(first_names) > 1:
            raise InputError("file_versions_several", place=str(self.root), names=", ".join(first_names))
        return present[0] if present else []

    def note_others(self, read: set[Path]) -> None:
        """Keeps the names of what lies in the folder and is not read."""
        if not self.root.is_dir():
            return
        for path in _entries(self.root):
            if path.name.startswith(LOCKS):
                self.locks.append(path.name)
            elif path not in read and not path.is_dir() and not path.name.startswith("."):
                self.unread.append(path.name)

    def _of_pattern(self, pattern: str) -> list[Path]:
        paths = sorted(_walk(self.root, PurePosixPath(pattern.replace("\\", "/")).parts))
        for path in paths:
            refuse_no_file(path)
        return paths

    def _refuse_other_sheets(self, pattern: str) -> None:
        """Refuses a workbook of another format with the name of a file that is read: it would be missed."""
        name = PurePosixPath(pattern.replace("\\", "/")).name
        suffix = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)
        if suffix is None:
            return
        stem = name[: -len(suffix)]
        for path in _entries(self.root) if self.root.is_dir() else [self.root]:
            for other in OTHER_SHEETS:
                if _matches(path.name, stem + other) and not path.name.startswith(LOCKS):
                    raise InputError("file_old_workbook", place=str(path), name=path.name)


def refuse_no_file(path: Path) -> None:
    """Refuses what has the name of a file and is none: a folder, a pipe, a link that leads nowhere.

    Raises:
        InputError: Says what it is.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise InputError("file_link_broken", place=str(path), reason=error.strerror) from error
    except OSError as error:
        # Links that lead to each other; without permission the environment is at fault.
        if not path.is_symlink() or isinstance(error, PermissionError):
            raise
        raise InputError("file_link_broken", place=str(path), reason=error.strerror) from error
    if not stat.S_ISREG(mode):
        raise InputError("file_is_none", place=str(path), name=path.name)


def _matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern, capitals or not: exporters write .CSV as well."""
    return fnmatchcase(name.lower(), pattern.lower())


def _walk(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """What a pattern meets in a folder, part by part; lock files never."""
    if parts[0] == "**":
        for inner in _folders(folder):
            yield from _walk(inner, parts[1:] or ("*",))
        return
    for path in _entries(folder):
        if not _matches(path.name, parts[0]) or path.name.startswith(LOCKS):
            continue
        if len(parts) == 1:
            yield path
        elif path.is_dir():
            yield from _walk(path, parts[1:])


def _folders(folder: Path) -> Iterator[Path]:
    """A folder and all below it; links to folders are not followed, for they may lead back.

    Raises:
        InputError: There are too many.
    """
    for count, (inner, _, _) in enumerate(os.walk(folder)):
        if count == MOST_FOLDERS:
            raise InputError("source_folders_too_many", place=str(folder), limit=MOST_FOLDERS)
        yield Path(inner)


def _entries(folder: Path) -> list[Path]:
    return sorted(Path(entry.path) for entry in os.scandir(folder))
