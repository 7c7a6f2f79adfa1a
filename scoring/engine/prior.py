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
    # The policy may have changed since: a band that it no longer has holds nothing back.
    numbers = {band.id: number for number, band in enumerate(policy.bands)}
    numbers_of_known = {enterprise: numbers[band] for enterprise, band in bands.items() if band in numbers}
    return pa.table(
        {
            "prior_enterprise_id": pa.array(numbers_of_known.keys(), pa.string()),
            "prior_band_no": pa.array(numbers_of_known.values(), pa.int32()),
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
    band_ids = [str(band_id) for band_id in table.column("band").to_pylist()]
    enterprise_ids = table.column("enterprise_id").to_pylist()
    policy_bands = [band.id for band in policy.bands]
    if strange := sorted(set(band_ids).difference(policy_bands)):
        raise InputError("prior_band_unknown", place=place, got=strange[0], bands=policy_bands)
    if len(set(enterprise_ids)) != len(enterprise_ids):
        raise InputError("prior_enterprise_twice", place=place, bands=policy_bands)
    return prior_table(dict(zip(enterprise_ids, band_ids, strict=True)), policy)
