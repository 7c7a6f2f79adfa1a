"""Source maps: TOML files that say how the files of a source become canonical rows. Data, read and checked; nothing runs here."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from scoring.entities import CODED_COLUMNS, ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType, codes
from scoring.errors import SourceMapError, UsageError
from scoring.rules import SOURCES

Unit = Literal["fen", "yuan", "wan_yuan"]
Scalar = str | int


CONSTANTS: Mapping[ColumnType, str] = {
    "text": ".*",
    "int": r"[+-]?[0-9]{1,13}",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
EXAMPLES: Mapping[ColumnType, str] = {
    "text": 'e.g. { column = "CF_WSH" } or { constant = "inspection" }',
    "int": 'e.g. { column = "CF_NR_FK", unit = "wan_yuan" } or { constant = 100 }',
    "date": 'e.g. { column = "CF_JDRQ" } or { after = "decided_on", days = 7, assumed = true }',
}
"""What a constant of each type looks like, and how a column of each type is made."""


class Strict(BaseModel):
    """Base of the tables of a map: a word that is not known is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """How one canonical column is made. Exactly one of the ways: column, columns, first, sum, constant, after, same.

    Attributes:
        column: Take this source column.
        columns: Join these source columns with ``separator``; empty ones are left out.
        first: The first of these source columns that is not empty.
        sum: The sum of these amounts (empty counts as 0 unless all are empty).
        constant: The same value on every row.
        after: A canonical date of the same row, plus ``days`` calendar days.
        same: Each canonical column is taken from the source column of its own name.
        values: Value table on the source text; a text that is not in it is refused unless ``otherwise`` is given.
            ``""`` as a value leaves the column empty.
        containing: Ordered pairs (fragment, value): the first fragment found in the text decides.
        otherwise: The value for any other text.
        prefix: Put in front of a text (makes local ids unique).
        suffix: Put behind a text.
        formats: Date formats (``%Y-%m-%d``); default: the usual ones.
        unit: Unit of an amount in the source.
        scale: Factor of a number (``value_x100`` of a score: 100).
        assumed: The date is an assumption of the map and is reported as such.
    """

    column: str | None = None
    columns: tuple[str, ...] | None = None
    first: tuple[str, ...] | None = None
    sum: tuple[str, ...] | None = None
    constant: Scalar | None = None
    after: Literal["occurred_on", "decided_on"] | None = None
    days: Annotated[int, Field(ge=0, le=3660)] = 0
    separator: str = ":"
    values: dict[str, Scalar] | None = None
    containing: tuple[tuple[str, Scalar], ...] | None = None
    otherwise: Scalar | None = None
    prefix: str = ""
    suffix: str = ""
    formats: tuple[str, ...] | None = None
    unit: Unit = "fen"
    scale: Annotated[int, Field(ge=1, le=10_000)] = 1
    assumed: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Value:
        ways = (self.column, self.columns, self.first, self.sum, self.constant, self.after)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                'exactly one of column, columns, first, sum, constant, after is needed, e.g. { column = "CF_WSH" }'
            )
        return self

    def sources(self) -> tuple[str, ...]:
        """Source columns that the value reads."""
        return (self.column,) if self.column else (self.columns or self.first or self.sum or ())


TESTS = ("equals", "at_least", "at_most", "in", "unless", "not_empty")


class Condition(Strict):
    """One condition on a source column; the conditions of an emit must all hold. An empty cell meets none of them but ``unless``."""

    column: str
    equals: Scalar | None = None
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[Scalar, ...] | None = Field(default=None, alias="in")
    unless: tuple[Scalar, ...] | None = None
    not_empty: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = (self.equals, self.at_least, self.at_most, self.one_of, self.unless, self.not_empty)
        if sum(test is not None for test in tests) != 1:
            raise ValueError(
                f'exactly one of {", ".join(TESTS)} is needed, e.g. {{ column = "kind", equals = "fine" }}'
            )
        return self


