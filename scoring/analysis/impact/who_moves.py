"""Joins two scorings of the same enterprises in SQL: who stands where under each policy, who moves, and which rule moves them.

Nothing here runs over all enterprises in Python: the joins and counts are DuckDB's, over the Parquet files of the scorings.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from scoring.analysis.impact.bands import most, numbered, reached, sameness
from scoring.engine.duckdb import DuckEngine
from scoring.engine.output import CONTRIBUTIONS, SCORES
from scoring.engine.results import SCALE_LIMIT
from scoring.policy.language.schema import Limit, Policy
from scoring.sql.literals import literal

BASE = "base"
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
        self, engine: DuckEngine, old: Policy, new: Policy, folder: Path, enterprises: Path, as_of: date
    ) -> None:
        self.engine, self.old, self.new, self.folder = engine, old, new, folder
        self._rows = _file(folder / "pairs.parquet")
        engine.select(
            f"COPY ({self._joined(_file(enterprises), as_of)}) TO {literal(str(folder / 'pairs.parquet'))} (FORMAT parquet)"
        )

    def counts(self, dimension: str | None = None) -> list[dict[str, Any]]:
        """Enterprises by ``value`` of the dimension (all together without one), ``old_no`` and ``new_no``; not rated is null."""
        value = dimension or "NULL"
        return list(
            self.engine.select(
                f"SELECT {value} AS value, old_no, new_no, count(*) AS n FROM {self._rows} GROUP BY ALL ORDER BY ALL"
            ).to_pylist()
        )

    def directions(self, dimension: str | None = None) -> list[dict[str, Any]]:
        """Moves by ``value`` of the dimension and ``direction``."""
        value = dimension or "NULL"
        return list(
            self.engine.select(
                f"SELECT {value} AS value, direction, count(*) AS n FROM {self._rows} WHERE moved GROUP BY ALL ORDER BY ALL"
            ).to_pylist()
        )

    def moves(self) -> Any:
        """Arrow batches of the enterprises that move, by id, each with ``rules``: what moves it, as (kind, id, state, change).

        ``change`` is the change of an indicator's points in 1/(per_point of old x per_point of new), towards better.
        """
        return self.engine.select(self._moved()).to_batches()

    def _joined(self, enterprises: str, as_of: date) -> str:
        old, new, (old_key, new_key) = self.old, self.new, sameness(self.old, self.new)
        known = f"(known_on IS NULL OR known_on <= DATE '{as_of}') AND (known_until IS NULL OR known_until > DATE '{as_of}')"
        return f"""
            WITH who AS (
                SELECT enterprise_id, district_code AS district, size_band AS size,
                    nullif(regexp_extract(industry_code, '^[A-Z]?[0-9]{{0,2}}'), '') AS industry
                FROM {enterprises} WHERE {known}
            ), paired AS (
                SELECT o.enterprise_id, o.name, w.district, w.industry, w.size,
                    o.points AS old_points, o.band AS old_band, {numbered("o.band", [b.id for b in old.bands])} AS old_no,
                    n.points AS new_points, n.band AS new_band, {numbered("n.band", [b.id for b in new.bands])} AS new_no,
                    o.status_reason AS old_reason, n.status_reason AS new_reason,
                    o.caps AS old_caps, o.vetoes AS old_vetoes, n.caps AS new_caps, n.vetoes AS new_vetoes,
                    {_known_by("o.band", old_key)} IS DISTINCT FROM {_known_by("n.band", new_key)} AS moved
                FROM {_file(self.folder / "old" / SCORES)} o JOIN {_file(self.folder / "new" / SCORES)} n USING (enterprise_id)
                LEFT JOIN who w USING (enterprise_id)
            )
            SELECT *, CASE
                WHEN NOT moved THEN NULL
                WHEN new_no IS NULL THEN 'no_longer_rated' WHEN old_no IS NULL THEN 'newly_rated'
                WHEN {self._standing("new_no", new=True)} < {self._standing("old_no")} THEN 'better'
                WHEN {self._standing("new_no", new=True)} > {self._standing("old_no")} THEN 'worse' ELSE 'aside'
            END AS direction
            FROM paired ORDER BY enterprise_id
        """

    def _standing(self, number: str, *, new: bool = False) -> str:
        """SQL: how far down a band stands, comparable between the two policies even when one has more bands."""
        other = self.old if new else self.new
        return f"({number}) * {most(other)}"

    def _moved(self) -> str:
        old, new = self.old, self.new
        return f"""
            WITH movers AS (SELECT *, CASE direction WHEN 'better' THEN 1 WHEN 'worse' THEN -1 ELSE 0 END AS way,
                    {self._standing(reached("old_points", old, old.scale.per_point))} AS old_by_points,
                    {self._standing(reached("new_points", new, new.scale.per_point), new=True)} AS new_by_points,
                    {self._standing(reached("old_points", new, old.scale.per_point), new=True)} AS old_points_now,
                    {self._standing("old_no")} AS old_place, {self._standing("new_no", new=True)} AS new_place
                FROM {self._rows} WHERE moved),
            {self._limits("old")}, {self._limits("new")}, {self._changes()},
            by_points AS (SELECT enterprise_id, way, (old_points_now - new_place) * way <= 0 AND {self._comparable()} AS edges FROM movers
                WHERE way = -1 AND new_by_points = new_place OR way = 1 AND old_by_points > new_place),
            most AS (SELECT enterprise_id, indicator_id, change FROM changes JOIN by_points USING (enterprise_id)
                WHERE NOT edges AND {self._comparable()} AND change * way > 0
                QUALIFY rank() OVER (PARTITION BY enterprise_id ORDER BY abs(change) DESC) = 1),
            rules AS (
                SELECT enterprise_id, 'gate' AS kind, coalesce(new_reason, old_reason) AS id,
                    CASE WHEN new_reason IS NULL THEN 'gone' ELSE 'appeared' END AS state, NULL::BIGINT AS change
                FROM movers WHERE direction IN ('no_longer_rated', 'newly_rated')
                UNION ALL SELECT m.enterprise_id, n.kind, n.id, CASE WHEN o.id IS NULL THEN 'appeared' ELSE 'stricter' END, NULL
                FROM movers m JOIN new_limits n USING (enterprise_id) LEFT JOIN old_limits o USING (enterprise_id, kind, id)
                WHERE m.way = -1 AND n.place = m.new_place
                UNION ALL SELECT m.enterprise_id, o.kind, o.id, CASE WHEN n.id IS NULL THEN 'gone' ELSE 'laxer' END, NULL
                FROM movers m JOIN old_limits o USING (enterprise_id) LEFT JOIN new_limits n USING (enterprise_id, kind, id)
                WHERE m.way = 1 AND o.place > m.new_place
                UNION ALL SELECT enterprise_id, CASE indicator_id WHEN {literal(BASE)} THEN {literal(BASE)} ELSE 'indicator' END,
                    indicator_id, 'changed', change FROM most
                UNION ALL SELECT enterprise_id, CASE WHEN edges THEN 'edges' ELSE 'scale' END, NULL, 'changed', NULL FROM by_points
                WHERE edges OR enterprise_id NOT IN (SELECT enterprise_id FROM most)
                UNION ALL SELECT enterprise_id, 'edges', NULL, 'changed', NULL FROM movers WHERE direction = 'aside'
            )
            SELECT m.enterprise_id, m.name, m.district, m.industry, m.size, m.old_points, m.new_points, m.old_band, m.new_band,
                m.direction, list({{'kind': r.kind, 'id': r.id, 'state': r.state, 'change': r.change}} ORDER BY r.kind, r.id) AS rules
            FROM movers m JOIN rules r USING (enterprise_id) GROUP BY ALL ORDER BY m.enterprise_id
        """

    def _comparable(self) -> str:
        """SQL: whether points of both mean the same: one sense and one range; else the scale itself moves whom it moves."""
        ranges = [
            (p.scale.low * q.scale.per_point, p.scale.high * q.scale.per_point, p.higher_is_better)
            for p, q in ((self.old, self.new), (self.new, self.old))
        ]
        return str(ranges[0] == ranges[1]).upper()

    def _limits(self, side: str) -> str:
        """SQL: the caps and vetoes that held for each mover, with the place they allow at best."""
        policy = self.old if side == "old" else self.new
        order = [band.id for band in policy.bands]
        held = [("cap", rule) for rule in policy.caps] + [("veto", rule) for rule in policy.vetoes]
        rows = (
            ", ".join(f"({literal(kind)}, {literal(rule.id)}, {_place(rule, order)})" for kind, rule in held)
            or "('', '', 0)"
        )
        place = self._standing("l.no", new=side == "new")
        return f"""{side}_limits AS (SELECT h.enterprise_id, h.kind, h.id, {place} AS place FROM (
            SELECT enterprise_id, 'cap' AS kind, unnest({side}_caps) AS id FROM movers
            UNION ALL SELECT enterprise_id, 'veto', unnest({side}_vetoes) FROM movers) h
            JOIN (VALUES {rows}) l(kind, id, no) USING (kind, id))"""

    def _changes(self) -> str:
        """SQL: change of every indicator's points (and of the base) for each mover rated under both policies, towards better."""
        sides = [("old", self.old, self.new, -1), ("new", self.new, self.old, 1)]
        given = " UNION ALL ".join(
            f"SELECT enterprise_id, indicator_id, points::BIGINT * {_factor(policy, other) * sign} AS part "
            f"FROM {_file(self.folder / side / CONTRIBUTIONS)} WHERE indicator_id <> {literal(SCALE_LIMIT)}"
            for side, policy, other, sign in sides
        )
        base = sum(policy.scale.base * _factor(policy, other) * sign for _, policy, other, sign in sides)
        return f"""changes AS (SELECT enterprise_id, indicator_id, sum(part)::BIGINT AS change FROM (
            {given} UNION ALL SELECT enterprise_id, {literal(BASE)}, {base} FROM movers WHERE way <> 0
            ) WHERE enterprise_id IN (SELECT enterprise_id FROM movers WHERE way <> 0) GROUP BY ALL)"""


def _factor(policy: Policy, other: Policy) -> int:
    """Brings points of one policy to the common unit, towards better."""
    return other.scale.per_point * (1 if policy.higher_is_better else -1)


def _known_by(column: str, keys: dict[str, str]) -> str:
    tests = " ".join(f"WHEN {literal(band)} THEN {literal(key)}" for band, key in keys.items())
    return f"CASE {column} {tests} END"


def _file(path: Path) -> str:
    return f"read_parquet({literal(str(path))})"


def _place(rule: Limit, order: list[str]) -> int:
    """Best band that a cap or veto allows; one that moves by bands allows at best so many below the first."""
    return order.index(rule.band) if rule.band is not None else min(rule.worse_by or 0, len(order) - 1)
