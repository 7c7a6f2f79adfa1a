"""The rows of a source's files as queries: cleaned, and with what joins bring of other files."""

from __future__ import annotations

from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from scoring.records.map.identifiers import BLANKS
from scoring.records.map.source_cells import RawType, RawTypes, as_text, condition, source_column
from scoring.records.map.source_map import Join, RowCondition
from scoring.records.read.files import StagedFile
from scoring.records.read.parquet_cells import cleaned_text
from scoring.records.read.row_numbers import EMIT_BITS, ROW_BITS
from scoring.records.read.row_writer import ROW
from scoring.records.read.staging import Source
from scoring.sql.literals import literal, name_of


class SourceRows(NamedTuple):
    """A query of cleaned source rows (``"s:column"`` and ``_id``) and the types of its columns."""

    query: str
    types: RawTypes


def is_looked_up(source: Source, join: Join) -> str:
    """Whether some row of the file that a join adds to has the key of this row ``l``."""
    adding, added = source.types(join.file), source.types(join.to)
    same_key = " AND ".join(
        f"{_key('o', added_column, added)} = {_key('l', adding_column, adding)}"
        for added_column, adding_column in join.on.items()
    )
    return f"EXISTS (SELECT 1 FROM ({_cleaned_rows(source, join.to)}) o WHERE {same_key})"


def _cleaned_rows(source: Source, entry: str) -> str:
    """All rows of an entry, cleaned: ``"s:column"`` and ``_id`` (file number and row)."""
    types = _with_optional(source, entry, source.types(entry))
    queries = []
    for file in source.files[entry]:
        columns = ", ".join(
            f"{_cleaned(source, file, column, raw_type)} AS {source_column(column)}"
            for column, raw_type in types.items()
        )
        row = name_of(ROW) if file.transcoded else "file_row_number + 1"
        rows = f"read_parquet({literal(str(file.parquet))}, file_row_number = TRUE)"
        queries.append(f"SELECT {columns}, {file.number << ROW_BITS} + {row} AS _id FROM {rows}")
    return " UNION ALL ".join(queries)


def _with_optional(source: Source, entry: str, types: RawTypes) -> dict[str, RawType]:
    """Types of columns; those that the map calls optional are empty texts where no file has them."""
    optional: dict[str, RawType] = dict.fromkeys(source.map.files[entry].optional_columns, "text")
    absent = {column: optional[column] for column in optional if column not in types}
    return {**types, **absent}


def _cleaned(source: Source, file: StagedFile, column: str, raw_type: RawType) -> str:
    """A cell as one of ``raw_type``, from what the file gives, or gives not at all."""
    given_type = file.columns.get(column)
    if given_type is None:
        return "NULL::VARCHAR"
    if raw_type != "text" or (given_type == "text" and column in source.plain_columns[file.number]):
        return name_of(column)
    raw_text = name_of(column) if given_type == "text" else f"CAST({name_of(column)} AS VARCHAR)"
    text = cleaned_text(raw_text) if file.number in source.unclean else raw_text
    return f"nullif(trim({text}, {literal(BLANKS)}), '')"


def joined_rows(source: Source, entry: str) -> SourceRows:
    """The rows of an entry with what its joins bring."""
    types = source.types(entry)
    selected, clauses = ["l.*"], []
    for index, join in enumerate(source.map.joins_to(entry)):
        clauses.append(_join_clause(source, entry, join, index))
        if join.count:
            counts = [source_column(column) for column in join.count]
            selected += [f"coalesce(j{index}.{count}, 0) AS {count}" for count in counts]
        else:
            selected += [f"j{index}.{source_column(column)}" for column in join.columns]
        types |= _brought_types(source, join)
    query = f"SELECT {', '.join(selected)} FROM ({_cleaned_rows(source, entry)}) l {' '.join(clauses)}"
    return SourceRows(query, _with_optional(source, entry, types))


def _brought_types(source: Source, join: Join) -> dict[str, RawType]:
    if not join.columns:
        return dict.fromkeys(join.count, "number")
    types = source.types(join.file)
    return {column: types[column] for column in join.columns}


def _join_clause(source: Source, entry: str, join: Join, index: int) -> str:
    """The look-up of a join as ``j<index>``: values of unique keys, or counts of rows by key."""
    added, adding = source.types(entry), source.types(join.file)
    key_texts = [as_text(adding_column, adding) for adding_column in join.on.values()]
    named_keys = ", ".join(f"{key} AS k{position}" for position, key in enumerate(key_texts))
    group_numbers = ", ".join(str(position) for position, _ in enumerate(key_texts, 1))
    if join.columns:
        cells = [source_column(column) for column in join.columns]
        brought = [f"any_value({cell}) AS {cell}" for cell in cells]
        # Of several rows with one key it is not clear which is meant.
        having = " HAVING count(*) = 1"
    else:
        brought = [_counted(column, test, adding) for column, test in join.count.items()]
        having = ""
    same_key = " AND ".join(
        f"{_key('l', added_column, added)} = j{index}.k{position}"
        for position, added_column in enumerate(join.on)
    )
    return f"""
        LEFT JOIN (
            SELECT {named_keys}, {", ".join(brought)}
            FROM ({_cleaned_rows(source, join.file)})
            GROUP BY {group_numbers}{having}
        ) j{index} ON {same_key}
        """


def _counted(count_name: str, test: dict[str, str | int], types: RawTypes) -> str:
    conditions = [RowCondition(column=column, equals=value) for column, value in test.items()]
    tests = " AND ".join(condition(each, types) for each in conditions)
    return f"count(*) FILTER ({tests})::BIGINT AS {source_column(count_name)}"


def _key(table: str, column: str, types: RawTypes) -> str:
    """A column of a join as text."""
    cell = f"{table}.{source_column(column)}"
    return cell if types[column] == "text" else f"CAST({cell} AS VARCHAR)"


def refuse_twin_keys(connection: Connection, source: Source, join: Join) -> None:
    """Refuses rows of a looked-up file whose key is not unique.

    What needs them then lacks a value and is refused too.
    """
    if not join.columns:
        return
    types = source.types(join.file)
    key_texts = ", ".join(as_text(adding_column, types) for adding_column in join.on.values())
    shown_key = f"concat_ws(':', {key_texts})"
    first_column = literal(next(iter(join.on.values())))
    connection.execute(
        f"""
        INSERT INTO fault
        SELECT _id << {EMIT_BITS}, {first_column}, 'duplicate_key', {shown_key}
        FROM ({_cleaned_rows(source, join.file)})
        WHERE {shown_key} IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY {key_texts}) > 1
        """
    )
