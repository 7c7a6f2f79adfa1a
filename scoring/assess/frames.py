"""The DataFrame edge: Arrow tables of the engine as pandas, and bands in effect from pandas."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from scoring.engine.prior import checked_prior
from scoring.errors import InputError
from scoring.policy.language.schema import Policy

_NULLABLE = {
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
"""Types of pandas with a value for *missing*: without them an integer column with a gap turns into floats."""


def to_frame(tables: list[pa.Table]) -> pd.DataFrame:
    """Rows of all tables; integers stay integers where some are missing."""
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas(types_mapper=_NULLABLE.get)
    return frame


def frame_prior(frame: pd.DataFrame, policy: Policy) -> pa.Table:
    """Bands in effect from a DataFrame with ``enterprise_id`` and ``band``.

    Raises:
        InputError: A column is missing, a band is none of the policy's, or an enterprise has two rows.
    """
    columns = ["enterprise_id", "band"]
    if not set(columns) <= set(frame.columns):
        present = [str(name) for name in frame.columns]
        raise InputError("frame_prior_columns", columns=present, place="prior")
    prior_rows = pa.Table.from_pandas(frame[columns], preserve_index=False)
    return checked_prior(prior_rows, policy, "prior")
