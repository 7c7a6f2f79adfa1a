"""Sources as a caller names them, and the source maps: shipped ones, or a TOML file."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from scoring.errors import SourceMapError, UsageError
from scoring.records.map.column_values import Value
from scoring.records.map.reasons import closest
from scoring.records.map.source_map import FileSpec, Join, SourceMap
from scoring.rules import MOST_NESTED, SOURCES, is_nested
from scoring.rules.wording import both

WORDS_OF_A_MAP = [
    *SourceMap.model_fields,
    *Value.model_fields,
    *FileSpec.model_fields,
    *Join.model_fields,
    "from",
    "when",
    "in",
]
"""What is offered for a misspelt word of a map."""
MAX_MAP = 1_000_000
"""Bytes of a map."""


@dataclass(frozen=True)
class SourceSpec:
    """A source as a caller names it: a map (shipped, or a TOML file) and a folder or file."""

    map: str
    path: Path

    def __str__(self) -> str:
        return f"{self.map}:{self.path}"


def parse_source(text: str) -> SourceSpec:
    """Parses ``map:path``, e.g. ``canonical:./district`` or ``my-map.toml:exports/2026``.

    Raises:
        UsageError: No map or no path is given.
    """
    map_name, colon, path = text.partition(":")
    # One letter is a drive, as in C:\maps\own.toml:D:\data, and no name of a map.
    if len(map_name) == 1 and colon and ".toml:" in path:
        map_name, colon, path = text.partition(".toml:")
        map_name += ".toml"
    if not (map_name and colon and path):
        raise UsageError("source_text_invalid", text=text, maps=shipped_maps())
    return SourceSpec(map_name, Path(path))


def shipped_maps() -> list[str]:
    """Names of the maps that come with the program."""
    return sorted(path.stem for path in SOURCES.glob("*.toml"))


def load_source_map(name_or_path: str) -> SourceMap:
    """Reads a map by its shipped name, or from a ``.toml`` file.

    Raises:
        SourceMapError: No such map, no TOML, or something in it is not known; says what and where.
    """
    is_file = name_or_path.endswith(".toml")
    if not is_file and name_or_path not in shipped_maps():
        nearest = closest(name_or_path, shipped_maps()) or "canonical"
        raise SourceMapError("source_map_unknown", name=name_or_path, near=nearest)
    map_file = Path(name_or_path) if is_file else SOURCES / f"{name_or_path}.toml"
    try:
        return SourceMap.model_validate(tomllib.loads(_map_text(map_file)))
    except ValidationError as error:
        raise _invalid(error, name_or_path) from error
    except SourceMapError:
        raise
    # ValueError: bytes that are not UTF-8, what is no TOML, and a number of thousands of digits.
    except (OSError, ValueError) as error:
        reason = str(error)
        raise SourceMapError("source_map_unreadable", place=name_or_path, reason=reason) from error
    except RecursionError as error:
        raise SourceMapError("source_map_nested", place=name_or_path, limit=MOST_NESTED) from error


def _map_text(path: Path) -> str:
    """The text of a map, if it has the size and the form of one.

    Raises:
        SourceMapError: It is no file, larger than any map, or nested deeper than a map can be.
        OSError: It cannot be read.
    """
    mode = path.stat()
    # A pipe would wait for ever, and a device never end.
    if not stat.S_ISREG(mode.st_mode):
        raise SourceMapError("source_map_no_file", place=str(path))
    if mode.st_size > MAX_MAP:
        raise SourceMapError("source_map_too_large", place=str(path), size=mode.st_size, limit=MAX_MAP)
    # Editors on Windows put a byte order mark in front.
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    if is_nested(text):
        raise SourceMapError("source_map_nested", place=str(path), limit=MOST_NESTED)
    return text


def _invalid(error: ValidationError, place: str) -> SourceMapError:
    """The first fault of a map: where it is, what is wrong, and the word that was meant."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"] if part != "dict[str,Value]") or "map"
    nearest = ""
    if fault["type"] == "extra_forbidden":
        nearest = closest(where.split(".")[-1], WORDS_OF_A_MAP)
    return SourceMapError(
        "source_map_invalid",
        place=place,
        where=where,
        fault=fault["msg"].removeprefix("Value error, "),
        hint=both("source_map_near", near=nearest) if nearest else "",
    )
