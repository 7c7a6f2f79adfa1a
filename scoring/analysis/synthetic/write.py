"""Writes a district to disk chunk by chunk: the disk bounds its size, not the memory."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from scoring.analysis.synthetic.district import generate
from scoring.analysis.synthetic.plan import CHUNK, DistrictPlan
from scoring.analysis.synthetic.planting import LEDGER_COLUMNS
from scoring.disk import atomic_file
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, Progress, silent
from scoring.errors import EnvironmentRefusedError, UsageError

Format = Literal["csv", "parquet"]
_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}


class _TableWriter(Protocol):
    """What the writers of Parquet and of CSV have in common."""

    def write_table(self, table: pa.Table) -> None:
        """Writes the rows of one chunk."""

    def close(self) -> None:
        """Ends the file."""


def write_district(
    plan: DistrictPlan, out: Path, *, format: Format = "parquet", progress: Progress = silent
) -> None:
    """Write ``enterprises``, ``records`` (``.parquet`` or ``.csv``) and ``ledger.csv`` into a folder.

    Args:
        plan: Size, seed and day; the same plan writes the same rows in the same order.
        out: The folder, made if absent; files of these names in it are replaced.
        format: ``parquet`` (zstd) or ``csv`` (UTF-8, empty is null).
        progress: Called with ``"district"`` and the share done, 0 … 1.

    Raises:
        UsageError: The format is neither.
        EnvironmentRefusedError: The disk is full or the folder cannot be written to; old files stay.
    """
    if format not in ("csv", "parquet"):
        raise UsageError("district_format_unknown", format=format)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as files:
            # All three are entered first: none takes its place before every writer has ended well.
            enterprises, records, ledger = (
                files.enter_context(atomic_file(out / name))
                for name in (f"enterprises.{format}", f"records.{format}", "ledger.csv")
            )
            _write(plan, enterprises, records, ledger, format, progress)
    except OSError as error:
        raise EnvironmentRefusedError("disk_refused", place=str(out), reason=str(error)) from error


def _write(
    plan: DistrictPlan,
    enterprises_path: Path,
    records_path: Path,
    ledger_path: Path,
    format: Format,
    progress: Progress,
) -> None:
    with ExitStack() as stack:
        enterprises = _open(stack, enterprises_path, ENTERPRISE_COLUMNS, format)
        records = _open(stack, records_path, RECORD_COLUMNS, format)
        ledger_file = stack.enter_context(ledger_path.open("w", encoding="utf-8", newline=""))
        ledger = csv.writer(ledger_file, lineterminator="\n")
        ledger.writerow(LEDGER_COLUMNS)
        for done, tables in enumerate(generate(plan), start=1):
            enterprises.write_table(_arrow(tables.enterprises, ENTERPRISE_COLUMNS))
            records.write_table(_arrow(tables.records, RECORD_COLUMNS))
            lines = tables.ledger.astype(object).where(tables.ledger.notna(), None)
            ledger.writerows(lines.itertuples(index=False, name=None))
            progress("district", min(1.0, done * CHUNK / plan.enterprises))


def _open(stack: ExitStack, path: Path, columns: Mapping[str, str], format: Format) -> _TableWriter:
    schema = _schema(columns)
    if format == "parquet":
        writer: _TableWriter = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    else:
        sink = stack.enter_context(path.open("wb"))
        sink.write((",".join(columns) + "\n").encode())
        # "none" refuses a text that would need quotes; there is none, so an empty field is null.
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
        writer = pyarrow.csv.CSVWriter(sink, schema, write_options=options)
    stack.callback(writer.close)
    return writer


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])


def _arrow(frame: pd.DataFrame, columns: Mapping[str, str]) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=_schema(columns), preserve_index=False)
