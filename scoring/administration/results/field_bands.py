"""The band of each enterprise in one field of supervision, by the results in effect."""

from __future__ import annotations

import json

from sqlalchemy import select

from scoring.administration.results.current import CurrentResults
from scoring.store.tables.orm import Assessment, Standing


def bands_in_field(results: CurrentResults, field: str) -> dict[str, str]:
    """Band in a field by enterprise, of those alone who are active there."""
    in_effect = (
        select(Standing.enterprise_id, Assessment.fields)
        .join(Assessment, Assessment.number == Standing.in_effect)
        .where(Standing.policy_id == results.version.policy.id, Assessment.fields.is_not(None))
    )
    bands: dict[str, str] = {}
    with results.read() as connection:
        for enterprise_id, in_fields in connection.execute(in_effect):
            band_by_field = {name: band for name, _points, band in json.loads(str(in_fields))}
            if field in band_by_field:
                bands[enterprise_id] = band_by_field[field]
    return bands