class FileSpec(Strict):
    """A file of the source: path or glob inside its folder; the suffix gives the format."""

    path: str | tuple[str, ...]
    encoding: Literal["utf-8", "gb18030", "auto"] = "auto"
    natural_person: Condition | None = None
    optional: bool = False
    optional_columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _inside(self) -> FileSpec:
        for path in self.paths or ("",):
            if (
                not path
                or path.startswith(("/", "\\"))
                or ":" in path
                or ".." in PurePosixPath(path.replace("\\", "/")).parts
            ):
                raise ValueError(
                    f'path is a name or pattern inside the folder of the source, e.g. "cases.csv" or "*.csv", got {path!r}'
                )
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The alternatives, in order of preference within one file."""
        return (self.path,) if isinstance(self.path, str) else self.path


class Join(Strict):
    """A look-up: columns (or counts of rows) of ``file`` are added to the rows of ``to`` where the keys agree."""

    to: str
    file: str
    on: dict[str, str]
    columns: tuple[str, ...] = ()
    count: dict[str, dict[str, Scalar]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_use(self) -> Join:
        if bool(self.columns) == bool(self.count) or not self.on:
            raise ValueError(
                'a join needs on, and either columns or count, e.g. on = { case_no = "case_no" }, columns = ["party"]'
            )
        return self


class Emit(Strict):
    """One canonical row for every source row on which all conditions hold. ``columns = "same"`` is the canonical format itself."""

    source: str = Field(alias="from")
    when: tuple[Condition, ...] = ()
    columns: dict[str, Value] | Literal["same"]


class Title(Strict):
    """A text in both languages."""

    zh: str
    en: str


class SourceMap(Strict):
    """A whole source map; see the comments of ``rules/sources/canonical.toml`` for the format."""

    id: str
    title: Title
    note: Title
    status: Literal["published format", "assumed"]
    scheme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] | None = None
    create_enterprises: bool = False
    strict_columns: bool = False
    covers: tuple[str, ...]
    sentinels: tuple[str, ...] = ()
    files: dict[str, FileSpec]
    join: tuple[Join, ...] = ()
    enterprises: tuple[Emit, ...] = ()
    emit: tuple[Emit, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> SourceMap:
        used = [emit.source for emit in self.emits()] + [
            name for join in self.join for name in (join.to, join.file)
        ]
        if not self.emits():
            raise ValueError("the map gives nothing: it needs [[emit]] or [[enterprises]]")
        for name in used:
            if name not in self.files:
                raise ValueError(f"file {name!r} is not described under [files]: {', '.join(self.files)}")
        for kind in set(self.covers) - {"*"} - set(codes()["kinds"]):
            raise ValueError(
                f"covers names {kind!r}, which is no kind; did you mean {closest(kind, codes()['kinds']) or 'inspection'!r}?"
            )
        if self.create_enterprises and not self.enterprises:
            raise ValueError("create_enterprises needs [[enterprises]] that say how to name them")
        for emit in self.enterprises:
            check_columns(emit, ENTERPRISE_COLUMNS, ("enterprise_id",))
        for emit in self.emit:
            check_columns(emit, RECORD_COLUMNS, ("record_id", "enterprise_id", "kind"))
        return self

    def emits(self) -> tuple[Emit, ...]:
        """All emits, that of the enterprises first."""
        return (*self.enterprises, *self.emit)

    def assumed(self) -> tuple[str, ...]:
        """Columns whose date is an assumption of this map."""
        found = {
            name
            for emit in self.emits()
            if emit.columns != "same"
            for name, value in emit.columns.items()
            if value.assumed
        }
        return tuple(sorted(found))

    def units(self) -> dict[str, str]:
        """Units in which the source writes its amounts, by canonical column."""
        return {
            name: value.unit
            for emit in self.emits()
            if emit.columns != "same"
            for name, value in emit.columns.items()
        }

    def covered(self) -> frozenset[str]:
        """Kinds that the source covers: without records they are zero, not unknown."""
        return frozenset(codes()["kinds"]) if "*" in self.covers else frozenset(self.covers)


def check_columns(emit: Emit, known: Mapping[str, ColumnType], needed: tuple[str, ...]) -> None:
    """Refuses canonical columns that do not exist, needed ones that are absent, codes that are not listed and ways that do not fit."""
    if emit.columns == "same":
        return
    for name, value in emit.columns.items():
        if name not in known:
            raise ValueError(
                f"{name!r} is no canonical column"
                + (f"; did you mean {near!r}?" if (near := closest(name, known)) else "")
            )
        check_value(name, known[name], value)
        table = codes()[CODED_COLUMNS[name]] if name in CODED_COLUMNS else None
        given = [
            value.constant,
            value.otherwise,
            *(value.values or {}).values(),
            *(pair[1] for pair in value.containing or ()),
        ]
        for code in [
            str(one) for one in given if one not in (None, "") and table is not None and str(one) not in table
        ]:
            near = closest(code, table or ())
            raise ValueError(
                f"{name}: {code!r} is no code of {CODED_COLUMNS[name]}"
                + (f"; did you mean {near!r}?" if near else "")
            )
    for name in needed:
        if name not in emit.columns:
            raise ValueError(f"the emit from {emit.source!r} gives no {name!r}")


def check_value(name: str, kind: ColumnType, value: Value) -> None:
    """Refuses a way of making a column that its type does not allow, so that it fails when the map is loaded and not on a row."""
    wrong = {
        "after": value.after is not None and kind != "date",
        "formats": value.formats is not None and kind != "date",
        "sum": value.sum is not None and kind != "int",
        "values": value.values is not None and kind != "text",
        "containing": value.containing is not None and kind != "text",
        "columns": value.columns is not None and kind != "text",
        "prefix": bool(value.prefix or value.suffix) and kind != "text",
    }
    if way := next((way for way, is_wrong in wrong.items() if is_wrong), None):
        raise ValueError(f"{name}: {way!r} does not make a column of type {kind}; {EXAMPLES[kind]}")
    if value.constant is not None and not re.fullmatch(CONSTANTS[kind], str(value.constant), re.DOTALL):
        raise ValueError(f"{name}: the constant {value.constant!r} is no {kind}; {EXAMPLES[kind]}")
    for one in value.formats or ():
        if not re.fullmatch(r"([^%]|%%|%-?[YymdHMSfjbBaApI])+", one) or "%" not in one:
            raise ValueError(
                f'{name}: {one!r} is no date format; write %Y, %m, %d, %H, %M, %S, e.g. "%d.%m.%Y"'
            )


def closest(word: str, known: Iterable[str]) -> str:
    """The known word nearest to ``word``; empty if none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def unknown_column(name: str, known: Iterable[str], place: str) -> SourceMapError:
    """The error for a column that the canonical format does not have."""
    near = closest(name, known)
    return SourceMapError(
        f"不认识的列 {name!r}；" + (f"是否指 {near!r}？" if near else f"可用的列：{'、'.join(known)}"),
        f"unknown column {name!r}; "
        + (f"did you mean {near!r}?" if near else f"the columns are {', '.join(known)}"),
        place,
    )


