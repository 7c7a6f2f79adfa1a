"""Joins two scorings of the same enterprises in SQL: who stands where under each, and who moves.

Nothing here runs over all enterprises in Python: the joins and counts are DuckDB's, over Parquet files.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from scoring.analysis.impact.bands import numbered, shared_names
from scoring.analysis.impact.why_moved import Sides, moves_sql, parquet
from scoring.assess.results_writer import SCORES
from scoring.engine.duckdb import DuckEngine
from scoring.policy.language.schema import Policy
from scoring.sql.literals import literal

DIMENSIONS = ("district", "industry", "size")


class Pairs:
    """Two scorings of the same enterprises on one day.

    Args:
        engine: An open engine.
        old: Policy of the files in ``folder/old``.
        new: Policy of the files in ``folder/new``.
        folder: Holds the two scorings; the joined rows are written beside them.
        enterprises: Clustered Parquet of the enterprises.
        as_of: The day of both scorings.
    """

    def __init__(
        self,
        engine: DuckEngine,
        old: Policy,
        new: Policy,
        folder: Path,
        enterprises: Path,
        as_of: date,
    ) -> None:
        self.engine = engine
        self._sides = Sides(old, new, folder)
        pairs = folder / "pairs.parquet"
        self._rows = parquet(pairs)
        # Written once: every question below reads it again.
        query = _paired(self._sides, parquet(enterprises), as_of)
        engine.select(f"COPY ({query}) TO {literal(str(pairs))} (FORMAT parquet)")

    def counts(self, dimension: str | None = None) -> list[dict[str, Any]]:
        """Enterprises by ``value`` of the dimension (all together without one) and both bands.

        ``old_no`` and ``new_no`` count bands from the best, 0; not rated is null.
        """
        query = f"""
            SELECT {dimension or "NULL"} AS value, old_no, new_no, count(*) AS n
            FROM {self._rows}
            GROUP BY ALL
            ORDER BY ALL
        """
        return list(self.engine.select(query).to_pylist())

    def directions(self, dimension: str | None = None) -> list[dict[str, Any]]:
        """Moves by ``value`` of the dimension and ``direction``."""
        query = f"""
            SELECT {dimension or "NULL"} AS value, direction, count(*) AS n
            FROM {self._rows}
            WHERE moved
            GROUP BY ALL
            ORDER BY ALL
        """
        return list(self.engine.select(query).to_pylist())

    def moves(self) -> Any:
        """Arrow batches of the enterprises that move, by id, each with ``rules``: what moves it.

        A rule is (kind, id, state, change); the last is the change of an indicator's points towards better, in
        1/(per_point of old x per_point of new).
        """
        return self.engine.select(moves_sql(self._sides, self._rows)).to_batches()


def _paired(sides: Sides, enterprises: str, as_of: date) -> str:
    """SQL: one row an enterprise, with both results, whether they differ and in which direction."""
    old, new = sides.old, sides.new
    names = shared_names(old, new)
    day = f"DATE '{as_of}'"
    return f"""
        WITH who AS (
            SELECT
                enterprise_id,
                district_code AS district,
                size_band AS size,
                nullif(regexp_extract(industry_code, '^[A-Z]?[0-9]{{0,2}}'), '') AS industry
            FROM {enterprises}
            WHERE (known_on IS NULL OR known_on <= {day})
                AND (known_until IS NULL OR known_until > {day})
        ),
        paired AS (
            SELECT
                o.enterprise_id,
                o.name,
                w.district,
                w.industry,
                w.size,
                o.points AS old_points,
                o.band AS old_band,
                {numbered("o.band", [band.id for band in old.bands])} AS old_no,
                n.points AS new_points,
                n.band AS new_band,
                {numbered("n.band", [band.id for band in new.bands])} AS new_no,
                o.status_reason AS old_reason,
                n.status_reason AS new_reason,
                o.caps AS old_caps,
                o.vetoes AS old_vetoes,
                n.caps AS new_caps,
                n.vetoes AS new_vetoes,
                {_name_of("o.band", names.old)}
                    IS DISTINCT FROM {_name_of("n.band", names.new)} AS moved
            FROM {parquet(sides.folder / "old" / SCORES)} o
            JOIN {parquet(sides.folder / "new" / SCORES)} n USING (enterprise_id)
            LEFT JOIN who w USING (enterprise_id)
        )
        SELECT *, CASE
            WHEN NOT moved THEN NULL
            WHEN new_no IS NULL THEN 'no_longer_rated'
            WHEN old_no IS NULL THEN 'newly_rated'
            WHEN {sides.standing("new_no", "new")} < {sides.standing("old_no", "old")} THEN 'better'
            WHEN {sides.standing("new_no", "new")} > {sides.standing("old_no", "old")} THEN 'worse'
            ELSE 'aside'
        END AS direction
        FROM paired
        ORDER BY enterprise_id
    """


def _name_of(band: str, names: dict[str, str]) -> str:
    """SQL: what a band is known by in both policies."""
    tests = [f"WHEN {literal(band_id)} THEN {literal(name)}" for band_id, name in names.items()]
    return f"CASE {band} {' '.join(tests)} END"
