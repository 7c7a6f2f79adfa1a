"""Writes a district to disk chunk by chunk, so that its size is bounded by the disk and not by the memory."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from scoring.analysis.synthetic.district import generate
from scoring.analysis.synthetic.plan import CHUNK, DistrictPlan
from scoring.analysis.synthetic.traps import LEDGER_COLUMNS
from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS, Progress, silent
from scoring.errors import EnvironmentRefusedError, UsageError

Format = Literal["csv", "parquet"]
_TYPES = {"text": pa.string(), "date": pa.date32(), "int": pa.int64()}


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...

    def close(self) -> None: ...


def write_district(
    plan: DistrictPlan, out: Path, *, format: Format = "parquet", progress: Progress = silent
) -> None:
    """Write ``enterprises``, ``records`` (``.parquet`` or ``.csv``) and ``ledger.csv`` into a folder, made if absent.

    Args:
        plan: Size, seed and day; the same plan writes the same rows in the same order.
        out: The folder; files of these names in it are replaced.
        format: ``parquet`` (zstd) or ``csv`` (UTF-8, empty is null).
        progress: Called with ``"district"`` and the share done, 0 … 1.

    Raises:
        UsageError: The format is neither.
        EnvironmentRefusedError: The disk is full or the folder cannot be written to; files that were there are untouched.
    """
    if format not in ("csv", "parquet"):
        raise UsageError(
            f"格式“{format}”未知，应为 csv 或 parquet，例如 parquet。",
            f"Unknown format {format!r}; expected csv or parquet, for example parquet.",
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(
            prefix=".district-", dir=out
        ) as beside:  # a run that breaks off leaves nothing half written
            _write(plan, Path(beside), format, progress)
            for part in sorted(Path(beside).iterdir()):
                part.replace(out / part.name)
    except OSError as error:
        raise EnvironmentRefusedError(
            f"无法写入：{error}；请检查磁盘空间和目录权限",
            f"cannot write: {error}; check the free space and the permissions",
            str(out),
        ) from error


def _write(plan: DistrictPlan, out: Path, format: Format, progress: Progress | None) -> None:
    with ExitStack() as stack:
        enterprises = _open(stack, out / f"enterprises.{format}", ENTERPRISE_COLUMNS, format)
        records = _open(stack, out / f"records.{format}", RECORD_COLUMNS, format)
        ledger = csv.writer(
            stack.enter_context((out / "ledger.csv").open("w", encoding="utf-8", newline="")),
            lineterminator="\n",
        )
        ledger.writerow(LEDGER_COLUMNS)
        for done, (firms, rows, lines) in enumerate(generate(plan), start=1):
            enterprises.write_table(_arrow(firms, ENTERPRISE_COLUMNS))
            records.write_table(_arrow(rows, RECORD_COLUMNS))
            ledger.writerows(
                lines.astype(object).where(lines.notna(), None).itertuples(index=False, name=None)
            )
            if progress is not None:
                progress("district", min(1.0, done * CHUNK / plan.enterprises))


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    return pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])


def _open(stack: ExitStack, path: Path, columns: Mapping[str, str], format: Format) -> _Writer:
    schema = _schema(columns)
    if format == "parquet":
        writer: _Writer = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
    else:
        sink = stack.enter_context(path.open("wb"))
        sink.write((",".join(columns) + "\n").encode())
        # "none" refuses a text that would need quotes, and there is none: an empty field is always null
        writer = pyarrow.csv.CSVWriter(
            sink, schema, write_options=pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
        )
    stack.callback(writer.close)
    return writer


def _arrow(frame: pd.DataFrame, columns: Mapping[str, str]) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=_schema(columns), preserve_index=False)