@dataclass(frozen=True)
class SourceSpec:
    """A source as a caller names it: a map (shipped name or path of a TOML file) and a folder or file."""

    map: str
    path: Path

    def __str__(self) -> str:
        return f"{self.map}:{self.path}"


def parse_source(text: str) -> SourceSpec:
    """Parses ``map:path``, e.g. ``canonical:./district`` or ``my-map.toml:exports/2026``.

    Raises:
        UsageError: No map or no path is given.
    """
    name, colon, path = text.partition(":")
    if len(name) == 1 and colon and ".toml:" in path:  # a drive letter, as in C:\maps\own.toml:D:\data
        name, colon, path = text.partition(".toml:")
        name += ".toml"
    if not (name and colon and path):
        raise UsageError(
            f"来源应写作“映射:路径”，收到的是 {text!r}；例如 canonical:./district（可用映射：{'、'.join(shipped_maps())}）",
            f"a source is written map:path, got {text!r}; for example canonical:./district (maps: {', '.join(shipped_maps())})",
        )
    return SourceSpec(name, Path(path))


def shipped_maps() -> list[str]:
    """Names of the maps that come with the program."""
    return sorted(path.stem for path in SOURCES.glob("*.toml"))


def load_source_map(name_or_path: str) -> SourceMap:
    """Reads a map by its shipped name, or from a ``.toml`` file.

    Raises:
        SourceMapError: No such map, no TOML, or something in it is not known; says what and where.
    """
    own = name_or_path.endswith(".toml")
    if not own and name_or_path not in shipped_maps():
        near = closest(name_or_path, shipped_maps()) or "canonical"
        raise SourceMapError(
            f"没有名为 {name_or_path!r} 的来源映射；是否指 {near!r}？也可给出 .toml 文件的路径",
            f"there is no source map {name_or_path!r}; did you mean {near!r}? The path of a .toml file is fine too",
        )
    try:
        file = Path(name_or_path) if own else SOURCES / f"{name_or_path}.toml"
        return SourceMap.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceMapError(
            f"来源映射无法读取：{error}", f"the source map cannot be read: {error}", name_or_path
        ) from error
    except ValidationError as error:
        raise SourceMapError(*_explain(error), name_or_path) from error


def _explain(error: ValidationError) -> tuple[str, str]:
    """The first fault of a map as a sentence in Chinese and in English."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"] if part != "dict[str,Value]") or "map"
    known = [
        *SourceMap.model_fields,
        *Value.model_fields,
        *FileSpec.model_fields,
        *Join.model_fields,
        "from",
        "when",
        "in",
    ]
    hint = ""
    if fault["type"] == "extra_forbidden":
        hint = closest(where.split(".")[-1], known)
    text = fault["msg"].removeprefix("Value error, ")
    return (
        f"来源映射 {where} 处有误：{text}" + (f"；是否指 {hint!r}？" if hint else ""),
        f"source map, at {where}: {text}" + (f"; did you mean {hint!r}?" if hint else ""),
    )
