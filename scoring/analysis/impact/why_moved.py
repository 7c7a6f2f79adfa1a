"""SQL that names the rules behind each move: gates, caps, vetoes, indicators, edges or the scale."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scoring.analysis.impact.bands import most_steps, reached
from scoring.assess.results_writer import CONTRIBUTIONS
from scoring.engine.results import SCALE_LIMIT
from scoring.policy.language.schema import Limit, Policy
from scoring.sql.literals import literal
from scoring.sql.parquet_files import rows_of

BASE = "base"
Side = Literal["old", "new"]


@dataclass(frozen=True)
class Sides:
    """The two policies that were scored, and the folder with both scorings in ``old`` and ``new``."""

    old: Policy
    new: Policy
    folder: Path

    def policy(self, side: Side) -> Policy:
        """The policy of a side."""
        return self.old if side == "old" else self.new

    def other(self, side: Side) -> Policy:
        """The policy of the other side."""
        return self.new if side == "old" else self.old

    def standing(self, number: str, side: Side) -> str:
        """SQL: how far down a band stands, comparable even when one policy has more bands."""
        return f"({number}) * {most_steps(self.other(side))}"

    def unit(self, side: Side) -> int:
        """Factor that brings points of a side to the common unit, towards better."""
        sense = 1 if self.policy(side).higher_is_better else -1
        return self.other(side).scale.per_point * sense

    @property
    def comparable(self) -> str:
        """SQL: whether points of both mean the same: one sense and one range.

        Where they do not, the scale itself moves whom it moves.
        """
        ranges = []
        for policy, other in ((self.old, self.new), (self.new, self.old)):
            scale, unit = policy.scale, other.scale.per_point
            ranges.append((scale.low * unit, scale.high * unit, policy.higher_is_better))
        return str(ranges[0] == ranges[1]).upper()


def parquet(path: Path) -> str:
    """A Parquet file, or a table of several, as SQL names it."""
    return rows_of(path)


def moves_sql(sides: Sides, pairs: str) -> str:
    """SQL: the enterprises that move, by id, with ``rules``: what moves each.

    Who gets worse is moved by what applies at the new place; who gets better, by what applied below it. Where
    points decided, it is the indicator that changed most, unless the old points would move under the new edges too.

    Args:
        sides: The two policies and their scorings.
        pairs: One row an enterprise with both results, as SQL names it.
    """
    return f"""
        WITH {_movers(sides, pairs)},
        {_limits(sides, "old")},
        {_limits(sides, "new")},
        {_changes(sides)},
        -- Movers that points moved; edges: whether their old points would have moved them too.
        by_points AS (
            SELECT
                enterprise_id,
                way,
                (old_points_now - new_place) * way <= 0 AND {sides.comparable} AS edges
            FROM movers
            WHERE way = -1 AND new_by_points = new_place
                OR way = 1 AND old_by_points > new_place
        ),
        -- The indicators that changed most in the direction of the move.
        most AS (
            SELECT enterprise_id, indicator_id, change
            FROM changes
            JOIN by_points USING (enterprise_id)
            WHERE NOT edges AND {sides.comparable} AND change * way > 0
            QUALIFY rank() OVER (PARTITION BY enterprise_id ORDER BY abs(change) DESC) = 1
        ),
        {_rules()}
        SELECT
            m.enterprise_id,
            m.name,
            m.district,
            m.industry,
            m.size,
            m.old_points,
            m.new_points,
            m.old_band,
            m.new_band,
            m.direction,
            list(
                {{'kind': r.kind, 'id': r.id, 'state': r.state, 'change': r.change}}
                ORDER BY r.kind, r.id
            ) AS rules
        FROM movers m
        JOIN rules r USING (enterprise_id)
        GROUP BY ALL
        ORDER BY m.enterprise_id
    """


def _movers(sides: Sides, pairs: str) -> str:
    """SQL: who moves and which way, with the places by points alone and those in effect."""
    old, new = sides.old, sides.new
    old_by_points = reached("old_points", old, old.scale.per_point)
    new_by_points = reached("new_points", new, new.scale.per_point)
    old_points_now = reached("old_points", new, old.scale.per_point)
    return f"""movers AS (
            SELECT
                *,
                CASE direction WHEN 'better' THEN 1 WHEN 'worse' THEN -1 ELSE 0 END AS way,
                {sides.standing(old_by_points, "old")} AS old_by_points,
                {sides.standing(new_by_points, "new")} AS new_by_points,
                {sides.standing(old_points_now, "new")} AS old_points_now,
                {sides.standing("old_no", "old")} AS old_place,
                {sides.standing("new_no", "new")} AS new_place
            FROM {pairs}
            WHERE moved
        )"""


def _rules() -> str:
    """SQL: one row a mover and rule that moves it."""
    return f"""rules AS (
            SELECT
                enterprise_id,
                'gate' AS kind,
                coalesce(new_reason, old_reason) AS id,
                CASE WHEN new_reason IS NULL THEN 'gone' ELSE 'appeared' END AS state,
                NULL::BIGINT AS change
            FROM movers
            WHERE direction IN ('no_longer_rated', 'newly_rated')
            UNION ALL
            SELECT
                m.enterprise_id,
                n.kind,
                n.id,
                CASE WHEN o.id IS NULL THEN 'appeared' ELSE 'stricter' END,
                NULL
            FROM movers m
            JOIN new_limits n USING (enterprise_id)
            LEFT JOIN old_limits o USING (enterprise_id, kind, id)
            WHERE m.way = -1 AND n.place = m.new_place
            UNION ALL
            SELECT
                m.enterprise_id,
                o.kind,
                o.id,
                CASE WHEN n.id IS NULL THEN 'gone' ELSE 'laxer' END,
                NULL
            FROM movers m
            JOIN old_limits o USING (enterprise_id)
            LEFT JOIN new_limits n USING (enterprise_id, kind, id)
            WHERE m.way = 1 AND o.place > m.new_place
            UNION ALL
            SELECT
                enterprise_id,
                CASE indicator_id WHEN {literal(BASE)} THEN {literal(BASE)} ELSE 'indicator' END,
                indicator_id,
                'changed',
                change
            FROM most
            UNION ALL
            SELECT
                enterprise_id,
                CASE WHEN edges THEN 'edges' ELSE 'scale' END,
                NULL,
                'changed',
                NULL
            FROM by_points
            WHERE edges OR enterprise_id NOT IN (SELECT enterprise_id FROM most)
            UNION ALL
            SELECT enterprise_id, 'edges', NULL, 'changed', NULL
            FROM movers
            WHERE direction = 'aside'
        )"""


def _limits(sides: Sides, side: Side) -> str:
    """SQL: the caps and vetoes that applied to each mover, with the place they allow at best."""
    policy = sides.policy(side)
    order = [band.id for band in policy.bands]
    rules = [("cap", rule) for rule in policy.caps] + [("veto", rule) for rule in policy.vetoes]
    values = []
    for kind, rule in rules:
        values.append(f"({literal(kind)}, {literal(rule.id)}, {_place(rule, order)})")
    # A list of values must not be empty: a rule without a name applies to nobody.
    return f"""{side}_limits AS (
            SELECT h.enterprise_id, h.kind, h.id, {sides.standing("l.no", side)} AS place
            FROM (
                SELECT enterprise_id, 'cap' AS kind, unnest({side}_caps) AS id FROM movers
                UNION ALL
                SELECT enterprise_id, 'veto', unnest({side}_vetoes) FROM movers
            ) h
            JOIN (VALUES {", ".join(values) or "('', '', 0)"}) l(kind, id, no) USING (kind, id)
        )"""


def _changes(sides: Sides) -> str:
    """SQL: change of every indicator's points and of the base, towards better, for movers rated under both."""
    base = sides.new.scale.base * sides.unit("new") - sides.old.scale.base * sides.unit("old")
    return f"""changes AS (
            SELECT enterprise_id, indicator_id, sum(part)::BIGINT AS change
            FROM (
                {_parts(sides, "old", -1)}
                UNION ALL
                {_parts(sides, "new", 1)}
                UNION ALL
                SELECT enterprise_id, {literal(BASE)}, {base} FROM movers WHERE way <> 0
            )
            WHERE enterprise_id IN (SELECT enterprise_id FROM movers WHERE way <> 0)
            GROUP BY ALL
        )"""


def _parts(sides: Sides, side: Side, sign: int) -> str:
    """SQL: the points of every indicator on one side, in the common unit."""
    factor = sides.unit(side) * sign
    return f"""SELECT enterprise_id, indicator_id, points::BIGINT * {factor} AS part
                FROM {parquet(sides.folder / side / CONTRIBUTIONS)}
                WHERE indicator_id <> {literal(SCALE_LIMIT)}"""


def _place(rule: Limit, order: list[str]) -> int:
    """Best band that a cap or veto allows; one that moves by bands allows so many below the first."""
    if rule.band is not None:
        return order.index(rule.band)
    return min(rule.worse_by or 0, len(order) - 1)
