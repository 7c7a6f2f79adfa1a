"""Bands in effect before an assessment, as a table of the engine.

They are the optional input of hysteresis and of *needs review*.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from scoring.errors import InputError
from scoring.policy.language.schema import Policy


def prior_table(bands: Mapping[str, str], policy: Policy) -> pa.Table:
    """The bands in effect, as the engine takes them.

    Args:
        bands: Id of the band by enterprise id; a band that the policy does not have is left out.
        policy: Whose bands these are.

    Returns:
        ``prior_enterprise_id`` (text) and ``prior_band_no`` (0 is best).
    """
    numbers = {band.id: number for number, band in enumerate(policy.bands)}
    known = {enterprise: numbers[band] for enterprise, band in bands.items() if band in numbers}
    return pa.table(
        {
            "prior_enterprise_id": pa.array(known.keys(), pa.string()),
            "prior_band_no": pa.array(known.values(), pa.int32()),
        }
    )


def checked_prior(table: pa.Table, policy: Policy, place: str) -> pa.Table:
    """``prior_table`` of rows that somebody gave.

    Args:
        table: ``enterprise_id`` and ``band``; rows without a band are left out.
        policy: Whose bands these are.
        place: Where the rows come from.

    Raises:
        InputError: A band is none of the policy's, or an enterprise has two rows.
    """
    # A former scores.parquet has rows without a band: who was not rated then has none in effect now.
    table = table.filter(table.column("band").is_valid())
    names = [str(name) for name in table.column("band").to_pylist()]
    ids = table.column("enterprise_id").to_pylist()
    bands = [band.id for band in policy.bands]
    if strange := sorted(set(names).difference(bands)):
        raise InputError("prior_band_unknown", place=place, got=strange[0], bands=bands)
    if len(set(ids)) != len(ids):
        raise InputError("prior_enterprise_twice", place=place, bands=bands)
    return prior_table(dict(zip(ids, names, strict=True)), policy)
