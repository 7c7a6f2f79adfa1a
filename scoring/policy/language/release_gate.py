"""What a points table must have shown before anybody may use it: the gate between draft and release.

The gate reads the figures that training left in the table, whenever a table is read: no flag says
that a table passed, so none can be turned. What does not pass is a draft, which neither a list of
visits nor a policy takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scoring.rules.wording import both

GATE = "gate"
"""Where the figures of the gate stand among the metrics of a table."""
FEWEST_IN_FOLD = 20
"""Findings of a rolling origin below which its figure says nothing."""
FEWEST_HELD = 50
"""Findings of the holdout below which an order cannot be told from what needs no model."""
MOST_LOOKS = 3
"""Looks at one holdout after which it is no longer unseen: whoever tries often enough wins by chance."""
LATER_DAYS = 20
"""Days by which publication may be later than a source map assumes, and the order must still hold."""


@dataclass(frozen=True)
class Shortfall:
    """One reason why a table is a draft, as a text id with what fills it."""

    text_id: str
    parameters: Mapping[str, Any]

    @property
    def words(self) -> dict[str, str]:
        """The reason in both languages."""
        shown = dict(self.parameters)
        if "floor" in shown:
            shown["floor"] = both(f"mo_{shown['floor']}")
        return both(self.text_id, **shown)


def was_judged(metrics: Mapping[str, Any]) -> bool:
    """Whether the gate was asked at all; earlier versions had none."""
    return metrics.get(GATE) is not None


def shortfalls(metrics: Mapping[str, Any]) -> list[Shortfall]:
    """All reasons why a table is a draft; none for one that is released, or older than the gate."""
    return list(_shortfalls(metrics[GATE])) if was_judged(metrics) else []


def _shortfalls(gate: Mapping[str, Any]) -> Iterator[Shortfall]:
    if not gate["holdout"]:
        yield Shortfall("gate_no_holdout", {})
    if gate["fewest_in_fold"] < FEWEST_IN_FOLD:
        yield Shortfall("gate_few_in_fold", {"findings": gate["fewest_in_fold"], "fewest": FEWEST_IN_FOLD})
    if gate["findings"] < FEWEST_HELD:
        yield Shortfall("gate_few_held", {"findings": gate["findings"], "fewest": FEWEST_HELD})
    if gate["looks"] > MOST_LOOKS:
        yield Shortfall("gate_looks", {"looks": gate["looks"], "most": MOST_LOOKS})
    yield from _not_beaten("gate_floor", gate["floors"])
    for floor, areas in gate["below_on_origins"].items():
        yield Shortfall("gate_origins", {"floor": floor, **areas})
    area = gate["area_rates"]
    if area and area["interval"][0] <= 0.5:
        yield Shortfall(
            "gate_area_rates",
            {
                "features": area["features"],
                "auc": area["auc"],
                "low": area["interval"][0],
                "high": area["interval"][1],
                "by": both(f"mo_within_{area['by']}"),
            },
        )
    if gate["assumed_publication"]:
        yield from _not_beaten("gate_publication", gate["later"], days=LATER_DAYS)


def _not_beaten(text_id: str, floors: Mapping[str, Any], **more: object) -> Iterator[Shortfall]:
    """The floors that the order does not beat for certain."""
    for floor, compared in floors.items():
        low, high = compared["interval"]
        if low <= 0:
            shown = {"floor": floor, "difference": compared["difference"], "low": low, "high": high}
            yield Shortfall(text_id, {**shown, **more})
