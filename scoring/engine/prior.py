"""Bands in effect before this assessment: the optional input of hysteresis and of *needs review*."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.errors import InputError
from scoring.policy.language.schema import Policy


def read_prior(path: Path, policy: Policy, keep: Path | None = None) -> pa.Table:
    """Reads ``enterprise_id`` and ``band`` from CSV or Parquet; a former ``scores.parquet`` will do.

    Args:
        path: The file.
        policy: Whose bands these are.
        keep: Where to keep a copy, so that the result can be recomputed.

    Returns:
        ``prior_enterprise_id`` (text) and ``prior_band_no`` (0 is best), one row per enterprise with a band.

    Raises:
        InputError: The file cannot be read, lacks a column, or names a band that the policy does not have.
    """
    try:
        if path.suffix == ".parquet":
            table = pq.read_table(path, columns=["enterprise_id", "band"])
        else:
            text = pa_csv.ConvertOptions(
                column_types={"enterprise_id": pa.string(), "band": pa.string()}, strings_can_be_null=True
            )
            table = pa_csv.read_csv(path, convert_options=text).select(["enterprise_id", "band"])
    except (OSError, KeyError, pa.ArrowInvalid) as error:
        raise InputError(
            zh=f"无法读取现行等级文件（{error}）；应为含 enterprise_id、band 两列的 CSV 或 Parquet，例如上次的 scores.parquet",
            en=f"cannot read the bands in effect ({error}); expected CSV or Parquet of enterprise_id and band, e.g. scores.parquet",
            place=str(path),
        ) from error
    if keep:
        pq.write_table(table, keep, compression="zstd", store_schema=False)
    return numbered(table, policy, str(path))


def numbered(table: pa.Table, policy: Policy, place: str) -> pa.Table:
    """Band ids as band numbers; rows without a band are left out. Raises as ``read_prior``."""
    table = table.filter(table.column("band").is_valid())
    bands = [band.id for band in policy.bands]
    names = [str(name) for name in table.column("band").to_pylist()]
    strange = sorted(set(names) - set(bands))
    ids = table.column("enterprise_id").to_pylist()
    if strange or len(set(ids)) != len(ids):
        what = strange[0] if strange else "duplicate enterprise_id"
        raise InputError(
            zh=f"现行等级文件中有 “{what}”；每个主体一行，band 应为 {'、'.join(bands)} 之一",
            en=f'the bands in effect contain "{what}"; expected one row per enterprise and a band of {", ".join(bands)}',
            place=place,
        )
    return pa.table(
        {
            "prior_enterprise_id": pa.array(ids, pa.string()),
            "prior_band_no": pa.array(map(bands.index, names), pa.int32()),
        }
    )
