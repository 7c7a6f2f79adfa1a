"""The DataFrame edge: Arrow tables of the engine as pandas, and bands in effect from pandas."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from scoring.engine.prior import numbered
from scoring.errors import InputError
from scoring.policy.language.schema import Policy

_NULLABLE = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def to_frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Rows of all tables; integers stay integers where some are missing."""
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas(types_mapper=_NULLABLE.get)
    return frame


def frame_prior(frame: pd.DataFrame, policy: Policy) -> pa.Table:
    """Bands in effect from a DataFrame with ``enterprise_id`` and ``band``; result and errors as ``prior.read_prior``."""
    if not {"enterprise_id", "band"} <= set(frame.columns):
        raise InputError("frame_prior_columns", columns=[str(name) for name in frame.columns], place="prior")
    return numbered(
        pa.Table.from_pandas(frame[["enterprise_id", "band"]], preserve_index=False), policy, "prior"
    )
