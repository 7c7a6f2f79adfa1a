"""Source maps: what a TOML file says of the files of a source and of the rows that they give.

The format is described in ``rules/sources/canonical.toml``. A map is data: nothing of it runs.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, ColumnType, codes
from scoring.records.map.column_values import Scalar, Strict, Value, check_value, did_you_mean
from scoring.records.map.reasons import closest

TESTS = ("equals", "ending", "at_least", "at_most", "in", "unless", "not_empty")
ENTERPRISE_NEEDS = ("enterprise_id",)
RECORD_NEEDS = ("record_id", "enterprise_id", "kind")
"""Columns without which a row is no enterprise and no record."""
MOST_EMITS = 64
"""Emits that may read one file: each has a number of six bits in the id of a row."""


class RowCondition(Strict):
    """One condition on a source column; the conditions of an emit must all hold.

    An empty cell meets none of them but ``unless``.
    """

    column: str
    equals: Scalar | None = None
    ending: Annotated[str, Field(min_length=1)] | None = None
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[Scalar, ...] | None = Field(default=None, alias="in")
    unless: tuple[Scalar, ...] | None = None
    not_empty: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> RowCondition:
        tests = (self.equals, self.ending, self.at_least, self.at_most, self.one_of, self.unless)
        if sum(test is not None for test in (*tests, self.not_empty)) != 1:
            example = '{ column = "kind", equals = "fine" }'
            raise ValueError(f"exactly one of {', '.join(TESTS)} is needed, e.g. {example}")
        return self


class FileSpec(Strict):
    """A file of the source: path or glob inside its folder; the suffix gives the format.

    Attributes:
        path: Name or pattern, or alternatives in order of preference.
        encoding: Of a text file.
        sheets: Names or patterns of the sheets of a workbook to read; without them it may have one
            sheet with rows. Hidden ones are read if they are named in full.
        header_row: The row of the column names, as a spreadsheet counts it; without it the first.
        natural_person: Rows about natural persons.
        optional: Whether it may be absent.
        optional_columns: Columns that may be absent.
    """

    path: str | tuple[str, ...]
    encoding: Literal["utf-8", "gb18030", "auto"] = "auto"
    sheets: str | tuple[str, ...] | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] | None = None
    natural_person: RowCondition | None = None
    optional: bool = False
    optional_columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _inside(self) -> FileSpec:
        for path in self.paths or ("",):
            # A map may come from anybody: it reads nothing outside the folder that was named.
            parts = PurePosixPath(path.replace("\\", "/")).parts
            if not path or path.startswith(("/", "\\")) or ":" in path or ".." in parts:
                raise ValueError(
                    "path is a name or pattern inside the folder of the source, "
                    f'e.g. "cases.csv" or "*.csv", got {path!r}'
                )
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The alternatives, in order of preference within one file."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """The sheets that are named."""
        return (self.sheets,) if isinstance(self.sheets, str) else self.sheets or ()


class Join(Strict):
    """A look-up: columns or counts of rows of ``file`` are added to rows of ``to`` of the same key."""

    to: str
    file: str
    on: dict[str, str]
    columns: tuple[str, ...] = ()
    count: dict[str, dict[str, Scalar]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_use(self) -> Join:
        if bool(self.columns) == bool(self.count) or not self.on:
            raise ValueError(
                "a join needs on, and either columns or count, "
                'e.g. on = { case_no = "case_no" }, columns = ["party"]'
            )
        return self


class Emit(Strict):
    """One canonical row for every source row on which all conditions hold.

    ``columns = "same"`` is the canonical format itself: each column is taken from the source column
    of its name.
    """

    source: str = Field(alias="from")
    when: tuple[RowCondition, ...] = ()
    columns: dict[str, Value] | Literal["same"]

    def made_of(self, known: Iterable[str], at_hand: Container[str]) -> Mapping[str, Value]:
        """How each canonical column is made.

        Args:
            known: Columns that the canonical format takes from the source column of their name.
            at_hand: Source columns that there are.
        """
        if self.columns == "same":
            return {column: Value(column=column) for column in known if column in at_hand}
        return self.columns


class Title(Strict):
    """A text in both languages."""

    zh: str
    en: str


class SourceMap(Strict):
    """A whole source map.

    Attributes:
        id: Its name, which is the source of its rows where they name none.
        title: What the source is called.
        note: What to know about it.
        status: Whether its format was published, or assumed when the map was written.
        scheme: Put in front of ids that are no codes.
        create_enterprises: Whether the enterprises are known by their records alone.
        strict_columns: Whether a column that the map does not know is an error.
        covers: Kinds whose absence means that there is nothing; ``*`` is all.
        complete: Whether a file of the source holds all there is: what is missing from it is told.
        sentinels: Words and days that mean *not stated* in this source, in whatever column.
        ids: Whether ids are made of normalised values and of their enterprise, or of the cells as
            they are written, as all were before.
        default_entity_type: Type of an enterprise of which neither a column nor its code tells it.
        files: Its files by the names that the map gives them.
        join: Look-ups between the files.
        enterprises: Rows that give enterprises.
        emit: Rows that give records.
    """

    id: str
    title: Title
    note: Title
    status: Literal["published format", "assumed"]
    scheme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")] | None = None
    create_enterprises: bool = False
    strict_columns: bool = False
    covers: tuple[str, ...]
    complete: bool = False
    sentinels: tuple[str, ...] = ()
    ids: Literal["normalised", "as_written"] = "normalised"
    default_entity_type: str | None = None
    files: dict[str, FileSpec]
    join: tuple[Join, ...] = ()
    enterprises: tuple[Emit, ...] = ()
    emit: tuple[Emit, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> SourceMap:
        if not self.emits():
            raise ValueError("the map gives nothing: it needs [[emit]] or [[enterprises]]")
        for name in self._files_used():
            if name not in self.files:
                described = ", ".join(self.files)
                raise ValueError(f"file {name!r} is not described under [files]: {described}")
        for name in self.files:
            if len(self.emits_of(name)) > MOST_EMITS:
                raise ValueError(
                    f"file {name!r} has more than {MOST_EMITS} emits; describe it twice under [files]"
                )
        kinds = codes()["kinds"]
        for kind in set(self.covers) - {"*"} - set(kinds):
            nearest = closest(kind, kinds) or "inspection"
            raise ValueError(f"covers names {kind!r}, which is no kind; did you mean {nearest!r}?")
        types = codes()["entity_types"]
        if self.default_entity_type and self.default_entity_type not in types:
            hint = did_you_mean(self.default_entity_type, types)
            raise ValueError(f"default_entity_type: {self.default_entity_type!r} is no entity type{hint}")
        if self.create_enterprises and not self.enterprises:
            raise ValueError("create_enterprises needs [[enterprises]] that say how to name them")
        for emit in self.enterprises:
            _check_columns(emit, ENTERPRISE_COLUMNS, ENTERPRISE_NEEDS)
        for emit in self.emit:
            _check_columns(emit, RECORD_COLUMNS, RECORD_NEEDS)
        return self

    def _files_used(self) -> Iterator[str]:
        for emit in self.emits():
            yield emit.source
        for join in self.join:
            yield join.to
            yield join.file

    def emits(self) -> tuple[Emit, ...]:
        """All emits, those of the enterprises first."""
        return (*self.enterprises, *self.emit)

    def emits_of(self, file: str) -> list[Emit]:
        """Emits that read a file."""
        return [emit for emit in self.emits() if emit.source == file]

    def joins_to(self, file: str) -> list[Join]:
        """Look-ups that add to the rows of a file."""
        return [join for join in self.join if join.to == file]

    def makes_ids(self, emit: Emit) -> bool:
        """Whether the id of a record is made of the normal forms of its cells."""
        return emit.columns != "same" and self.ids == "normalised"

    def assumed(self) -> tuple[str, ...]:
        """Columns whose date is an assumption of this map."""
        return tuple(sorted({column for column, value in self._described() if value.assumed}))

    def units(self) -> dict[str, str]:
        """Units in which the source writes its amounts, by canonical column."""
        return {column: value.unit for column, value in self._described()}

    def _described(self) -> Iterator[tuple[str, Value]]:
        """Canonical columns of all emits, each with how it is made."""
        for emit in self.emits():
            if emit.columns != "same":
                yield from emit.columns.items()

    def covered(self) -> frozenset[str]:
        """Kinds that the source covers: without records they are zero, not unknown."""
        return frozenset(codes()["kinds"]) if "*" in self.covers else frozenset(self.covers)


def _check_columns(emit: Emit, known: Mapping[str, ColumnType], needed: tuple[str, ...]) -> None:
    """Refuses unknown columns, ways that cannot work, and an emit without its needed columns."""
    if emit.columns == "same":
        return
    for column, value in emit.columns.items():
        if column not in known:
            raise ValueError(f"{column!r} is no canonical column{did_you_mean(column, known)}")
        check_value(column, known[column], value)
    for column in needed:
        if column not in emit.columns:
            raise ValueError(f"the emit from {emit.source!r} gives no {column!r}")
