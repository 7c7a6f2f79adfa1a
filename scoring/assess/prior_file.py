"""Reads the bands in effect before a run from a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.engine.prior import checked_prior
from scoring.errors import InputError
from scoring.policy.language.schema import Policy


def read_prior(path: Path, policy: Policy, keep: Path | None = None) -> pa.Table:
    """Reads ``enterprise_id`` and ``band`` from CSV or Parquet; an older ``scores.parquet`` will do.

    Args:
        path: The file.
        policy: Whose bands these are.
        keep: Where to keep a copy, so that the result can be recomputed.

    Returns:
        The bands in effect (``engine.prior.prior_table``).

    Raises:
        InputError: The file cannot be read, lacks a column, or names a band that is none of the policy's.
    """
    try:
        prior_rows = _read_table(path)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError("prior_file_unreadable", place=str(path), reason=error) from error
    if keep:
        pq.write_table(prior_rows, keep, compression="zstd", store_schema=False)
    return checked_prior(prior_rows, policy, str(path))


def _read_table(path: Path) -> pa.Table:
    column_names = ["enterprise_id", "band"]
    if path.suffix == ".parquet":
        return pq.read_table(path, columns=column_names)
    # Without types, ids of digits alone would be read as numbers and lose leading zeros.
    as_text = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(column_names, pa.string()), strings_can_be_null=True
    )
    return pa_csv.read_csv(path, convert_options=as_text).select(column_names)
