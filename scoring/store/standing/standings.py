"""Where enterprises stand, as the store has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Connection, func, select

from scoring.entities import FIRST_NOTICE
from scoring.policy.language.schema import Policy
from scoring.store.standing.computed import KEPT, key_of
from scoring.store.tables.bulk import read_rows
from scoring.store.tables.orm import Assessment, Standing

IdRange = tuple[str, str]
"""First and last id of a range of enterprises, both included."""
_WHOLE_NUMBERS = ("in_effect", "latest", "points", "shown_points", "proposal")
_COLUMNS = (
    Standing.enterprise_id,
    Standing.in_effect,
    Standing.latest,
    Standing.name,
    Standing.colour.label("shown_colour"),
    Standing.band.label("shown_band"),
    Standing.points.label("shown_points"),
    Standing.rated_band,
    Assessment.state,
    Assessment.proposal,
    Assessment.rules_sha256,
    *(getattr(Assessment, name) for name in KEPT),
)
"""What ``StoredStanding`` is made of: columns and no objects, a batch reads them of everybody."""
_IN_RANGE = f"""
SELECT
    s.enterprise_id, s.in_effect, s.latest, s.name, s.colour, s.band, s.points, s.rated_band,
    a.state, a.proposal, a.rules_sha256, {", ".join(f"a.{name}" for name in KEPT)}
FROM standing s
JOIN assessment a ON a.number = s.latest
WHERE s.policy_id = ? AND s.enterprise_id BETWEEN ? AND ?
"""
"""The same columns of the standings under a policy within a range of ids."""


@dataclass(frozen=True)
class StoredStanding:
    """Where an enterprise stands: the result that is shown, and what its latest assessment says.

    Attributes:
        in_effect: Number of the assessment in effect, which is shown.
        name: The enterprise's name there.
        colour: The colour shown.
        band: The band shown.
        points: The points shown.
        rated: The last band that was in effect, whatever came after it; ``None``: none ever was.
        latest: Number of the latest assessment, which may be proposed.
        state: Whether the latest is in effect or proposed.
        proposal: The assessment that opened the proposal of the latest, where it is proposed.
        rules_sha256: The policy of the latest.
        key: What the latest says, as results are compared.
    """

    in_effect: int | None
    name: str | None
    colour: str | None
    band: str | None
    points: int | None
    rated: str | None
    latest: int
    state: str
    proposal: int | None
    rules_sha256: str
    key: tuple[object, ...]

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> StoredStanding:
        """A standing with its latest assessment, from a row of ``_COLUMNS``."""
        return cls(
            in_effect=row["in_effect"],
            name=row["name"],
            colour=row["shown_colour"],
            band=row["shown_band"],
            points=row["shown_points"],
            rated=row["rated_band"],
            latest=row["latest"],
            state=row["state"],
            proposal=row["proposal"],
            rules_sha256=row["rules_sha256"],
            key=key_of([row[column] for column in KEPT]),
        )


def read_standings(
    connection: Connection, policy_id: str, enterprise_ids: Sequence[str]
) -> dict[str, StoredStanding]:
    """Where each of a few enterprises stands under a policy."""
    latest_of_each = connection.execute(
        select(*_COLUMNS)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy_id, Standing.enterprise_id.in_(enterprise_ids))
    ).mappings()
    return {standing["enterprise_id"]: StoredStanding.of(standing) for standing in latest_of_each}


def bands_in_effect(connection: Connection, policy_id: str) -> dict[str, int]:
    """How many enterprises have each band in effect under a policy."""
    counted = (
        select(Standing.band, func.count())
        .where(Standing.policy_id == policy_id, Standing.band.is_not(None))
        .group_by(Standing.band)
    )
    return {str(band): number for band, number in connection.execute(counted)}


class StandingCounts(NamedTuple):
    """Enterprises under a policy: by band in effect, and without one by reason."""

    bands: dict[str, int]
    not_rated: dict[str, int]


def counts_in_effect(connection: Connection, policy_id: str) -> StandingCounts:
    """What is in effect under a policy; who waits for a first result is not rated for that reason."""
    in_effect = func.coalesce(Assessment.status_reason, FIRST_NOTICE)
    reasons = (
        select(in_effect, func.count())
        .select_from(Standing)
        .outerjoin(Assessment, Assessment.number == Standing.in_effect)
        .where(Standing.policy_id == policy_id, Standing.band.is_(None))
        .group_by(in_effect)
    )
    counted = {str(reason): number for reason, number in connection.execute(reasons)}
    return StandingCounts(bands_in_effect(connection, policy_id), dict(sorted(counted.items())))


def computed_counts(connection: Connection, policy_id: str) -> tuple[Counter[str], Counter[str]]:
    """What the latest assessments under a policy say: enterprises by band, and those without one by reason."""
    counted = connection.execute(
        select(Assessment.band, Assessment.status_reason, func.count())
        .select_from(Standing)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy_id)
        .group_by(Assessment.band, Assessment.status_reason)
    )
    bands, not_rated = Counter[str](), Counter[str]()
    for band, reason, number in counted:
        if band is not None:
            bands[band] += number
        if reason is not None:
            not_rated[reason] += number
    return bands, not_rated


def read_range(connection: Connection, policy_id: str, ids: IdRange) -> pa.Table:
    """Where each enterprise of a range stands under a policy: a row of ``_COLUMNS`` each."""
    names = [column.key for column in _COLUMNS]
    form = pa.schema({name: pa.int64() if name in _WHOLE_NUMBERS else pa.string() for name in names})
    tables = read_rows(connection, _IN_RANGE, form, (policy_id, *ids))
    return pa.concat_tables([form.empty_table(), *tables]).combine_chunks()


def standings_of(rows: pa.Table) -> dict[str, StoredStanding]:
    """The same of some rows, by enterprise."""
    return {row["enterprise_id"]: StoredStanding.of(row) for row in rows.to_pylist()}


def band_numbers(policy: Policy) -> dict[str | None, int]:
    """The number of each band, the best first."""
    return {band.id: number for number, band in enumerate(policy.bands)}
